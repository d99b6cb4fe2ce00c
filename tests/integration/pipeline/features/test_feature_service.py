"""Features are built once a closed local day, built again where metrics changed, and read by everybody alike (P2)."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import local_midnight
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries import versions
from db.queries.features import read_features
from db.session import Database
from pipeline.features.service import FeatureService
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from tests.integration.builders import BuiltHotel, build_hotel

FIRST = date(2026, 3, 20)
ZONE = "Europe/Berlin"  # 2026-03-29 has 23 hours
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def noon(day: int) -> datetime:
    return local_midnight(FIRST + timedelta(days=day), ZONE) + timedelta(hours=12)


def end_of(day: int) -> datetime:
    return local_midnight(FIRST + timedelta(days=day + 1), ZONE)


def run(database: Database, hotel: BuiltHotel, at: datetime) -> int:
    MetricsService(database).collect(SYSTEM, hotel.hotel_id, at)
    return FeatureService(database).build(SYSTEM, hotel.hotel_id, at).rows_out


def read(database: Database, hotel: BuiltHotel, metric_type: str = "tuketim_miktar") -> pd.DataFrame:
    with database.reading() as connection:
        return read_features(connection, hotel.hotel_id, metric_type, *EVER)


@pytest.fixture(autouse=True)
def four_metric_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each family is enough here; other types only add time."""
    types = {name: METRIC_TYPES[name] for name in ("tuketim_miktar", "stok_seviye", "dolum_sure", "zimmet_kullanim")}
    for service in ("pipeline.features.service", "pipeline.metrics.service"):
        monkeypatch.setattr(f"{service}.METRIC_TYPES", types)


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    with database.transaction() as connection:
        hotel = build_hotel(connection, time_zone=ZONE)
        hotel.visit(connection, 0, noon(0) - timedelta(days=1), "ilk_dolum")
        for day in range(14):
            if day != 5:  # do not disturb
                hotel.visit(connection, 0, noon(day), consumed={0: day % 3, 1: 1})
        hotel.movement(connection, 0, noon(0), "giris", 100)
        hotel.movement(connection, 0, noon(2), "cikis", 7)
        hotel.custody(connection, 0, noon(0), "zimmet", 50)
        hotel.custody(connection, 0, noon(1), "kullanim", 4)
        for day, minutes in ((1, 10), (1, 20), (1, 60), (2, 5)):
            visit = hotel.visit(connection, 1, noon(day) + timedelta(minutes=minutes), consumed={0: 1})
            start = noon(day) + timedelta(minutes=2 * minutes)
            hotel.check(connection, 1, start, start + timedelta(minutes=minutes), visit)
    return hotel


def test_rows_are_stored_for_observed_and_closed_local_days_only(database: Database, hotel: BuiltHotel) -> None:
    run(database, hotel, noon(10))
    rows = read(database, hotel)
    ours = rows[rows["entity_id"] == hotel.rooms[0]]  # described are rooms, not slots
    assert ours["timestamp"].tolist() == [end_of(day) for day in range(10) if day != 5]
    values = [float(day % 3 + 1) for day in range(10)]
    assert ours["lag_1"].tolist()[1:5] == values[0:4]
    assert np.isnan(ours["lag_1"].iloc[5])  # the day before was not observed
    assert ours["max"].iloc[-1] == 3


def test_flows_durations_and_use_become_one_point_a_day(database: Database, hotel: BuiltHotel) -> None:
    run(database, hotel, noon(4))
    stock = read(database, hotel, "stok_seviye")
    assert stock["mean"].iloc[-1] * len(stock) == pytest.approx(7)  # units out, not the level
    refills = read(database, hotel, "dolum_sure").set_index("timestamp")
    assert refills.loc[end_of(2), "lag_1"] == 20  # the median of 10, 20 and 60 minutes
    assert read(database, hotel, "zimmet_kullanim")["max"].tolist() == [0, 4, 4, 4]


def test_building_twice_writes_nothing_and_does_not_bump_the_version(database: Database, hotel: BuiltHotel) -> None:
    assert run(database, hotel, noon(10)) > 0
    with database.reading() as connection:
        before = versions.current(connection, [hotel.hotel_id])
    assert run(database, hotel, noon(10)) == 0
    with database.reading() as connection:
        assert versions.current(connection, [hotel.hotel_id]) == before
    assert before[hotel.hotel_id, "features"] >= 1


@pytest.mark.parametrize("steps", [[3, 9, 13], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]])
def test_features_built_day_by_day_equal_those_of_one_run(
    database: Database, hotel: BuiltHotel, steps: list[int]
) -> None:
    for day in steps:
        run(database, hotel, noon(day))
        run(database, hotel, end_of(day))
    bit_by_bit = {name: read(database, hotel, name) for name in ("tuketim_miktar", "stok_seviye", "zimmet_kullanim")}
    with database.transaction() as connection:
        for table in ("ml_features", "ml_metrics", "pipeline_watermarks"):
            connection.execute(text(f"DELETE FROM {table}"))
    run(database, hotel, end_of(13))
    for name, frame in bit_by_bit.items():
        pd.testing.assert_frame_equal(frame, read(database, hotel, name), check_exact=True)
        assert len(frame)


def test_a_late_visit_builds_its_day_and_the_days_after_it_again(database: Database, hotel: BuiltHotel) -> None:
    run(database, hotel, end_of(13))
    before = read(database, hotel)
    with database.transaction() as connection:
        hotel.visit(connection, 0, noon(5), consumed={0: 40})
    MetricsService(database).collect(SYSTEM, hotel.hotel_id, end_of(13))
    built = FeatureService(database).build(SYSTEM, hotel.hotel_id, end_of(13))
    assert built.details["tuketim_miktar"]["written"] == 9
    after = read(database, hotel)
    late = (after["entity_id"] == hotel.rooms[0]) & (after["timestamp"] == end_of(5))
    assert after.loc[late, "max"].tolist() == [40]
    unchanged = [frame[frame["timestamp"] < end_of(5)].reset_index(drop=True) for frame in (before, after)]
    pd.testing.assert_frame_equal(*unchanged, check_exact=True)


def test_a_day_whose_only_visit_moved_away_has_no_row_any_more(database: Database, hotel: BuiltHotel) -> None:
    run(database, hotel, end_of(13))
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE visits SET occurred_at = :new WHERE occurred_at = :old AND room_id = :room"),
            {"old": noon(8), "new": noon(9) + timedelta(hours=1), "room": hotel.rooms[0]},
        )
    run(database, hotel, end_of(13))
    rows = read(database, hotel)
    assert end_of(8) not in rows.loc[rows["entity_id"] == hotel.rooms[0], "timestamp"].tolist()


def test_a_caller_without_the_permission_is_refused(database: Database, hotel: BuiltHotel) -> None:
    with pytest.raises(AppError, match="forbidden"):
        FeatureService(database).build(Scope("ayse", frozenset(), None), hotel.hotel_id, noon(1))
