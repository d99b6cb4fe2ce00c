"""Detection's results as incidents in the database: one alert while it lasts, in the caller's transaction (A5.7)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from core.clock import FixedClock
from core.scope import SYSTEM
from db.queries import incidents, versions
from pipeline.alerts.service import AlertFilters, AlertRow
from pipeline.detection.anomaly import DetectionResult
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import TYPE, Scene

DAY = timedelta(days=1)
EVERYTHING = AlertFilters(states=("all",))


def rows(scene: Scene, filters: AlertFilters = EVERYTHING) -> list[AlertRow]:
    return scene.alerts.board(SYSTEM, filters, limit=1000).rows


def kinds(scene: Scene, alert_id: int) -> list[str]:
    """Oldest first."""
    return [event.kind for event in reversed(scene.alerts.detail(SYSTEM, alert_id).events)]


def version(scene: Scene) -> int:
    with scene.database.reading() as connection:
        return versions.current(connection).get((scene.hotel.hotel_id, "alerts"), 0)


def test_one_incident_is_one_alert_that_is_updated_while_it_lasts(scene: Scene) -> None:
    assert scene.fire(0, NOW) == 1
    assert scene.apply(NOW + DAY, scene.anomaly(0, NOW + DAY, severity="kritik", value=14.0)) == 1
    assert scene.fire(0, NOW + 2 * DAY) == 1
    (alert,) = rows(scene)
    assert (alert.started_at, alert.last_seen_at) == (NOW - timedelta(hours=20), NOW + 2 * DAY)
    assert (alert.occurrence_count, alert.severity, alert.metric_value) == (3, "kritik", 9.0)
    assert kinds(scene, alert.id) == ["opened", "severity_raised"]
    assert alert.raised_at == NOW  # the instant of the result, so that a backfill tells history


def test_the_alert_carries_names_reasons_and_actions_of_the_catalog(scene: Scene) -> None:
    scene.fire(1, NOW)
    (alert,) = rows(scene)
    assert (alert.room, alert.product, alert.room_id) == ("102", "P0", scene.hotel.rooms[1])
    assert alert.message_id == "alert.room_consumption_guests"
    assert alert.message_params["room"] == "102"
    assert alert.message_params["at"] == NOW
    assert alert.reasons == [{"id": "reason.occupied", "params": {"guests": 2, "nights": 1}}]
    assert alert.actions[0] == "action.recount_minibar"


def test_it_closes_after_two_normal_results_and_reopens_within_a_day(scene: Scene) -> None:
    scene.fire(0, NOW)
    assert scene.calm(0, NOW + DAY) == 0
    assert [alert.closed_at for alert in rows(scene)] == [None]
    assert scene.calm(0, NOW + 2 * DAY) == 1
    assert [alert.closed_at for alert in rows(scene)] == [NOW + 2 * DAY]
    scene.fire(0, NOW + 3 * DAY)
    (alert,) = rows(scene)
    assert alert.closed_at is None
    assert kinds(scene, alert.id) == ["opened", "closed", "reopened"]


def test_a_day_and_more_after_it_closed_a_new_alert_is_raised(scene: Scene) -> None:
    scene.fire(0, NOW)
    scene.calm(0, NOW + DAY)
    scene.calm(0, NOW + 2 * DAY)
    scene.fire(0, NOW + 4 * DAY)
    assert len(rows(scene)) == 2
    assert len(rows(scene, AlertFilters())) == 1


def test_an_incident_that_is_not_looked_at_again_ends_after_a_quiet_week(scene: Scene) -> None:
    """A count or a delivery has no normal interval to close with; other metrics' runs say nothing about it."""
    scene.fire(0, NOW)
    week = NOW + 7 * DAY
    assert scene.apply(week) == 0
    foreign = DetectionResult(scene.hotel.hotel_id, "stok_seviye", week + DAY, (), frozenset())
    with scene.database.transaction() as connection:
        assert scene.alerts.apply(connection, foreign) == 0
    assert scene.apply(week + DAY) == 1
    assert [(alert.closed_at, alert.closed_reason) for alert in rows(scene)] == [(week + DAY, "quiet")]


def test_the_same_result_twice_changes_no_alert(scene: Scene) -> None:
    scene.fire(0, NOW)
    before = rows(scene)
    scene.fire(0, NOW)
    assert rows(scene) == before
    assert kinds(scene, before[0].id) == ["opened"]


