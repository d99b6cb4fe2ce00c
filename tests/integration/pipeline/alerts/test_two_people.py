"""Two people at one alert: the second is told what the first did, and overwrites nothing (A5.7, A5.8)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from pipeline.alerts.service import AlertFilters, AlertRow
from pipeline.alerts.triage.service import Done, TriageService
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

MINUTE = timedelta(minutes=1)
Act = Callable[[TriageService, Scope, AlertRow], Done]
COMMANDS: dict[str, Act] = {
    "acknowledged": lambda triage, who, seen: triage.acknowledge(who, [seen.id], "bakıyorum", seen),
    "assigned": lambda triage, who, seen: triage.assign(who, [seen.id], who.actor, seen),
    "snoozed": lambda triage, who, seen: triage.snooze(who, [seen.id], NOW + timedelta(hours=len(who.actor)), seen),
    "verdict": lambda triage, who, seen: triage.judge(who, [seen.id], "dogru", who.actor, seen),
    "closed": lambda triage, who, seen: triage.close(who, [seen.id], "bitti", seen),
}


@pytest.fixture
def seen(scene: Scene) -> AlertRow:
    """The alert as both of them see it."""
    scene.fire(0, NOW)
    [row] = scene.alerts.board(SYSTEM, AlertFilters()).rows
    return row


def now(scene: Scene, alert_id: int) -> AlertRow:
    return scene.alerts.detail(SYSTEM, alert_id).alert


@pytest.mark.parametrize("kind", COMMANDS)
def test_the_second_is_told_who_did_what_and_nothing_of_the_first_is_lost(
    scene: Scene, cast: Cast, clock: FixedClock, seen: AlertRow, kind: str
) -> None:
    clock.advance(MINUTE)
    COMMANDS[kind](scene.alerts.triage, cast.ayse, seen)
    first, events = now(scene, seen.id), len(scene.alerts.detail(SYSTEM, seen.id).events)
    clock.advance(MINUTE)
    with pytest.raises(AppError) as refused:
        COMMANDS[kind](scene.alerts.triage, cast.deniz, seen)
    assert (refused.value.code, refused.value.http_status) == ("alert_changed", 409)
    assert (refused.value.params["who"], refused.value.params["at"]) == ("ayse", NOW + MINUTE)
    assert refused.value.params["what"]["id"] == f"alert_event.{kind}"
    assert now(scene, seen.id) == first
    assert len(scene.alerts.detail(SYSTEM, seen.id).events) == events


@pytest.mark.parametrize("kind", COMMANDS)
def test_who_has_seen_what_the_first_did_may_change_it(scene: Scene, cast: Cast, seen: AlertRow, kind: str) -> None:
    """The negative control: only what was not seen is refused."""
    if kind in ("acknowledged", "closed"):
        return  # done once, there is nothing to do again
    COMMANDS[kind](scene.alerts.triage, cast.ayse, seen)
    assert COMMANDS[kind](scene.alerts.triage, cast.deniz, now(scene, seen.id)).alert_ids == (seen.id,)


def test_what_the_first_did_about_something_else_is_no_obstacle(scene: Scene, cast: Cast, seen: AlertRow) -> None:
    COMMANDS["acknowledged"](scene.alerts.triage, cast.ayse, seen)
    scene.alerts.triage.comment(cast.ayse, seen.id, "bakıyorum")
    for kind in ("assigned", "verdict"):
        assert COMMANDS[kind](scene.alerts.triage, cast.deniz, seen).alert_ids == (seen.id,)
    assert now(scene, seen.id).acknowledged_by == "ayse"


def test_an_alert_that_closed_meanwhile_is_judged_but_not_acknowledged_nor_snoozed(
    scene: Scene, cast: Cast, seen: AlertRow
) -> None:
    scene.calm(0, NOW + timedelta(hours=1))
    scene.calm(0, NOW + timedelta(hours=2))
    for kind in ("acknowledged", "snoozed"):
        with pytest.raises(AppError) as refused:
            COMMANDS[kind](scene.alerts.triage, cast.ayse, seen)
        assert refused.value.params["who"] == {"id": "board.system"}
        assert refused.value.params["what"]["id"] == "alert_event.closed"
    assert COMMANDS["verdict"](scene.alerts.triage, cast.ayse, seen).alert_ids == (seen.id,)


def test_of_two_verdicts_at_the_same_moment_one_is_stored_and_one_refused(
    scene: Scene, cast: Cast, seen: AlertRow
) -> None:
    barrier = Barrier(2)

    def judge(who: Scope) -> Done:
        barrier.wait(60)
        return COMMANDS["verdict"](scene.alerts.triage, who, seen)

    with ThreadPoolExecutor(2) as pool:
        failures = [one.exception() for one in [pool.submit(judge, who) for who in (cast.ayse, cast.deniz)]]
    assert sorted(type(failure).__name__ for failure in failures) == ["AppError", "NoneType"]
    stored = now(scene, seen.id)
    assert (stored.verdict, stored.verdict_note) == ("dogru", stored.verdict_by)


def test_undo_leaves_what_somebody_changed_since_and_says_so(scene: Scene, cast: Cast) -> None:
    for room in range(3):
        scene.fire(room, NOW)
    ids = [row.id for row in scene.alerts.board(SYSTEM, AlertFilters()).rows]
    done = scene.alerts.triage.acknowledge(cast.ayse, ids)
    scene.alerts.triage.assign(cast.deniz, ids[:1], "deniz")
    undone = scene.alerts.triage.undo(cast.ayse, done.action_id or 0)
    assert (sorted(undone.alert_ids), undone.left_ids) == (sorted(ids[1:]), (ids[0],))
    left = now(scene, ids[0])
    assert (left.acknowledged_by, left.assigned_to) == ("ayse", "deniz")
