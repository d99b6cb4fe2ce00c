"""Tokens of a sign-in: what they say, how long they live, what ends them (R3)."""

from datetime import timedelta

import jwt
import pytest

from core.errors import AppError
from core.scope import SYSTEM
from identity.attempts import LIMITS
from identity.service import User
from identity.tokens.caller import Caller
from identity.tokens.refresh_token import ABSOLUTE_LIFETIME, IDLE_LIFETIME
from tests.integration.identity.tokens.scene import ELSEWHERE, HOME, NEWER_FIREFOX, NEXT_DOOR, PASSWORD, THIEF, Scene

ENDINGS = {
    "disabled": "UPDATE users SET is_active = false",
    "another role": "UPDATE users SET role = 'superadmin'",
    "another password": "UPDATE users SET password_hash = 'x'",
}


def test_an_access_token_says_what_the_profile_of_rfc_9068_asks_for(scene: Scene) -> None:
    token = scene.signed_in().access_token
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    assert (header["alg"], header["typ"], header["kid"]) == ("RS256", "at+jwt", scene.tokens.signing.signing().id)
    assert claims.keys() == {"iss", "aud", "sub", "exp", "iat", "jti", "client_id", "sid"}
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (str(scene.ayse.id), 600)


def test_who_holds_it_is_who_signed_in_with_their_scope_of_now(scene: Scene) -> None:
    token = scene.signed_in().access_token
    assert scene.asks(token).user == scene.ayse
    assert scene.asks(token).scope == scene.tokens.identity.scope_of(scene.ayse)
    scene.execute("UPDATE users SET sees_all_hotels = true")
    assert scene.asks(token).scope.hotels is None


def test_wrong_passwords_from_one_address_lock_it_whoever_is_meant(scene: Scene) -> None:
    """The limits of every door (``identity.attempts``) hold at this one too."""
    for number in range(LIMITS["address"].failures):
        with pytest.raises(AppError, match="sign_in_refused"):
            scene.tokens.sign_in(f"nobody-{number}", "wrong", HOME)
    with pytest.raises(AppError, match="address_locked") as locked:
        scene.signed_in()
    assert locked.value.http_status == 429
    assert scene.verdict(scene.signed_in(ELSEWHERE).access_token, ELSEWHERE) == "ok"


def test_an_access_token_lives_ten_minutes_and_half_a_minute_of_skew(scene: Scene) -> None:
    token = scene.signed_in().access_token
    scene.clock.advance(timedelta(minutes=10, seconds=29))
    assert scene.verdict(token) == "ok"
    scene.clock.advance(timedelta(seconds=1))
    assert scene.verdict(token) == "token_expired"


@pytest.mark.parametrize("statement", ENDINGS.values(), ids=ENDINGS.keys())
def test_what_changes_a_user_ends_their_tokens_at_once_and_for_good(scene: Scene, statement: str) -> None:
    """By the database itself, whoever changes the user; the cache was told nothing and has nothing to say."""
    issued = scene.signed_in()
    assert scene.verdict(issued.access_token) == "ok"
    scene.execute(statement)
    assert scene.verdict(issued.access_token) == "token_ended"
    assert scene.refused(issued.refresh_token) == "refresh_refused"
    scene.execute("UPDATE users SET is_active = true, role = 'admin'")
    assert scene.verdict(issued.access_token) == "token_ended"


def test_what_changes_nothing_of_that_ends_nothing(scene: Scene) -> None:
    token = scene.signed_in().access_token
    scene.execute(
        "UPDATE users SET language = 'en', role = role, password_hash = password_hash, last_sign_in_at = now()"
    )
    assert scene.verdict(token) == "ok"


def test_a_password_that_was_changed_between_its_check_and_the_first_token_gets_none(scene: Scene) -> None:
    change = "UPDATE users SET password_hash = 'x'"
    scene.set_second_factor(lambda *_: scene.execute(change))
    with pytest.raises(AppError, match="sign_in_refused"):
        scene.signed_in()
    assert scene.reasons == []


def test_the_second_factor_is_asked_after_the_password_and_can_refuse(scene: Scene) -> None:
    asked: list[tuple[str, str | None]] = []

    def factor(user: User, code: str | None, address: str | None) -> None:
        asked.append((user.username, code))
        assert address == HOME.address
        if code != "123456":
            raise AppError("sign_in_refused", 401)

    scene.set_second_factor(factor)
    with pytest.raises(AppError, match="sign_in_refused"):
        scene.tokens.sign_in("ayse", "wrong", HOME, code="123456")
    assert asked == []
    with pytest.raises(AppError, match="sign_in_refused"):
        scene.signed_in()
    assert scene.tokens.sign_in("ayse", PASSWORD, HOME, code="123456").access_seconds == 600