def test_the_version_is_bumped_when_an_alert_changes_and_only_then(scene: Scene) -> None:
    scene.calm(0, NOW)
    assert version(scene) == 0
    scene.fire(0, NOW)
    first = version(scene)
    assert first > 0
    scene.calm(0, NOW + DAY)
    assert version(scene) == first
    scene.calm(0, NOW + 2 * DAY)
    assert version(scene) == first + 1


def test_a_rolled_back_run_leaves_no_alert_no_event_and_no_version(scene: Scene) -> None:
    with scene.database.transaction() as connection:
        assert scene.alerts.apply(connection, scene.result(NOW, [scene.anomaly(0, NOW)])) == 1
        connection.rollback()
    with scene.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM ml_alert_events")).scalar_one() == 0
    assert rows(scene) == []
    assert version(scene) == 0


def open_at_once(scene: Scene) -> list[BaseException | None]:
    """Two transactions that both found nothing try to open the same incident."""
    barrier = Barrier(2)

    def run(hour: int) -> None:
        at = NOW + timedelta(hours=hour)
        with scene.database.transaction() as connection:
            connection.execute(text("SELECT 1"))
            barrier.wait(60)
            scene.alerts.apply(connection, scene.result(at, [scene.anomaly(0, at)]))

    with ThreadPoolExecutor(2) as pool:
        return [future.exception() for future in [pool.submit(run, hour) for hour in (1, 2)]]


def test_two_transactions_that_open_the_same_incident_make_one(scene: Scene) -> None:
    assert open_at_once(scene) == [None, None]
    (alert,) = rows(scene)
    assert alert.last_seen_at == NOW + timedelta(hours=2)


def test_without_the_lock_the_index_still_refuses_a_second_open_incident(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of the lock, and the last line of defence."""
    found = Barrier(2)
    original = incidents.open_incidents

    def both_find_nothing(connection: object, hotel_id: int, metric_type: str) -> object:
        rows = original(connection, hotel_id, metric_type)  # type: ignore[arg-type]
        found.wait(60)
        return rows

    monkeypatch.setattr(incidents, "lock_alerts", lambda *_: None)
    monkeypatch.setattr(incidents, "open_incidents", both_find_nothing)
    failures = [failure for failure in open_at_once(scene) if failure is not None]
    assert [type(failure) for failure in failures] == [IntegrityError]
    monkeypatch.undo()
    assert len(rows(scene)) == 1


def test_five_hundred_anomalies_are_a_constant_number_of_statements(scene: Scene) -> None:
    anomalies = [scene.anomaly(0, NOW, alert_type=f"tur_{number}") for number in range(500)]
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(scene.database.engine, "before_cursor_execute", note)
    assert scene.apply(NOW, *anomalies) == 500
    assert scene.apply(NOW + DAY, *(scene.anomaly(0, NOW + DAY, alert_type=one.alert_type) for one in anomalies)) == 500
    event.remove(scene.database.engine, "before_cursor_execute", note)
    assert len(rows(scene)) == 500
    assert len(statements) <= 20


STEPS = st.lists(st.sampled_from(["fire", "calm", "read", "acknowledge", "dogru", "beklenen"]), max_size=12)
HUMAN = ("read_at", "acknowledged_at", "acknowledged_by", "verdict", "verdict_by", "verdict_at", "verdict_note")


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_people_wrote_survives_any_sequence_of_results(scene: Scene, clock: FixedClock, steps: list[str]) -> None:
    with scene.database.transaction() as connection:
        connection.execute(text("DELETE FROM ml_alerts"))
    scene.fire(0, NOW)
    (alert,) = rows(scene)
    for hour, step in enumerate(steps, start=1):
        at = NOW + timedelta(hours=hour)
        before = scene.alerts.detail(SYSTEM, alert.id).alert
        if step == "fire":
            scene.fire(0, at)
        elif step == "calm":
            scene.calm(0, at)
        elif step == "read":
            scene.alerts.mark_read(SYSTEM, alert.id)
        elif step == "acknowledge":
            scene.alerts.triage.acknowledge(SYSTEM, [alert.id], "bakıyorum")
        else:
            scene.alerts.triage.judge(SYSTEM, [alert.id], step, "not")
        after = scene.alerts.detail(SYSTEM, alert.id).alert
        if step in ("fire", "calm"):
            assert [getattr(after, name) for name in HUMAN] == [getattr(before, name) for name in HUMAN]
    assert len(rows(scene, AlertFilters(alert_types=(TYPE,)))) <= 1
