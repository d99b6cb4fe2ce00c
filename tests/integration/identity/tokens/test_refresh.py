"""Refresh tokens work once: replays, lost answers, races, a killed worker, other devices (R3)."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import AppError
from core.key_ring import KeyRing, new_key
from core.settings import ROOT
from identity.tokens.caller import Caller
from identity.tokens.limits import REFRESHES_OF_ACCOUNT
from identity.tokens.refresh_token import GRACE, IDLE_LIFETIME
from identity.tokens.risks import SecurityEvent
from pipeline.alerts.service import AlertService
from pipeline.alerts.sign_in_watch.service import SignInWatch
from tests.conftest import KEYS
from tests.integration.builders import build_hotel
from tests.integration.identity.tokens.scene import ELSEWHERE, HOME, NEXT_DOOR, PHONE, THIEF, Scene

ROUNDS, AT_ONCE = 20, 50


def test_each_refresh_gives_new_tokens_of_the_same_sign_in(scene: Scene) -> None:
    first = scene.signed_in()
    second = scene.tokens.refresh(first.refresh_token, HOME)
    third = scene.tokens.refresh(second.refresh_token, NEXT_DOOR)
    assert len({one.refresh_token for one in (first, second, third)}) == 3
    assert len({scene.asks(one.access_token).claims.family_id for one in (first, second, third)}) == 1
    assert scene.reasons == [None]


def test_an_answer_that_was_lost_is_given_again_within_ten_seconds(scene: Scene) -> None:
    first = scene.signed_in()
    lost = scene.tokens.refresh(first.refresh_token, HOME)
    scene.clock.advance(GRACE)
    again = scene.tokens.refresh(first.refresh_token, NEXT_DOOR)
    assert again.refresh_token == lost.refresh_token
    assert scene.verdict(again.access_token) == "ok"
    assert scene.reasons == [None]


REPLAYS = {
    "a second after the grace": (GRACE + timedelta(seconds=1), HOME, False),
    "from elsewhere within the grace": (timedelta(seconds=1), ELSEWHERE, False),
    "by another device within the grace": (timedelta(seconds=1), Caller(HOME.address, PHONE), False),
    "after its successor was used": (timedelta(seconds=1), HOME, True),
    "when its successor waited too long": (IDLE_LIFETIME, HOME, False),
}


@pytest.mark.parametrize(("later", "caller", "is_successor_used"), REPLAYS.values(), ids=REPLAYS.keys())
def test_a_replay_ends_the_whole_sign_in_and_is_told_once(
    scene: Scene, later: timedelta, caller: Caller, is_successor_used: bool
) -> None:
    first = scene.signed_in()
    owner = scene.tokens.refresh(first.refresh_token, HOME)
    newest = scene.tokens.refresh(owner.refresh_token, HOME) if is_successor_used else owner
    scene.clock.advance(later)
    assert scene.refused(first.refresh_token, caller) == "refresh_refused"
    assert scene.reasons == ["token_reused"]
    assert scene.refused(newest.refresh_token) == "refresh_refused"
    assert scene.verdict(newest.access_token) in ("token_ended", "token_expired")
    assert scene.refused(first.refresh_token, caller) == "refresh_refused"
    assert [event.kind for event in scene.events] == ["token_reused"]
    actions = "SELECT action FROM audit_log WHERE action = 'token_reused' AND actor = 'ayse'"
    assert len(scene.rows(actions)) == 1


@pytest.mark.parametrize("caller", [THIEF, Caller(HOME.address, "curl/8"), Caller(HOME.address, None)])
def test_an_unused_token_on_another_device_or_program_ends_the_sign_in(scene: Scene, caller: Caller) -> None:
    issued = scene.signed_in()
    assert scene.refused(issued.refresh_token, caller) == "refresh_refused"
    assert scene.reasons == ["device_changed"]
    assert scene.verdict(issued.access_token) == "token_ended"
    assert [event.kind for event in scene.events] == ["device_changed"]


def test_an_expired_token_gives_nothing_and_is_no_theft(scene: Scene) -> None:
    issued = scene.signed_in()
    scene.clock.advance(IDLE_LIFETIME)
    assert scene.refused(issued.refresh_token) == "refresh_expired"
    assert scene.refused(issued.refresh_token) == "refresh_expired"
    assert (scene.reasons, scene.events) == ([None], [])


def test_nothing_but_a_refresh_token_is_taken_for_one(scene: Scene) -> None:
    issued = scene.signed_in()
    wrong = [
        "",
        issued.access_token,
        issued.refresh_token + "A",
        issued.refresh_token.removeprefix("bmr_"),
        "bmr_" + "A" * 43,
    ]
    assert {scene.refused(token) for token in wrong} == {"refresh_refused"}
    assert scene.reasons == [None]


def test_fifty_clients_at_once_twenty_times_share_one_line_and_none_is_lost(scene: Scene) -> None:
    """The same tab fifty times: whoever comes second is given what the first was given."""
    token = scene.signed_in().refresh_token
    with ThreadPoolExecutor(10) as pool:
        for _ in range(ROUNDS):
            scene.clock.advance(timedelta(minutes=1))
            answers = list(pool.map(scene.tokens.refresh, [token] * AT_ONCE, [HOME] * AT_ONCE))
            assert len({answer.refresh_token for answer in answers}) == 1
            token = answers[0].refresh_token
    assert scene.verdict(answers[-1].access_token) == "ok"
    assert (scene.reasons, scene.events) == ([None], [])
    line = "SELECT count(*), count(*) FILTER (WHERE used_at IS NULL), count(DISTINCT parent_id) FROM refresh_tokens"
    assert scene.rows(line) == [(ROUNDS + 1, 1, ROUNDS)]


def test_the_database_itself_allows_one_living_line_of_a_sign_in(scene: Scene) -> None:
    scene.signed_in()
    with pytest.raises(Exception, match="uq_refresh_tokens_living"):
        scene.execute(
            "INSERT INTO refresh_tokens (family_id, token_sha256, issued_at, expires_at, address_prefix)"
            " SELECT family_id, 'x', issued_at, expires_at, address_prefix FROM refresh_tokens"
        )


def test_owner_and_thief_at_once_never_both_go_on(scene: Scene) -> None:
    """Whoever is second ends both: from another network there is no grace."""
    for _ in range(10):
        token = scene.signed_in().refresh_token

        def attempt(caller: Caller, token: str = token) -> str | None:
            try:
                return scene.tokens.refresh(token, caller).refresh_token
            except AppError:
                return None

        with ThreadPoolExecutor(2) as pool:
            won = [one for one in pool.map(attempt, [HOME, ELSEWHERE]) if one is not None]
        assert len(won) <= 1
        assert all(scene.refused(one) == "refresh_refused" for one in won)
    assert scene.reasons == ["token_reused"] * 10


def test_a_worker_killed_between_commit_and_answer_costs_the_client_nothing(scene: Scene) -> None:
    """The process dies right after its commit; the client asks again and goes on. Much later it would be a replay."""
    token = scene.signed_in().refresh_token
    url = scene.database.engine.url.render_as_string(hide_password=False)
    folder, redis_url = str(scene.tokens.signing.folder), scene.tokens.denied.redis_url
    command = [sys.executable, "-m", "tests.integration.identity.tokens.killed_worker"]
    died = subprocess.run([*command, url, folder, redis_url, token, scene.clock.at.isoformat()], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    assert scene.rows("SELECT count(*) FROM refresh_tokens") == [(2,)]
    answer = scene.tokens.refresh(token, HOME)
    assert scene.verdict(scene.tokens.refresh(answer.refresh_token, HOME).access_token) == "ok"
    assert scene.reasons == [None]


def test_a_successor_is_found_again_after_the_keys_were_rotated_and_not_once_the_key_is_gone(
    scene: Scene, tmp_path: Path
) -> None:
    token = scene.signed_in().refresh_token
    lost = scene.tokens.refresh(token, HOME).refresh_token
    scene.tokens = replace(scene.tokens, keys=KeyRing(tmp_path, (new_key(), *KEYS.given)))
    assert scene.tokens.refresh(token, HOME).refresh_token == lost
    scene.tokens = replace(scene.tokens, keys=KeyRing(tmp_path, (new_key(),)))
    assert scene.refused(token) == "refresh_refused"
    assert scene.reasons == [None]


def test_one_account_refreshes_only_so_often_and_what_is_refused_uses_no_token(scene: Scene) -> None:
    token = scene.signed_in().refresh_token
    for number in range(REFRESHES_OF_ACCOUNT.attempts):
        token = scene.tokens.refresh(token, HOME if number % 2 else NEXT_DOOR).refresh_token
    assert scene.refused(token) == "too_many_attempts"
    scene.clock.advance(REFRESHES_OF_ACCOUNT.window)
    assert scene.tokens.refresh(token, HOME).access_seconds == 600


def test_a_theft_is_an_alert_on_the_board_in_the_same_transaction(scene: Scene) -> None:
    with scene.database.transaction() as connection:
        build_hotel(connection)
    watch = SignInWatch(AlertService(scene.database, scene.clock))
    scene.tokens = replace(scene.tokens, raise_alert=watch.tell)
    issued = scene.signed_in()
    scene.refused(issued.refresh_token, THIEF)
    [alert] = scene.rows("SELECT alert_type, entity_type, entity_id, severity, message_id, reasons FROM ml_alerts")
    assert alert[:5] == ("oturum_supheli", "user", scene.ayse.id, "kritik", "alert.sign_in_stolen")
    assert alert.reasons == [{"id": "reason.device_changed", "params": {"user": "ayse", "network": "203.0.113.0/24"}}]

    def broken(connection: object, event: SecurityEvent) -> None:
        raise AppError("database_busy", 503)

    scene.tokens = replace(scene.tokens, raise_alert=broken)
    scene.clock.advance(timedelta(seconds=1))
    second = scene.signed_in()
    assert scene.refused(second.refresh_token, THIEF) == "database_busy"
    assert scene.reasons == ["device_changed", None]
