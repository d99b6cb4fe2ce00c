"""Sources by rows, empty fields, duplicates, coverage, freshness; what is unknown without them (P9, A2.6)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, text

from core.clock import FixedClock, local_date, local_midnight
from core.errors import AppError
from core.scope import SYSTEM
from db.models import premises
from db.session import Database
from operations.sources.service import SourceQuality, SourceRow, SourceService, Unknown
from operations.sources.unknowns import source_of
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from tests.cast import add_cast
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Change = Callable[[Connection, BuiltHotel], None]


@pytest.fixture
def service(database: Database, clock: FixedClock) -> SourceService:
    return SourceService(database, clock)


def built(database: Database, change: Change | None = None, stays: bool = True) -> BuiltHotel:
    """Two rooms, both taken all along and checked daily for fifty days; one product, one attendant."""
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=2, products=1, staff=1)
        for room in (0, 1):
            slot = {"room_id": hotel.rooms[room], "product_id": hotel.products[0], "hotel_id": hotel.hotel_id}
            connection.execute(insert(premises.MinibarSlot), slot)
            for week in range(12 if stays else 0):
                arrival = (NOW - (42 - 4 * week) * DAY).date()
                hotel.stay(connection, room, arrival, arrival + timedelta(days=4))
        hotel.movement(connection, 0, NOW - 50 * DAY, "giris", 900)
        for day in range(49, 0, -1):
            for room in (0, 1):
                visit = hotel.visit(connection, room, NOW - day * DAY, consumed={0: 1})
                hotel.check(connection, room, NOW - day * DAY, NOW - day * DAY + HOUR / 10, visit)
            hotel.movement(connection, 0, NOW - day * DAY, "cikis", 2)
            hotel.custody(connection, 0, NOW - day * DAY, "zimmet", 2)
            hotel.custody(connection, 0, NOW - day * DAY, "kullanim", 2)
        if change is not None:
            change(connection, hotel)
    MetricsService(database).collect(SYSTEM, hotel.hotel_id, NOW)
    return hotel


def source(found: SourceQuality, name: str) -> SourceRow:
    return next(row for row in found.sources if row.source == name)


def unknown(found: SourceQuality, metric_type: str, reason: str) -> list[Unknown]:
    return [row for row in found.unknowns if (row.metric_type, row.reason) == (metric_type, reason)]


def test_a_hotel_that_sends_everything_has_full_sources(database: Database, service: SourceService) -> None:
    found = service.quality(SYSTEM, built(database).hotel_id)
    assert found.days == 30
    for name, rows in (("checks", 60), ("refills", 60), ("stock", 30), ("custody", 60)):
        row = source(found, name)
        assert (row.rows, row.duplicates, row.days) == (rows, 0, 30), name
        assert row.last_at == NOW - DAY
    assert (source(found, "checks").entities, source(found, "checks").entities_known) == (2, 2)
    assert (source(found, "custody").entities, source(found, "custody").entities_known) == (1, 1)
    assert source(found, "stays").entities == 2
    assert not [row for row in found.unknowns if row.source in ("stock", "checks", "custody", "refills")]


def test_empty_fields_duplicates_and_the_last_row_are_counted(database: Database, service: SourceService) -> None:
    def spoil(connection: Connection, hotel: BuiltHotel) -> None:
        hotel.visit(connection, 0, NOW - 2 * DAY, consumed={0: 1})  # a second time
        hotel.visit(connection, 0, NOW - 3 * HOUR, consumed={0: 1}, staff=None)
        hotel.visit(connection, 1, NOW + DAY, consumed={0: 1})  # not yet
        hotel.check(connection, 0, NOW - 4 * HOUR, None, None)

    found = service.quality(SYSTEM, built(database, spoil).hotel_id)
    checks, refills = source(found, "checks"), source(found, "refills")
    assert (checks.rows, checks.duplicates, checks.missing, checks.cells) == (62, 1, 1, 62)
    assert checks.last_at == NOW - 3 * HOUR
    assert (refills.missing, refills.cells) == (1, 122)
    assert checks.recorded_at is not None


def test_days_are_the_hotels_and_begin_after_the_first_midnight(database: Database, service: SourceService) -> None:
    midnight = local_midnight(local_date(NOW, "Europe/Istanbul"), "Europe/Istanbul")

    def at_edges(connection: Connection, hotel: BuiltHotel) -> None:
        connection.execute(text("DELETE FROM visits; DELETE FROM stays"))
        for minutes in (0, 1):
            hotel.visit(connection, 0, midnight - 30 * DAY + minutes * MINUTE, consumed={0: 1})
        for minutes in (-1, 0, 1):
            hotel.visit(connection, 1, midnight - 5 * DAY + minutes * MINUTE, consumed={0: 1})
        hotel.stay(connection, 0, (midnight - 31 * DAY).date(), (midnight - 30 * DAY).date())

    found = service.quality(SYSTEM, built(database, at_edges).hotel_id)
    checks, stays = source(found, "checks"), source(found, "stays")
    assert (checks.rows, checks.duplicates, checks.days, checks.entities) == (4, 0, 3, 2)
    assert (stays.rows, stays.days) == (0, 0)
    assert stays.last_at == local_midnight((midnight - 31 * DAY).date(), "Europe/Istanbul")  # older than the span


def test_rows_are_the_same_when_the_same_fields_are_empty(database: Database, service: SourceService) -> None:
    def twice(connection: Connection, hotel: BuiltHotel) -> None:
        for kind in ("giris", "giris", "giris", "cikis"):
            hotel.movement(connection, 0, NOW - 3 * HOUR, kind, 5)

    stock = source(service.quality(SYSTEM, built(database, twice).hotel_id), "stock")
    assert (stock.rows, stock.duplicates, stock.missing, stock.cells) == (34, 2, 68, 68)


def test_without_stays_consumption_in_vacant_rooms_is_unknown_for_every_room_and_day(
    database: Database, service: SourceService
) -> None:
    found = service.quality(SYSTEM, built(database, stays=False).hotel_id)
    stays = source(found, "stays")
    assert (stays.rows, stays.days, stays.entities, stays.last_at) == (0, 0, 0, None)
    [doubt] = unknown(found, "tuketim_miktar", "unknown_stays")
    assert (doubt.source, doubt.alert_types) == ("stays", ("bosta_tuketim_var",))
    assert (doubt.rooms, doubt.of_rooms, doubt.days, doubt.of_days) == (2, 2, 30, 30)
    [occupancy] = unknown(found, "doluluk_oran", "no_rows")
    assert (occupancy.source, occupancy.days, occupancy.alert_types) == ("stays", 30, ("doluluk_sapma",))
    with_stays = service.quality(SYSTEM, built(database).hotel_id)
    assert unknown(with_stays, "tuketim_miktar", "unknown_stays") == []  # the negative control
    assert unknown(with_stays, "doluluk_oran", "no_rows") == []


def test_rooms_that_nobody_looked_into_for_a_week_are_named_with_their_alerts(
    database: Database, service: SourceService
) -> None:
    def unseen(connection: Connection, hotel: BuiltHotel) -> None:
        query = "DELETE FROM visits WHERE room_id = :room AND occurred_at > :since"
        connection.execute(text(query), {"room": hotel.rooms[1], "since": NOW - 8 * DAY})

    [row] = unknown(service.quality(SYSTEM, built(database, unseen).hotel_id), "tuketim_miktar", "unseen")
    assert (row.source, row.rooms, row.of_rooms, row.days) == ("checks", 1, 2, 7)
    assert "tuketim_anomali" in row.alert_types


def test_days_without_custody_records_are_days_on_which_custody_alerts_are_unknown(
    database: Database, service: SourceService
) -> None:
    def nothing(connection: Connection, hotel: BuiltHotel) -> None:
        connection.execute(text("DELETE FROM custody_movements WHERE hotel_id = :id"), {"id": hotel.hotel_id})

    found = service.quality(SYSTEM, built(database, nothing).hotel_id)
    assert source(found, "custody").recorded_at is None
    [row] = unknown(found, "zimmet_kullanim", "no_rows")
    assert (row.source, row.days, row.of_days) == ("custody", 30, 30)
    assert set(row.alert_types) == {"zimmet_anomali", "zimmet_tutarsizlik"}


def test_what_a_hotel_never_sent_and_need_not_send_is_not_missing(database: Database, service: SourceService) -> None:
    found = service.quality(SYSTEM, built(database).hotel_id)
    assert not [row for row in found.unknowns if row.source in ("requests", "scans", "series")]


def test_a_hotel_without_records_says_nothing_and_others_are_refused(
    database: Database, service: SourceService, clock: FixedClock
) -> None:
    with database.transaction() as connection:
        empty, other = build_hotel(connection), build_hotel(connection)
    found = service.quality(SYSTEM, empty.hotel_id)
    assert (found.days, found.unknowns) == (0, ())
    assert {row.rows for row in found.sources} == {0}
    cast = add_cast(database, clock, empty.hotel_id, other.hotel_id)
    with pytest.raises(AppError, match="not_found"):
        service.quality(cast.cem, empty.hotel_id)


def test_every_metric_type_knows_its_source() -> None:
    assert all(source_of(metric) for metric in METRIC_TYPES.values())