def test_signing_out_ends_the_sign_in_and_no_other_one(scene: Scene) -> None:
    first, second = scene.signed_in(), scene.signed_in()
    scene.tokens.end(scene.asks(first.access_token).claims.family_id, scene.ayse.id, "signed_out")
    assert [scene.verdict(one.access_token) for one in (first, second)] == ["token_ended", "ok"]
    assert scene.refused(first.refresh_token) == "refresh_refused"
    assert scene.tokens.end_all(scene.asks(second.access_token).scope, "ayse") == 1
    assert scene.verdict(second.access_token) == "token_ended"


def test_only_who_may_change_users_ends_the_sign_ins_of_others(scene: Scene) -> None:
    issued = scene.signed_in()
    scene.tokens.identity.add_user(SYSTEM, "bora", PASSWORD, "admin", hotels=[])
    bora = scene.tokens.identity.check_password("bora", PASSWORD)
    with pytest.raises(AppError, match="forbidden"):
        scene.tokens.end_all(scene.tokens.identity.scope_of(bora), "ayse")
    assert scene.verdict(issued.access_token) == "ok"
    assert scene.tokens.end_all(SYSTEM, "ayse") == 1
    with pytest.raises(AppError, match="not_found"):
        scene.tokens.end_all(SYSTEM, "ayşe")


def test_a_revoked_access_token_ends_alone_and_a_revoked_refresh_token_ends_the_sign_in(scene: Scene) -> None:
    first = scene.signed_in()
    scene.tokens.revoke(first.access_token)
    assert scene.verdict(first.access_token) == "token_ended"
    second = scene.tokens.refresh(first.refresh_token, HOME)
    assert scene.verdict(second.access_token) == "ok"
    scene.tokens.revoke(second.refresh_token)
    assert scene.verdict(second.access_token) == "token_ended"
    assert scene.reasons == ["signed_out"]
    for nonsense in ("", "x", "bmr_" + "A" * 43, "a.b.c", first.access_token):
        scene.tokens.revoke(nonsense)


def test_another_network_or_device_must_refresh_and_the_same_network_need_not(scene: Scene) -> None:
    issued = scene.signed_in()
    assert scene.verdict(issued.access_token, NEXT_DOOR) == "ok"
    assert scene.verdict(issued.access_token, Caller(HOME.address, NEWER_FIREFOX)) == "ok"
    assert scene.verdict(issued.access_token, ELSEWHERE) == "token_address_changed"
    assert scene.verdict(issued.access_token, THIEF) == "token_address_changed"
    moved = scene.tokens.refresh(issued.refresh_token, ELSEWHERE)
    assert scene.verdict(moved.access_token, ELSEWHERE) == "ok"
    assert scene.verdict(issued.access_token, HOME) == "token_address_changed"


def test_a_refresh_token_waits_twelve_hours_and_a_sign_in_lasts_seven_days(scene: Scene) -> None:
    issued = scene.signed_in()
    assert issued.refresh_seconds == IDLE_LIFETIME.total_seconds()
    step, lived = timedelta(hours=11), timedelta()
    while lived + step < ABSOLUTE_LIFETIME:
        scene.clock.advance(step)
        lived += step
        issued = scene.tokens.refresh(issued.refresh_token, HOME)
    left = ABSOLUTE_LIFETIME - lived
    assert issued.refresh_seconds == left.total_seconds()
    scene.clock.advance(left)
    assert scene.refused(issued.refresh_token) == "refresh_refused"
    assert scene.verdict(issued.access_token) == "token_expired"
    other = scene.signed_in()
    scene.clock.advance(IDLE_LIFETIME)
    assert scene.refused(other.refresh_token) == "refresh_expired"


def test_many_networks_in_a_short_time_are_told_and_the_same_number_in_a_long_time_is_not(scene: Scene) -> None:
    networks = [Caller(f"198.51.{number}.1", HOME.user_agent) for number in range(4)]
    for caller in networks:
        scene.signed_in(caller)
        scene.clock.advance(timedelta(minutes=4))
    assert scene.events == []
    scene.clock.advance(timedelta(minutes=6))
    for caller in networks:
        scene.signed_in(caller)
    assert [event.kind for event in scene.events] == ["many_addresses"]
    assert scene.reasons == [None] * 8


def test_families_that_ended_long_ago_are_deleted_with_their_tokens(scene: Scene) -> None:
    issued = scene.signed_in()
    scene.tokens.refresh(issued.refresh_token, HOME)
    scene.tokens.revoke(issued.access_token)
    scene.clock.advance(2 * ABSOLUTE_LIFETIME)
    scene.signed_in()
    assert scene.rows("SELECT count(*) FROM token_families") == [(2,)]
    scene.clock.advance(timedelta(seconds=1))
    scene.signed_in()
    counts = "SELECT (SELECT count(*) FROM token_families), (SELECT count(*) FROM refresh_tokens)"
    assert scene.rows(counts) == [(2, 2)]
    assert scene.rows("SELECT count(*) FROM denied_access_tokens") == [(0,)]
