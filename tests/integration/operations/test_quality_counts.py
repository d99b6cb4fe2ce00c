"""The quality figures are those that counting row by row gives, whatever index or daily sum they are read from (P9)."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.scope import SYSTEM
from db.models.ml import Metric
from db.queries.frames import copy_out
from db.session import Database
from operations.quality.service import QualityService
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel

ZONE, DAY, INSTANT = ZoneInfo("Europe/Istanbul"), timedelta(days=1), timedelta(microseconds=1)
TODAY = NOW.astimezone(ZONE).date()
ROWS = (
    "SELECT m.metric_type, m.entity_type, m.entity_id, m.interval_start, m.timestamp, s.room_id FROM ml_metrics m "
    "LEFT JOIN minibar_slots s ON m.entity_type = 'minibar_slot' AND s.id = m.entity_id WHERE m.hotel_id = %(hotel_id)s"
)
BUILT = "SELECT metric_type, entity_id, timestamp FROM ml_features WHERE hotel_id = %(hotel_id)s"
Figures = dict[str, tuple[int, int]]


def midnight(days_ago: int) -> datetime:
    day = TODAY - days_ago * DAY
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    """Looks at any time and at midnight itself; two rooms are forgotten for more than a week, one for two months."""
    random = Random(5)
    with database.transaction() as connection:
        build_hotel(connection, rooms=3, products=2)  # so that ids of rooms and slots differ
        hotel = build_hotel(connection, rooms=6, products=3, time_zone=str(ZONE))
        for room, last_day in enumerate([1, 1, 1, 9, 20, 60]):
            hotel.visit(connection, room, midnight(65), consumed={0: 1})
            for day in range(60, last_day - 1, -1):
                if random.random() < 0.6:
                    at = midnight(day) + timedelta(minutes=random.choice([0, 0, 1, 1430]))
                    hotel.visit(connection, room, at, consumed={random.randrange(3): 1})
        for edge, days_ago in enumerate([8, 7, 0]):
            hotel.visit(connection, edge, midnight(days_ago), consumed={0: 1})
        hotel.movement(connection, 0, NOW - 61 * DAY, "giris", 500)
    MetricsService(database).collect(SYSTEM, hotel.hotel_id, NOW)
    FeatureService(database).build(SYSTEM, hotel.hotel_id, NOW)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM ml_features WHERE entity_id % 3 = 0"))
    return hotel


def figures(database: Database, clock: FixedClock, hotel: BuiltHotel, name: str) -> Figures:
    """{metric type: (part, whole)}."""
    found = QualityService(database, clock).kpis(SYSTEM, hotel.hotel_id)
    chosen = [kpi for kpi in found if kpi.name == name and kpi.metric_type]
    return {kpi.metric_type: (round((kpi.value or 0.0) * kpi.sample), kpi.sample) for kpi in chosen}


def read(database: Database, hotel: BuiltHotel, query: str) -> pd.DataFrame:
    with database.reading() as connection:
        return copy_out(connection, query, {"hotel_id": hotel.hotel_id})


def features_by_row(database: Database, hotel: BuiltHotel, belongs: timedelta = INSTANT) -> Figures:
    """``belongs``: how far before its end an interval lies in its day."""

    def day(instant: datetime) -> date:
        return (instant - belongs).astimezone(ZONE).date()

    days = {TODAY - n * DAY for n in range(1, 8)}
    rows = read(database, hotel, ROWS)
    entities = rows["room_id"].fillna(rows["entity_id"]).astype(int)
    ends = [instant.to_pydatetime() for instant in rows["timestamp"]]
    seen = {(kind, entity, day(at)) for kind, entity, at in zip(rows["metric_type"], entities, ends, strict=True)}
    built = {
        (row.metric_type, row.entity_id, (row.timestamp.to_pydatetime() - INSTANT).astimezone(ZONE).date())
        for row in read(database, hotel, BUILT).itertuples()
    }
    wanted = {key for key in seen if key[2] in days}
    part, whole = Counter(key[0] for key in wanted & built), Counter(key[0] for key in wanted)
    return {kind: (part[kind], number) for kind, number in whole.items()}


def coverage_by_row(database: Database, hotel: BuiltHotel) -> Figures:
    rows = read(database, hotel, ROWS)
    newest = rows[rows["timestamp"] <= NOW].groupby(["metric_type", "entity_id"])["timestamp"].max()
    newest = newest[newest > NOW - 30 * DAY]
    whole = newest.groupby("metric_type").size()
    part = (newest > NOW - 7 * DAY).groupby("metric_type").sum()
    return {str(kind): (int(part[kind]), int(whole[kind])) for kind in whole.index}


def duplicates_by_row(database: Database, hotel: BuiltHotel) -> int:
    rows = read(database, hotel, ROWS)
    rows = rows[(rows["timestamp"] > NOW - 30 * DAY) & (rows["timestamp"] <= NOW)]
    return int(rows.duplicated(["metric_type", "entity_id", "interval_start"]).sum())


def test_features_are_those_of_the_days_that_rows_belong_to(
    database: Database, clock: FixedClock, hotel: BuiltHotel
) -> None:
    found, expected = figures(database, clock, hotel, "features"), features_by_row(database, hotel)
    assert found == expected
    assert {"tuketim_miktar", "gelir_oda", "stok_seviye"} <= found.keys()
    assert any(part < whole for part, whole in found.values())
    # The looks at midnight make a difference here: on the day that they begin the counts would be others.
    assert features_by_row(database, hotel, belongs=0 * INSTANT)["tuketim_miktar"] != expected["tuketim_miktar"]


def test_daily_sums_that_miss_a_room_would_be_noticed(database: Database, clock: FixedClock, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        query = "DELETE FROM look_days WHERE room_id = :room AND day > :day"
        connection.execute(text(query), {"room": hotel.rooms[0], "day": TODAY - 8 * DAY})
    assert figures(database, clock, hotel, "features") != features_by_row(database, hotel)


def test_coverage_is_of_entities_with_their_newest_row(
    database: Database, clock: FixedClock, hotel: BuiltHotel
) -> None:
    found = figures(database, clock, hotel, "coverage")
    assert found == coverage_by_row(database, hotel)
    assert found["tuketim_miktar"] == (9, 15)  # of six rooms with three products each: three lately, one not at all


def test_only_rows_of_the_same_entity_and_beginning_are_duplicates(
    database: Database, clock: FixedClock, hotel: BuiltHotel
) -> None:
    def found() -> float | None:
        kpis = QualityService(database, clock).kpis(SYSTEM, hotel.hotel_id)
        return next(kpi.value for kpi in kpis if kpi.name == "duplicates")

    assert found() == duplicates_by_row(database, hotel) == 0
    start = NOW - 3 * DAY
    row = {"hotel_id": hotel.hotel_id, "metric_type": "ozel_seri", "entity_type": "custom_series", "metric_value": 1.0}
    rows = [  # entity, beginning in hours, end in hours
        (1, 0, 1), (1, 0, 2), (1, 0, 3),  # two too many
        (2, 0, 2), (2, 2, 3),  # the same beginnings and ends, of another entity
        (3, 5, 6), (4, 5, 7), (4, 6, 8),
    ]  # fmt: skip
    with database.transaction() as connection:
        for entity, begins, ends in rows:
            span = {"interval_start": start + begins * DAY / 24, "timestamp": start + ends * DAY / 24}
            connection.execute(insert(Metric), row | span | {"entity_id": entity})
    assert found() == duplicates_by_row(database, hotel) == 2
