"""Stock levels, refill durations and custody as metric rows (SPEC A1, A3.1, P1)."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import local_midnight
from core.scope import SYSTEM
from db.queries.metrics import read_metrics
from db.session import Database
from pipeline.metrics.service import MetricsService
from tests.integration.builders import BuiltHotel, build_hotel

START = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def read(database: Database, hotel: BuiltHotel, metric_type: str) -> pd.DataFrame:
    with database.reading() as connection:
        return read_metrics(connection, hotel.hotel_id, metric_type, *EVER)


TYPES = ("stok_seviye", "dolum_sure", "zimmet_kullanim")


def collect(database: Database, hotel: BuiltHotel, at: datetime) -> int:
    return MetricsService(database).collect(SYSTEM, hotel.hotel_id, at, metric_types=TYPES).rows_out


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    with database.transaction() as connection:
        return build_hotel(connection)


def test_levels_are_hourly_from_the_first_movement_and_a_negative_level_is_stored(
    database: Database, hotel: BuiltHotel
) -> None:
    """SPEC A1.6: negative stock is data, not an error of collection."""
    with database.transaction() as connection:
        hotel.movement(connection, 0, hours(0.5), "giris", 10)
        hotel.movement(connection, 0, hours(1), "cikis", 4)  # at the end of the first hour: still in it
        hotel.movement(connection, 0, hours(2.2), "transfer", 9)
        hotel.movement(connection, 0, hours(3.1), "transfer", -1)
        hotel.movement(connection, 0, hours(3.9), "sayim", 5)
    collect(database, hotel, hours(5.5))
    rows = read(database, hotel, "stok_seviye")
    assert rows["timestamp"].tolist() == [hours(n) for n in (1, 2, 3, 4, 5)]
    assert (rows["timestamp"] - rows["interval_start"] == timedelta(hours=1)).all()
    assert rows["metric_value"].tolist() == [6, 6, -3, 5, 5]
    assert rows["outflow"].tolist() == [4, 0, 9, 0, 0]
    assert rows["inflow"].tolist() == [10, 0, 0, 1, 0]
    assert rows["count_correction"].tolist() == [0, 0, 0, 7, 0]


def test_a_late_movement_changes_the_levels_until_the_next_count(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        hotel.movement(connection, 0, hours(0.5), "devir", 10)
        hotel.movement(connection, 0, hours(3.5), "sayim", 8)
    collect(database, hotel, hours(6))
    with database.transaction() as connection:
        hotel.movement(connection, 0, hours(1.5), "fire", 1)
    assert collect(database, hotel, hours(6)) == 3  # two levels, and the correction of the count
    rows = read(database, hotel, "stok_seviye")
    assert rows["metric_value"].tolist() == [10, 9, 9, 8, 8, 8]
    assert rows["count_correction"].tolist() == [0, 0, 0, -1, 0, 0]


def test_products_that_do_not_move_carry_their_level_on(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        hotel.movement(connection, 0, hours(0.5), "giris", 10)
        hotel.movement(connection, 1, hours(0.5), "giris", 7)
    collect(database, hotel, hours(2))
    with database.transaction() as connection:
        connection.execute(text("UPDATE stock_movements SET recorded_at = recorded_at"))
        connection.execute(text("ALTER TABLE stock_movements DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE stock_movements SET recorded_at = now() - interval '1 day'"))
    assert collect(database, hotel, hours(4)) == 4
    assert read(database, hotel, "stok_seviye")["metric_value"].tolist() == [10] * 4 + [7] * 4


def test_a_product_that_never_moved_has_no_row(database: Database, hotel: BuiltHotel) -> None:
    assert collect(database, hotel, hours(5)) == 0


def test_only_checks_that_refilled_are_refills_and_the_minutes_are_between_start_and_end(
    database: Database, hotel: BuiltHotel
) -> None:
    """SPEC A3.1."""
    with database.transaction() as connection:
        filled = hotel.visit(connection, 0, hours(1), consumed={0: 2, 1: 1})
        looked = hotel.visit(connection, 1, hours(2), "kontrol")
        hotel.check(connection, 0, hours(1), hours(1.25), filled)
        hotel.check(connection, 1, hours(2), hours(2.1), looked)
        hotel.check(connection, 1, hours(3), None, None)
    collect(database, hotel, hours(5))
    rows = read(database, hotel, "dolum_sure")
    assert rows[["entity_id", "metric_value", "exposure", "items"]].values.tolist() == [[hotel.staff[0], 15.0, 3.0, 2]]
    assert rows[["room_id", "floor_id"]].values.tolist() == [[hotel.rooms[0], hotel.floors[0]]]


def test_a_corrected_check_replaces_its_row(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        filled = hotel.visit(connection, 0, hours(1), consumed={0: 2})
        hotel.check(connection, 0, hours(1), hours(1.25), filled)
    collect(database, hotel, hours(5))
    with database.transaction() as connection:
        connection.execute(text("UPDATE room_checks SET ended_at = :at"), {"at": hours(1.5)})
    collect(database, hotel, hours(5))
    assert read(database, hotel, "dolum_sure")["metric_value"].tolist() == [30.0]


def test_custody_days_are_local_days_and_an_idle_day_is_a_zero(database: Database) -> None:
    """A 23-hour day in Berlin (2026-03-29) is one row like every other."""
    with database.transaction() as connection:
        hotel = build_hotel(connection, time_zone="Europe/Berlin")
        hotel.custody(connection, 0, datetime(2026, 3, 28, 7, tzinfo=UTC), "zimmet", 10)
        hotel.custody(connection, 0, datetime(2026, 3, 28, 22, 59, tzinfo=UTC), "kullanim", 3)  # 23:59
        hotel.custody(connection, 0, datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "kullanim", 1)  # 24:00 still that day
        hotel.custody(connection, 0, datetime(2026, 3, 30, 21, 59, tzinfo=UTC), "iade", 8)  # 23:59 summer time
        hotel.custody(connection, 0, datetime(2026, 3, 31, 6, tzinfo=UTC), "fire", 1)  # a day that is still open
    collect(database, hotel, datetime(2026, 3, 31, 12, tzinfo=UTC))
    rows = read(database, hotel, "zimmet_kullanim")
    assert [(e - s).total_seconds() / 3600 for s, e in zip(rows["interval_start"], rows["timestamp"], strict=True)] == [
        24, 23, 24,
    ]  # fmt: skip
    assert rows["metric_value"].tolist() == [4, 0, 0]
    assert rows["exposure"].tolist() == [10, 0, 0]
    assert rows["returned"].tolist() == [0, 0, 8]
    assert rows["balance"].tolist() == [6, 6, -2]
    assert rows["timestamp"].iloc[-1] == local_midnight(datetime(2026, 3, 31, tzinfo=UTC).date(), "Europe/Berlin")


def test_rows_of_a_long_transaction_that_commits_late_are_not_lost(database: Database, hotel: BuiltHotel) -> None:
    """A row becomes visible long after it was recorded; the watermark waits for the transaction that wrote it."""
    with database.transaction() as slow:
        hotel.movement(slow, 0, hours(0.5), "giris", 10)
        slow.execute(text("UPDATE stock_movements SET note = 'x'"))
        assert collect(database, hotel, hours(2)) == 0
        with database.reading() as connection:
            waits = connection.execute(
                text("SELECT bool_and(read_until < now()) FROM pipeline_watermarks WHERE stage = 'collect_recorded'")
            ).scalar_one()
            started = connection.execute(
                text(
                    "SELECT min(xact_start) >= (SELECT max(read_until) FROM pipeline_watermarks "
                    "WHERE stage = 'collect_recorded') FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
                )
            ).scalar_one()
    assert waits
    assert started
    assert collect(database, hotel, hours(2)) == 2
