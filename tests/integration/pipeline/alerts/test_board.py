"""The board and the series of an alert: sorted, filtered, page by page, with what was expected (A5.1, A5.2, A5.6)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from db.models.ml import Metric, Score
from db.models.premises import MinibarSlot
from db.session import Database
from pipeline.alerts.service import AlertFilters
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

HOUR = timedelta(hours=1)
SEVERITIES = ("dusuk", "kritik", "orta", "yuksek", "kritik", "orta")


@pytest.fixture
def six(scene: Scene) -> Scene:
    """Six alerts over three rooms, of all severities, an hour apart."""
    for number, severity in enumerate(SEVERITIES):
        at = NOW - number * HOUR
        anomaly = scene.anomaly(number % 3, at, severity=severity, alert_type=f"tur_{number // 3}")
        scene.apply(at, anomaly)
    return scene


def test_alerts_are_sorted_by_severity_and_then_by_last_seen(six: Scene) -> None:
    rows = six.alerts.board(SYSTEM, AlertFilters()).rows
    assert [row.severity for row in rows] == ["kritik", "kritik", "yuksek", "orta", "orta", "dusuk"]
    seen = [row.last_seen_at for row in rows]
    assert seen[0] > seen[1]
    assert seen[3] > seen[4]


@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_pages_by_cursor_and_by_offset_hold_every_alert_once(six: Scene, size: int) -> None:
    everything = [row.id for row in six.alerts.board(SYSTEM, AlertFilters(), limit=100).rows]
    page = six.alerts.board(SYSTEM, AlertFilters(), limit=size)
    by_cursor = [row.id for row in page.rows]
    while page.next_cursor is not None:
        page = six.alerts.board(SYSTEM, AlertFilters(), limit=size, cursor=page.next_cursor)
        by_cursor += [row.id for row in page.rows]
    by_offset = [
        row.id
        for start in range(0, 6, size)
        for row in six.alerts.board(SYSTEM, AlertFilters(), size, offset=start).rows
    ]
    assert by_cursor == by_offset == everything
    assert page.total == 6


@pytest.mark.parametrize("cursor", ["", "x", "1~2~3", "1~2026-03-01T00:00:00~5", "a~2026-03-01T00:00:00+00:00~5"])
def test_a_cursor_that_is_not_ours_is_refused(six: Scene, cursor: str) -> None:
    with pytest.raises(AppError, match="invalid_cursor"):
        six.alerts.board(SYSTEM, AlertFilters(), cursor=cursor)


def test_filters_narrow_the_board(six: Scene, clock: FixedClock) -> None:
    def total(**wanted: object) -> int:
        return six.alerts.board(SYSTEM, AlertFilters(**wanted)).total  # type: ignore[arg-type]

    first = six.alerts.board(SYSTEM, AlertFilters(), limit=1).rows[0].id
    six.alerts.triage.acknowledge(SYSTEM, [first])
    six.alerts.mark_read(SYSTEM, first)
    six.alerts.triage.close(SYSTEM, [six.alerts.board(SYSTEM, AlertFilters()).rows[-1].id], "bitti")
    assert total(states=("all",)) == 6
    assert (total(), total(states=("closed",)), total(states=("unread",)), total(states=("acknowledged",))) == (
        5,
        1,
        4,
        1,
    )
    assert total(states=("closed", "acknowledged")) == 2
    assert total(states=("all",), severities=("kritik", "orta")) == 4
    assert total(states=("all",), alert_types=("tur_1",)) == 3
    assert total(states=("all",), since=NOW - 2 * HOUR) == 3
    assert total(states=("all",), until=NOW - 20 * HOUR) == 5
    assert total(states=("all",), hotel_ids=(six.hotel.hotel_id + 1000,)) == 0
    assert total(states=("all",), text="102") == 2
    assert total(states=("all",), text="%") == 0
    with pytest.raises(AppError, match="unknown_alert_state"):
        total(states=("yarım",))


@pytest.mark.parametrize("typed", ["ıhlamur", "IHLAMUR", "Ihlamur", "İHLAMUR", "lamur çayı", "ÇAYI"])
def test_search_finds_turkish_names_however_they_are_typed(six: Scene, typed: str) -> None:
    with six.database.transaction() as connection:
        connection.execute(text("UPDATE products SET name = 'Ihlamur Çayı'"))
    assert six.alerts.board(SYSTEM, AlertFilters(text=typed)).total == 6
    assert six.alerts.board(SYSTEM, AlertFilters(text="rezene")).total == 0


def test_counts_are_of_open_alerts_and_of_those_raised_since(six: Scene) -> None:
    assert six.alerts.counts(SYSTEM) == {"dusuk": 1, "orta": 2, "yuksek": 1, "kritik": 2}
    assert six.alerts.counts(SYSTEM, [six.hotel.hotel_id], NOW - HOUR) == {"dusuk": 1, "kritik": 1}
    assert six.alerts.counts(SYSTEM, [six.hotel.hotel_id + 1000]) == {}


def add_slot_history(database: Database, scene: Scene, days: int) -> int:
    """One slot of room 0 checked daily up to NOW: one unit, three at the last check; scores expect 0–2."""
    with database.transaction() as connection:
        slot = connection.execute(
            insert(MinibarSlot).returning(MinibarSlot.id),
            {"hotel_id": scene.hotel.hotel_id, "room_id": scene.hotel.rooms[0], "product_id": scene.hotel.products[1]},
        ).scalar_one()
        key = {"hotel_id": scene.hotel.hotel_id, "metric_type": "tuketim_miktar", "entity_id": slot}
        for day in range(days):
            at = NOW - timedelta(days=day)
            row = {"entity_type": "minibar_slot", "timestamp": at, "metric_value": 1.0 if day else 9.0}
            connection.execute(insert(Metric), key | row | {"interval_start": at - timedelta(days=1), "extra_data": {}})
            score = {"detector": "negative_binomial", "expected": 0.5, "lower": 0.0, "upper": 2.0, "observations": 40}
            connection.execute(insert(Score), key | score | {"timestamp": at})
    return int(slot)


def test_the_detail_shows_the_series_its_band_and_which_points_were_anomalies(scene: Scene) -> None:
    slot = add_slot_history(scene.database, scene, 10)
    base = scene.anomaly(0, NOW)
    anomaly = type(base)(**(vars(base) | {"entity_type": "minibar_slot", "entity_id": slot, "room_id": None}))
    scene.apply(NOW, anomaly)
    (alert,) = scene.alerts.board(SYSTEM, AlertFilters()).rows
    detail = scene.alerts.detail(SYSTEM, alert.id)
    assert (alert.room, detail.unit) == ("101", "unit.units")  # the room is found through the slot
    assert detail.series.points["value"].tolist() == [1.0] * 9 + [9.0]
    assert detail.series.points["upper"].tolist() == [2.0] * 10
    assert detail.series.points["is_anomaly"].tolist() == [False] * 9 + [True]
    assert detail.series.points["severity"].iloc[-1] == "orta"
    assert scene.alerts.series(SYSTEM, alert.id).points.equals(detail.series.points)


def test_a_room_total_is_the_sum_of_its_slots_without_a_band(scene: Scene) -> None:
    add_slot_history(scene.database, scene, 5)
    scene.fire(0, NOW)
    (alert,) = scene.alerts.board(SYSTEM, AlertFilters()).rows
    series = scene.alerts.series(SYSTEM, alert.id).points
    assert series["value"].tolist() == [1.0] * 4 + [9.0]
    assert series["expected"].tolist() == [0.5] * 5
    assert series["upper"].isna().all()
    assert series["is_anomaly"].tolist() == [False] * 4 + [True]


def test_an_alert_without_measurements_has_an_empty_series(scene: Scene) -> None:
    scene.fire(0, NOW)
    (alert,) = scene.alerts.board(SYSTEM, AlertFilters()).rows
    series = scene.alerts.series(SYSTEM, alert.id).points
    assert series.empty
    assert {"timestamp", "value", "expected", "lower", "upper", "severity", "is_anomaly"} <= set(series.columns)


def test_earlier_incidents_of_the_same_entity_are_past_alerts(scene: Scene, clock: FixedClock) -> None:
    scene.fire(0, NOW)
    scene.calm(0, NOW + timedelta(days=1))
    scene.calm(0, NOW + timedelta(days=2))
    scene.fire(0, NOW + timedelta(days=9))
    clock.advance(timedelta(days=9))
    newest = scene.alerts.board(SYSTEM, AlertFilters()).rows[0]
    assert scene.alerts.detail(SYSTEM, newest.id).series.past_alerts == (NOW - timedelta(hours=20),)
