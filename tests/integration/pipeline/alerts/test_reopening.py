"""A verdict taken back opens what it closed as it was; what a person closed a person reopens (A5.7, A6.2, A6.3)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from pipeline.alerts.lifecycle import QUIET_FOR
from pipeline.alerts.service import AlertFilters, AlertRow
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

HOUR = timedelta(hours=1)
OTHER = "test=room;occupancy=vacant"


def rows(scene: Scene, state: str = "all") -> list[AlertRow]:
    return sorted(scene.alerts.board(SYSTEM, AlertFilters(states=(state,))).rows, key=lambda row: row.id)


def told(scene: Scene, alert_id: int) -> list[tuple[str, str]]:
    return [(event.kind, event.actor) for event in reversed(scene.alerts.detail(SYSTEM, alert_id).events)]


def dismissed(scene: Scene, cast: Cast) -> AlertRow:
    """A critical alert that Ayşe looks after, as it was before Deniz's wrong tap closed it."""
    scene.apply(NOW, scene.anomaly(0, NOW, severity="kritik"))
    [alert] = rows(scene)
    scene.alerts.triage.acknowledge(cast.ayse, [alert.id])
    scene.alerts.triage.assign(cast.ayse, [alert.id], "ayse")
    [before] = rows(scene)
    scene.alerts.triage.judge(cast.deniz, [alert.id], "yanlis_pozitif")
    assert rows(scene, "open") == []
    return before


def why_closed(scene: Scene, alert_id: int) -> str:
    last = scene.alerts.detail(SYSTEM, alert_id).events[0]
    assert last.kind == "stays_closed"
    return str(last.details["reason"]["id"])


def test_a_verdict_taken_back_leaves_the_alert_exactly_as_it_was_and_says_who_did_what(
    scene: Scene, cast: Cast
) -> None:
    before = dismissed(scene, cast)
    done = scene.alerts.triage.withdraw_verdict(cast.deniz, [before.id])
    assert done.reopened_ids == (before.id,)
    assert rows(scene, "open") == [before]
    assert scene.alerts.counts(cast.ayse) == {"kritik": 1}
    assert told(scene, before.id)[-4:] == [
        ("verdict", "deniz"), ("closed", "deniz"), ("verdict_withdrawn", "deniz"), ("restored", "deniz"),
    ]  # fmt: skip


def test_what_was_restored_survives_the_next_firing_and_ends_by_itself_as_ever(scene: Scene, cast: Cast) -> None:
    before = dismissed(scene, cast)
    scene.fire(0, NOW + HOUR)  # kept silent: the cause goes on
    scene.alerts.triage.withdraw_verdict(cast.deniz, [before.id])
    scene.fire(0, NOW + 2 * HOUR)
    [alert] = rows(scene, "open")
    assert (alert.id, alert.acknowledged_by, alert.assigned_to, alert.severity) == (before.id, "ayse", "ayse", "kritik")
    scene.calm(0, NOW + 3 * HOUR)
    scene.calm(0, NOW + 4 * HOUR)
    assert rows(scene, "open") == []


@pytest.mark.parametrize(("calm_then_seen", "opens"), [((True, True), False), ((True, False, True), True)])
def test_a_cause_that_ended_while_the_verdict_stood_stays_closed(
    scene: Scene, cast: Cast, calm_then_seen: tuple[bool, ...], opens: bool
) -> None:
    """Two normal results in a row end it, as they end an open one; one seen between them does not."""
    before = dismissed(scene, cast)
    for hours, is_calm in enumerate(calm_then_seen, start=1):
        (scene.calm if is_calm else scene.fire)(0, NOW + hours * HOUR)
    scene.alerts.triage.withdraw_verdict(cast.ayse, [before.id])
    assert (rows(scene)[0].closed_at is None) is opens
    if not opens:
        assert why_closed(scene, before.id) == "triage.ended_meanwhile"


def test_a_cause_that_was_not_seen_for_a_week_of_the_verdict_stays_closed(
    scene: Scene, cast: Cast, clock: FixedClock
) -> None:
    before = dismissed(scene, cast)
    clock.advance(QUIET_FOR + HOUR)
    scene.alerts.triage.withdraw_verdict(cast.ayse, [before.id])
    assert why_closed(scene, before.id) == "triage.ended_meanwhile"


def test_where_the_cause_is_open_as_another_alert_neither_way_opens_a_second_one(scene: Scene, cast: Cast) -> None:
    before = dismissed(scene, cast)
    scene.fire(0, NOW + HOUR, signature=OTHER)
    [another] = rows(scene, "open")
    scene.alerts.triage.withdraw_verdict(cast.ayse, [before.id])
    assert why_closed(scene, before.id) == "triage.open_elsewhere"
    detail = scene.alerts.detail(SYSTEM, before.id)
    assert (detail.twin_id, detail.can_reopen) == (another.id, False)
    with pytest.raises(AppError, match="alert_open_elsewhere"):
        scene.alerts.triage.reopen(cast.ayse, [before.id])
    assert [row.id for row in rows(scene, "open")] == [another.id]


def test_a_verdict_that_closed_nothing_opens_nothing_when_it_is_taken_back(scene: Scene, cast: Cast) -> None:
    scene.fire(0, NOW)
    [alert] = rows(scene)
    scene.alerts.triage.close(cast.ayse, [alert.id], "bitti")
    scene.alerts.triage.judge(cast.ayse, [alert.id], "yanlis_pozitif")
    scene.alerts.triage.withdraw_verdict(cast.ayse, [alert.id])
    assert rows(scene)[0].closed_reason == "bitti"
    assert told(scene, alert.id)[-1][0] == "verdict_withdrawn"


def test_what_a_person_closed_is_reopened_audited_and_undone(scene: Scene, cast: Cast) -> None:
    scene.fire(0, NOW)
    [before] = rows(scene)
    scene.alerts.triage.close(cast.ayse, [before.id], "bitti")
    assert scene.alerts.detail(SYSTEM, before.id).can_reopen
    done = scene.alerts.triage.reopen(cast.deniz, [before.id])
    assert rows(scene, "open") == [before]
    assert told(scene, before.id)[-1] == ("reopened_by_hand", "deniz")
    with scene.database.reading() as connection:
        query = text("SELECT actor, action FROM audit_log WHERE action LIKE 'alert%' ORDER BY id DESC LIMIT 1")
        assert tuple(connection.execute(query).one()) == ("deniz", "alert_reopened")
    scene.alerts.triage.undo(cast.deniz, done.action_id or 0)
    assert rows(scene)[0].closed_reason == "bitti"
    with pytest.raises(AppError, match="not_found"):
        scene.alerts.triage.reopen(cast.cem, [before.id])
    with pytest.raises(AppError, match="forbidden"):
        scene.alerts.triage.reopen(cast.bora, [before.id])


def test_what_ended_by_itself_or_stands_dismissed_is_not_reopened_by_hand(scene: Scene, cast: Cast) -> None:
    before = dismissed(scene, cast)
    scene.fire(1, NOW)
    for hours in (1, 2):
        scene.calm(1, NOW + hours * HOUR)
    for row in rows(scene):
        assert not scene.alerts.detail(SYSTEM, row.id).can_reopen
        assert scene.alerts.triage.reopen(cast.ayse, [row.id]).action_id is None
    assert [row.closed_at is None for row in rows(scene)] == [False, False]
    scene.alerts.triage.judge(cast.ayse, [before.id], "dogru")  # changed, not taken back
    assert scene.alerts.triage.reopen(cast.ayse, [before.id]).reopened_ids == (before.id,)
