"""What ended an alert by itself, and how long that took: delivery, refill, count, issue, check (A5.7, A5.8)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from core.clock import FixedClock
from core.scope import SYSTEM
from pipeline.alerts.remedies.remedy import Remedy
from pipeline.alerts.remedies.service import ENOUGH
from pipeline.alerts.service import AlertFilters, AlertRow
from pipeline.detection.anomaly import Anomaly, DetectionResult
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel
from tests.integration.pipeline.alerts.conftest import Scene

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
METRICS = {"stok_tutarsizlik": "stok_seviye", "stok_sayim_farki": "stok_seviye", "stok_bitiyor": "stok_bitis_tahmini",
           "zimmet_tutarsizlik": "zimmet_kullanim"}  # fmt: skip


def told(scene: Scene, key: tuple[str, str, int], normal_at: list[timedelta], fires: bool = True) -> int:
    """An alert of the key at ``NOW`` and normal results after it."""
    alert_type, entity_type, entity_id = key
    metric_type = METRICS.get(alert_type, "tuketim_miktar")
    fired = Anomaly(alert_type, metric_type, entity_type, entity_id, NOW - HOUR, NOW, -3, 0, 0, 0, -3.0, 9.0, "kritik")
    results = [DetectionResult(scene.hotel.hotel_id, metric_type, NOW, (fired,), frozenset())] if fires else []
    results += [
        DetectionResult(scene.hotel.hotel_id, metric_type, NOW + after, (), frozenset({key})) for after in normal_at
    ]
    for result in results:
        with scene.database.transaction() as connection:
            scene.alerts.apply(connection, result)
    return next(row.id for row in rows(scene) if row.alert_type == alert_type)


def rows(scene: Scene) -> list[AlertRow]:
    return scene.alerts.board(SYSTEM, AlertFilters(states=("all",)), limit=1000).rows


def remedy(scene: Scene, alert_id: int) -> Remedy | None:
    return scene.alerts.detail(SYSTEM, alert_id).remedy


Record = Callable[[Connection, BuiltHotel], object]
CASES: dict[str, tuple[str, str, Record, str, timedelta, int]] = {
    "a delivery ends a stock below zero": (
        "stok_tutarsizlik", "product", lambda c, h: h.movement(c, 0, NOW + HOUR, "giris", 24), "delivery", HOUR, 24,
    ),
    "a count ends a stock below zero": (
        "stok_tutarsizlik", "product", lambda c, h: h.movement(c, 0, NOW + HOUR, "sayim", 7), "count", HOUR, 7,
    ),
    "goods that came back end a stock below zero": (
        "stok_tutarsizlik", "product", lambda c, h: h.movement(c, 0, NOW + HOUR, "transfer", -9), "returned", HOUR, 9,
    ),
    "a delivery ends a store that runs out": (
        "stok_bitiyor", "product", lambda c, h: h.movement(c, 0, NOW + 2 * HOUR, "giris", 240), "delivery", 2 * HOUR,
        240,
    ),
    "the next count ends a count that differed": (
        "stok_sayim_farki", "product", lambda c, h: h.movement(c, 0, NOW + HOUR, "sayim", 12), "count", HOUR, 12,
    ),
    "an issue ends a custody below zero": (
        "zimmet_tutarsizlik", "staff", lambda c, h: h.custody(c, 0, NOW + HOUR, "zimmet", 30), "issue", HOUR, 30,
    ),
    "a refill ends a room that was not filled": (
        "dolum_eksik", "room", lambda c, h: h.visit(c, 0, NOW + HOUR, consumed={0: 2}), "refill", HOUR, 2,
    ),
    "refills end a floor that was not served": (
        "dolum_eksik", "floor", lambda c, h: [h.visit(c, room, NOW + HOUR, consumed={0: 1}) for room in (0, 1)],
        "refill", HOUR, 2,
    ),
    "a recorded consumption ends the silence of a room": (
        "kayit_yok", "room", lambda c, h: h.visit(c, 0, NOW + HOUR, consumed={0: 1, 1: 2}), "record", HOUR, 3,
    ),
    "a check ends a room's unusual consumption": (
        "tuketim_anomali", "room", lambda c, h: h.visit(c, 0, NOW + HOUR, "kontrol", consumed={0: 1}), "check", HOUR, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_the_hotel_recorded_is_named_as_what_ended_the_alert(scene: Scene, name: str) -> None:
    alert_type, entity_type, record, kind, after, units = CASES[name]
    hotel = scene.hotel
    ids = {"product": hotel.products, "staff": hotel.staff, "room": hotel.rooms, "floor": hotel.floors}[entity_type]
    with scene.database.transaction() as connection:
        hotel.movement(connection, 0, NOW - 2 * DAY, "giris", 500)  # before the alert: not what ended it
        hotel.movement(connection, 1, NOW + HOUR, "giris", 500)  # another product
        hotel.visit(connection, 2, NOW - DAY, consumed={0: 3})
        record(connection, hotel)
    found = remedy(scene, told(scene, (alert_type, entity_type, ids[0]), [DAY, 2 * DAY]))
    assert found is not None
    assert (found.reason["id"], found.at, found.since_opening) == (f"closed_reason.{kind}", NOW + after, after)
    assert found.reason["params"]["units"] == units


def test_without_a_record_that_can_have_ended_it_the_time_runs_to_when_it_was_found_normal(scene: Scene) -> None:
    found = remedy(scene, told(scene, ("stok_tutarsizlik", "product", scene.hotel.products[0]), [3 * HOUR]))
    assert found is not None
    assert (found.reason["id"], found.at, found.since_opening) == ("closed_reason.normal", NOW + 3 * HOUR, 3 * HOUR)


def test_the_time_from_the_acknowledgement_is_told_and_is_never_negative(
    scene: Scene, cast: Cast, clock: FixedClock
) -> None:
    key = ("stok_tutarsizlik", "product", scene.hotel.products[0])
    alert_id = told(scene, key, [])
    clock.advance(HOUR)
    scene.alerts.triage.acknowledge(cast.ayse, [alert_id])
    with scene.database.transaction() as connection:
        scene.hotel.movement(connection, 0, NOW + HOUR / 2, "giris", 24)
    told(scene, key, [2 * HOUR], fires=False)
    found = remedy(scene, alert_id)
    assert found is not None
    assert (found.since_opening, found.since_acknowledgement) == (HOUR / 2, timedelta(0))


@pytest.mark.parametrize("closer", ["ayse", "system"])
def test_what_a_person_closed_what_was_not_seen_for_a_week_and_what_was_no_problem_is_no_remedy(
    scene: Scene, cast: Cast, clock: FixedClock, closer: str
) -> None:
    for room in range(3):
        scene.fire(room, NOW)
    by_hand, quiet, judged = sorted(row.id for row in rows(scene))
    scene.alerts.triage.close(cast.ayse if closer == "ayse" else SYSTEM, [by_hand], "normal")  # the machine's own word
    scene.calm(2, NOW + DAY)
    scene.calm(2, NOW + 2 * DAY)
    assert remedy(scene, judged) is not None
    scene.alerts.triage.judge(cast.ayse, [judged], "yanlis_pozitif")
    scene.apply(NOW + 8 * DAY)
    assert [row.closed_at is None for row in rows(scene)] == [False] * 3
    assert [remedy(scene, one) for one in (by_hand, quiet, judged)] == [None] * 3
    clock.at = NOW + 9 * DAY
    everything = scene.alerts.remedies.times(cast.ayse, None, 30).everything
    assert (everything.remedied, everything.otherwise) == (0, 2)  # the judged one counts in neither


def test_a_snoozed_alert_is_not_remedied_and_a_reopened_one_no_more(scene: Scene, cast: Cast) -> None:
    scene.fire(0, NOW)
    [alert] = rows(scene)
    scene.alerts.triage.snooze(cast.ayse, [alert.id], NOW + DAY)
    assert remedy(scene, alert.id) is None
    scene.calm(0, NOW + DAY)
    scene.calm(0, NOW + 2 * DAY)
    assert remedy(scene, alert.id) is not None
    scene.fire(0, NOW + 3 * DAY)
    assert remedy(scene, alert.id) is None


def test_medians_by_type_and_severity_need_five_remedies_and_say_how_many_there_were(
    scene: Scene, cast: Cast, clock: FixedClock
) -> None:
    keys = [("stok_tutarsizlik", "product", 1000 + number) for number in range(ENOUGH)]
    for number, key in enumerate(keys[:-1], start=1):
        told(scene, key, [number * HOUR])
    clock.at = NOW + DAY
    few = scene.alerts.remedies.times(cast.ayse, [scene.hotel.hotel_id], 7)
    assert (few.everything.remedied, few.everything.median_seconds) == (ENOUGH - 1, None)
    told(scene, keys[-1], [9 * HOUR])
    found = scene.alerts.remedies.times(cast.ayse, None, 7)
    [by_type], [by_severity] = found.by_type, found.by_severity
    assert (by_type.alert_type, by_severity.severity) == ("stok_tutarsizlik", "kritik")
    for row in (found.everything, by_type, by_severity):
        assert (row.remedied, row.otherwise, row.acknowledged) == (ENOUGH, 0, 0)
        hours = [row.median_seconds, row.shortest_seconds, row.longest_seconds]
        assert [value and value / 3600 for value in hours] == [3.0, 1.0, 9.0]
    assert found.everything.acknowledged_median_seconds is None
    clock.at = NOW + 8 * DAY
    assert scene.alerts.remedies.times(cast.ayse, None, 7).everything.remedied == 0
    assert scene.alerts.remedies.times(cast.ayse, None, 30).everything.remedied == ENOUGH
    assert scene.alerts.remedies.times(cast.cem, None, 30).everything.remedied == 0


def test_two_hundred_closings_are_a_constant_number_of_statements(scene: Scene) -> None:
    """One statement a kind of record, however many alerts close in a run."""
    kinds = (("tuketim_anomali", "minibar_slot"), ("dolum_eksik", "floor"), ("kayit_yok", "staff"))
    keys = [(*kind, 10_000 + number) for kind in kinds for number in range(70)]
    fired = [
        Anomaly(key[0], "tuketim_miktar", key[1], key[2], NOW - HOUR, NOW, 9, 1, 0, 2, 8.0, 9.0, "orta") for key in keys
    ]
    calm = frozenset(keys)
    with scene.database.transaction() as connection:
        scene.alerts.apply(connection, DetectionResult(scene.hotel.hotel_id, "tuketim_miktar", NOW, tuple(fired), calm))
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(scene.database.engine, "before_cursor_execute", note)
    with scene.database.transaction() as connection:
        scene.alerts.apply(connection, DetectionResult(scene.hotel.hotel_id, "tuketim_miktar", NOW + DAY, (), calm))
    event.remove(scene.database.engine, "before_cursor_execute", note)
    assert all(row.closed_at == NOW + DAY for row in rows(scene))
    assert len(statements) <= 12
