"""The quality figures count what is stored, hotel by hotel (SPEC P9)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.models.ml import Metric
from db.models.operations import JobRun
from db.session import Database
from operations.quality.service import QualityService
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    """Two rooms checked daily for a fortnight; the second room not in the last ten days."""
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=2, products=1)
        for day in range(14, 0, -1):
            hotel.visit(connection, 0, NOW - day * DAY, consumed={0: 1})
            if day > 10:
                hotel.visit(connection, 1, NOW - day * DAY, consumed={0: 1})
        hotel.movement(connection, 0, NOW - 20 * DAY, "giris", 500)
    MetricsService(database).collect(SYSTEM, hotel.hotel_id, NOW - timedelta(minutes=20))
    return hotel


@pytest.fixture
def quality(database: Database, clock: FixedClock) -> QualityService:
    return QualityService(database, clock)


def figure(quality: QualityService, hotel: BuiltHotel, name: str, metric_type: str = "") -> tuple[object, int, str]:
    found = quality.kpis(SYSTEM, hotel.hotel_id)
    [kpi] = [kpi for kpi in found if (kpi.name, kpi.metric_type) == (name, metric_type)]
    value = None if kpi.value is None else round(kpi.value, 3)
    return value, kpi.sample, kpi.state


def run(database: Database, hotel: BuiltHotel, state: str, minutes: int) -> None:
    at = NOW - timedelta(minutes=minutes)
    row = {"job_name": "collect", "hotel_id": hotel.hotel_id, "trigger": "schedule", "state": state, "started_at": at}
    with database.transaction() as connection:
        connection.execute(insert(JobRun), row | {"heartbeat_at": at, "finished_at": at})


def test_collection_is_the_share_of_ended_runs_that_succeeded_in_a_day(
    database: Database, quality: QualityService, hotel: BuiltHotel
) -> None:
    assert figure(quality, hotel, "collection") == (None, 0, "unknown")
    for minutes, state in enumerate(["succeeded", "succeeded", "failed", "timed_out", "cancelled"], start=1):
        run(database, hotel, state, minutes)
    run(database, hotel, "failed", 60 * 25)
    assert figure(quality, hotel, "collection") == (0.5, 4, "missed")


def test_features_are_compared_with_the_days_that_were_observed(
    database: Database, quality: QualityService, hotel: BuiltHotel
) -> None:
    FeatureService(database).build(SYSTEM, hotel.hotel_id, NOW)
    value, sample, state = figure(quality, hotel, "features")
    assert (value, state) == (1.0, "met")
    assert sample > 7
    assert figure(quality, hotel, "features", "tuketim_miktar")[:2] == (1.0, 7)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM ml_features WHERE metric_type = 'tuketim_miktar'"))
    assert figure(quality, hotel, "features", "tuketim_miktar") == (0.0, 7, "missed")


def test_nulls_are_counted_in_what_features_should_hold(
    database: Database, quality: QualityService, hotel: BuiltHotel
) -> None:
    assert figure(quality, hotel, "nulls") == (None, 0, "unknown")
    FeatureService(database).build(SYSTEM, hotel.hotel_id, NOW)
    before = figure(quality, hotel, "nulls")[0]
    with database.transaction() as connection:
        connection.execute(text("UPDATE ml_features SET mean = NULL, std = NULL, momentum = NULL"))
    after = figure(quality, hotel, "nulls")[0]
    assert isinstance(before, float)
    assert isinstance(after, float)
    assert after > before


def test_a_second_row_of_the_same_beginning_is_a_duplicate(
    database: Database, quality: QualityService, hotel: BuiltHotel
) -> None:
    value, sample, state = figure(quality, hotel, "duplicates")
    assert (value, state) == (0.0, "met")
    assert sample > 100
    with database.transaction() as connection:
        row = connection.execute(text("SELECT * FROM ml_metrics ORDER BY timestamp DESC LIMIT 1")).mappings().one()
        copy = {key: row[key] for key in row if key not in ("id", "extra_data", "collected_at")}
        connection.execute(insert(Metric), copy | {"timestamp": row["timestamp"] - timedelta(seconds=1)})
    assert figure(quality, hotel, "duplicates") == (1.0, sample + 1, "missed")


def test_coverage_is_of_the_entities_that_used_to_be_measured(quality: QualityService, hotel: BuiltHotel) -> None:
    assert figure(quality, hotel, "coverage", "tuketim_miktar") == (0.5, 2, "missed")
    assert figure(quality, hotel, "coverage", "stok_seviye")[0] == 1.0


def test_freshness_is_the_age_of_the_last_collection_by_metric_type(
    quality: QualityService, hotel: BuiltHotel, clock: FixedClock
) -> None:
    assert figure(quality, hotel, "freshness", "stok_seviye") == (1200.0, 1, "met")
    clock.advance(HOUR)
    assert figure(quality, hotel, "freshness")[0] == 4800.0
    assert figure(quality, hotel, "freshness", "stok_seviye") == (4800.0, 1, "missed")


def test_an_empty_hotel_has_no_figure_at_all(database: Database, quality: QualityService) -> None:
    with database.transaction() as connection:
        empty = build_hotel(connection)
    assert {kpi.state for kpi in quality.kpis(SYSTEM, empty.hotel_id)} == {"unknown"}


def test_another_hotels_rows_are_not_counted_and_not_shown(
    database: Database, quality: QualityService, hotel: BuiltHotel
) -> None:
    with database.transaction() as connection:
        other = build_hotel(connection)
    run(database, hotel, "succeeded", 1)
    assert figure(quality, other, "collection") == (None, 0, "unknown")
    reader = Scope("cem", frozenset({"metrics.read"}), frozenset({other.hotel_id}))
    with pytest.raises(AppError, match="not_found"):
        quality.kpis(reader, hotel.hotel_id)
    with pytest.raises(AppError, match="forbidden"):
        quality.kpis(Scope("bora", frozenset(), None), hotel.hotel_id)
