"""The Overview's figures are of the hotel's own days, of what was observed, and of nobody else's hotel (A5.4, A8.1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import insert, text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.models.ml import Metric
from db.models.premises import MinibarSlot
from db.queries import consumption_days
from db.session import Database
from pipeline.forecasting.service import ForecastService
from reports.overview import OverviewFigures, OverviewService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel

DAY = timedelta(days=1)
YESTERDAY = NOW - DAY  # NOW is Monday 08:00 in Istanbul


@dataclass(frozen=True)
class House:
    """One hotel with one slot, whose product costs 4."""

    database: Database
    hotel: BuiltHotel
    slot: int

    def consumed(self, at: datetime, units: float) -> None:
        self.add("tuketim_miktar", self.slot, at, units)
        touched = pd.DataFrame({"room_id": [self.hotel.rooms[0]], "timestamp": [pd.Timestamp(at)]})
        with self.database.transaction() as connection:
            consumption_days.refresh(connection, self.hotel.hotel_id, touched)

    def add(self, metric_type: str, entity_id: int, at: object, value: float, extra: object = None) -> None:
        row = {
            "hotel_id": self.hotel.hotel_id, "metric_type": metric_type, "entity_type": "x", "entity_id": entity_id,
            "interval_start": at, "timestamp": at, "metric_value": value, "extra_data": extra or {},
        }  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(insert(Metric), row)


@pytest.fixture
def overview(database: Database) -> OverviewService:
    return OverviewService(database, ForecastService(database))


def build(database: Database) -> House:
    with database.transaction() as connection:
        hotel = build_hotel(connection)
        values = {"hotel_id": hotel.hotel_id, "room_id": hotel.rooms[0], "product_id": hotel.products[0]}
        slot = connection.execute(insert(MinibarSlot).returning(MinibarSlot.id), values).scalar_one()
        connection.execute(text("UPDATE products SET price = 4"))
    return House(database, hotel, slot)


@pytest.fixture
def house(database: Database) -> House:
    return build(database)


def figures(overview: OverviewService, *houses: House) -> OverviewFigures:
    return overview.figures(SYSTEM, [one.hotel.hotel_id for one in houses], NOW)


def test_yesterday_stands_beside_the_mean_of_the_same_weekday(overview: OverviewService, house: House) -> None:
    house.consumed(YESTERDAY, 6)
    house.consumed(YESTERDAY - 7 * DAY, 2)
    house.consumed(YESTERDAY - 14 * DAY, 4)
    house.consumed(YESTERDAY - 13 * DAY, 100)  # another weekday
    house.consumed(NOW, 100)  # today
    found = figures(overview, house)
    assert (found.consumed_units, found.usual_units) == (6, 3)
    assert (found.revenue, found.usual_revenue, found.currency) == (24, 12, "EUR")


def test_a_day_begins_at_the_hotels_midnight(overview: OverviewService, house: House) -> None:
    midnight = NOW.replace(hour=21) - DAY  # 00:00 in Istanbul
    house.consumed(midnight - timedelta(minutes=1), 1)
    house.consumed(midnight, 10)
    assert figures(overview, house).consumed_units == 1


def test_what_was_not_observed_is_not_zero(overview: OverviewService, house: House) -> None:
    found = figures(overview, house)
    assert (found.consumed_units, found.usual_units, found.refill_minutes, found.occupancy_ratio) == (None,) * 4
    house.consumed(YESTERDAY, 0)
    assert figures(overview, house).consumed_units == 0


def test_a_hotel_without_checks_yesterday_does_not_raise_what_is_usual(
    overview: OverviewService, house: House, database: Database
) -> None:
    silent = build(database)
    house.consumed(YESTERDAY, 6)
    house.consumed(YESTERDAY - 7 * DAY, 2)
    silent.consumed(YESTERDAY - 7 * DAY, 50)
    found = figures(overview, house, silent)
    assert (found.consumed_units, found.usual_units) == (6, 2)


def test_revenue_of_different_currencies_is_not_added(
    overview: OverviewService, house: House, database: Database
) -> None:
    other = build(database)
    house.consumed(YESTERDAY, 1)
    other.consumed(YESTERDAY, 1)
    assert figures(overview, house, other).revenue == 8
    with database.transaction() as connection:
        connection.execute(text("UPDATE hotels SET currency = 'TRY' WHERE id = :id"), {"id": other.hotel.hotel_id})
    found = figures(overview, house, other)
    assert (found.revenue, found.currency, found.consumed_units) == (None, None, 2)


def test_occupancy_counts_the_rooms_of_tonight(overview: OverviewService, house: House) -> None:
    with house.database.transaction() as connection:
        house.hotel.stay(connection, 0, date(2026, 3, 1), date(2026, 3, 3))
        house.hotel.stay(connection, 1, date(2026, 2, 28), date(2026, 3, 2))  # leaves today
    found = figures(overview, house)
    assert (found.occupied_rooms, found.rooms, found.occupancy_ratio) == (1, 2, 0.5)


def test_freshness_tells_how_far_each_hotel_is_known(overview: OverviewService, house: House) -> None:
    house.consumed(YESTERDAY, 1)
    house.add("stok_seviye", house.hotel.products[0], NOW - timedelta(hours=1), 5)
    house.consumed(NOW + DAY, 1)
    (fresh,) = figures(overview, house).freshness
    assert (fresh.metric_at, fresh.score_at, fresh.known_at) == (NOW - timedelta(hours=1), None, None)


def test_products_that_run_low_come_first_and_nothing_is_said_on_little_data(
    overview: OverviewService, house: House
) -> None:
    """A4.2: days and interval from four weeks of outflow."""
    for days in range(28):
        for product, level in ((0, 12.0), (1, 4000.0)):
            extra = {"outflow": 4, "inflow": 0, "count_correction": 0}
            house.add("stok_seviye", house.hotel.products[product], NOW - days * DAY, level, extra)
    house.add("stok_seviye", house.hotel.products[2], NOW, 1.0, {"outflow": 1})
    (low,) = overview.running_low(SYSTEM, [house.hotel.hotel_id], NOW)
    assert (low.product_id, low.level) == (house.hotel.products[0], 12)
    assert low.days_low <= 3 <= low.days_high
    assert low.probability > 0.9


def test_another_hotels_manager_sees_none_of_it(overview: OverviewService, house: House) -> None:
    house.consumed(YESTERDAY, 6)
    house.add("stok_seviye", house.hotel.products[0], NOW, 0.0, {"outflow": 4})
    cem = Scope("cem", frozenset({"overview.read", "metrics.read"}), frozenset({house.hotel.hotel_id + 1}))
    found = overview.figures(cem, [house.hotel.hotel_id], NOW)
    assert (found.consumed_units, found.rooms, found.freshness) == (None, 0, ())
    assert overview.running_low(cem, [house.hotel.hotel_id], NOW) == []
    assert overview.hotels(cem) == []
    assert overview.versions(cem) == {}
    with pytest.raises(AppError, match="forbidden"):
        overview.figures(Scope("bora", frozenset(), None), [house.hotel.hotel_id], NOW)


def test_the_board_is_as_fresh_as_the_figures(overview: OverviewService, house: House) -> None:
    other = build(house.database)
    with house.database.transaction() as connection:
        house.hotel.movement(connection, 0, YESTERDAY, "giris", 5)
    with house.database.transaction() as connection:
        other.hotel.movement(connection, 0, YESTERDAY, "giris", 5)
    both, mine = [house.hotel.hotel_id, other.hotel.hotel_id], [other.hotel.hotel_id]
    assert overview.as_of(SYSTEM, both) == overview.figures(SYSTEM, both, NOW).as_of
    assert overview.as_of(SYSTEM, both) != overview.as_of(SYSTEM, mine)
    permitted = Scope("cem", frozenset({"overview.read"}), frozenset(mine))
    assert overview.as_of(permitted, both) == overview.as_of(SYSTEM, mine)


def test_a_night_without_records_is_no_older_than_the_last_collection_but_days_without_are(
    overview: OverviewService, house: House
) -> None:
    """What was read and had nothing new is known; a source that says nothing for a day is not."""
    mine = [house.hotel.hotel_id]
    with house.database.transaction() as connection:
        house.hotel.movement(connection, 0, YESTERDAY, "giris", 5)
    learned = overview.as_of(SYSTEM, mine)
    assert learned is not None
    for hours, expected in ((9, learned + timedelta(hours=9)), (25, learned)):
        with house.database.transaction() as connection:
            connection.execute(text("DELETE FROM pipeline_watermarks"))
            for metric_type, later in (("stok_seviye", 0), ("dolum_sure", 1)):  # the least that was read counts
                connection.execute(
                    text(
                        "INSERT INTO pipeline_watermarks (hotel_id, stage, metric_type, read_until) "
                        "VALUES (:hotel, 'collect', :metric, :until)"
                    ),
                    {"hotel": mine[0], "metric": metric_type, "until": learned + timedelta(hours=hours + later)},
                )
        assert overview.as_of(SYSTEM, mine) == expected
