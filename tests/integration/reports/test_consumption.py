"""Consumption equals what the rows add up to; what nobody looked into is missing, not zero (A2.1, A2.3)."""

import math
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.session import Database
from reports.consumption import Consumption, ConsumptionFilters, ConsumptionService
from tests.conftest import NOW
from tests.integration.reports.explored import PRICES, TODAY, Explored, Look, explored


@pytest.fixture
def house(database: Database) -> Explored:
    return explored(database)


def explore(house: Explored, days: int = 7, **filters: str) -> Consumption:
    service = ConsumptionService(house.database)
    return service.explore(SYSTEM, ConsumptionFilters(house.id, days, **filters), NOW)


def in_period(house: Explored, days: int = 7) -> list[Look]:
    return [look for look in house.looks if TODAY - timedelta(days=days) <= look.on < TODAY]


def a_week(house: Explored) -> None:
    """Two rooms of floor 1 and one of floor 2, on some of seven days, and a day that is too old and one not over."""
    house.look(0, 1, (2, 1), (1.5, 1.0))
    house.look(1, 1, (0, 3), (0.5, 0.5), "vacated")
    house.look(2, 1, (4, 0), (2.0, 1.0))
    house.look(0, 3, (1, 0), (1.0, 1.0), "vacant")
    house.look(2, 5, (0, 0), (1.0, 0.5))
    house.look(2, 0, (9, 9), (1.0, 1.0))
    house.look(0, 8, (7, 7), (1.0, 1.0))


def test_units_and_revenue_are_those_of_the_closed_days_of_the_period(house: Explored) -> None:
    a_week(house)
    looks = in_period(house)
    found = explore(house)
    assert found.totals.units == sum(sum(look.units) for look in looks) == 11
    assert found.totals.revenue == sum(
        units * price for look in looks for units, price in zip(look.units, PRICES, strict=True)
    )
    assert found.totals.observed_days == len({look.on for look in looks}) == 3
    assert (found.first_on, found.last_on) == (TODAY - timedelta(days=7), TODAY - timedelta(days=1))


def test_a_day_that_nobody_looked_at_is_missing_and_a_look_that_found_nothing_is_zero(house: Explored) -> None:
    a_week(house)
    days = explore(house).days.set_index("day")
    assert len(days) == 7
    assert days.loc[str(TODAY - timedelta(days=5)), "units"] == 0
    assert math.isnan(days.loc[str(TODAY - timedelta(days=4)), "units"])
    assert days.loc[str(TODAY - timedelta(days=1)), "units"] == 10
    assert days.loc[str(TODAY - timedelta(days=1)), "expected"] == 6.5


def test_a_look_counts_on_the_day_of_the_hotel_not_of_utc(house: Explored) -> None:
    house.look(0, 1, (1, 0), hour=0.5)  # 21:30 of the day before in UTC
    house.look(0, 1, (2, 0), hour=23.5)
    house.look(0, 0, (5, 0), hour=0)  # today's first instant
    house.look(1, 8, (5, 0), hour=23.99)  # the last minute before the period
    found = explore(house)
    assert found.totals.units == 3
    assert found.days.set_index("day").loc[str(TODAY - timedelta(days=1)), ["units", "looks"]].tolist() == [3, 2]


def test_expected_is_not_told_where_too_few_slots_have_one(house: Explored) -> None:
    house.look(0, 1, (2, 1), (1.5, None))
    house.look(2, 1, (2, 1), (1.5, 0.5))
    found = explore(house)
    assert found.days["expected"].isna().all()
    assert found.deviation_ratio is None
    cells = found.floor_days.set_index("floor")
    assert math.isnan(cells.loc["1", "expected"])
    assert cells.loc["2", "expected"] == 2


def test_filters_cut_every_panel_but_the_products_keep_their_rivals(house: Explored) -> None:
    a_week(house)
    looks = in_period(house)
    suite = explore(house, room_type="STE")
    assert suite.totals.units == sum(sum(look.units) for look in looks if look.room == 2)
    assert set(suite.floor_days["floor"]) == {"2"}
    first = explore(house, floor="1", product="P0")
    assert first.totals.units == sum(look.units[0] for look in looks if look.room in (0, 1))
    products = first.products.set_index("code")["units"].to_dict()
    assert products == {
        code: sum(look.units[i] for look in looks if look.room in (0, 1)) for i, code in enumerate(("P0", "P1"))
    }
    assert first.segments["looks"].sum() == 3


def test_shares_of_products_add_up_and_half_is_made_by_the_first(house: Explored) -> None:
    a_week(house)
    found = explore(house)
    assert found.products["code"].tolist() == ["P0", "P1"]
    assert found.products["cumulative"].tolist() == [pytest.approx(7 / 11), pytest.approx(1)]
    assert found.half_of_products == 1


def test_rates_are_of_occupied_nights_on_days_whose_stays_are_known(house: Explored) -> None:
    a_week(house)
    house.stay(0, first_days_ago=4, nights=3)  # nights 4, 3 and 2 days ago
    house.stay(2, first_days_ago=20, nights=30)
    house.stays_known(1, 2, 3)
    found = explore(house)
    # Room 0 on days 3 and 2, room 2 on days 3, 2 and 1; the units of day 5 are of a day that is not known.
    assert found.totals.nights == 5
    assert found.totals.units_per_night == pytest.approx(11 / 5)
    types = found.room_types.set_index("room_type")
    assert types["nights"].to_dict() == {"Standard": 2, "Suite": 3}
    assert types["rooms"].to_dict() == {"Standard": 2, "Suite": 1}
    assert types["units_per_night"].to_dict() == {"Standard": pytest.approx(7 / 2), "Suite": pytest.approx(4 / 3)}


def test_nights_are_of_the_rooms_that_the_filters_leave(house: Explored) -> None:
    a_week(house)
    house.stay(0, first_days_ago=6, nights=6)
    house.stay(2, first_days_ago=3, nights=2)  # nights 3 and 2 days ago
    house.stays_known(*range(1, 8))
    assert explore(house).totals.nights == 8
    suite = explore(house, floor="2")
    assert (suite.totals.nights, suite.totals.units_per_night) == (2, 2)
    assert explore(house, room_type="STD").totals.nights == 6
    with house.database.transaction() as connection:
        connection.execute(text("DELETE FROM minibar_slots WHERE id = :id"), {"id": house.slots[2, 1]})
    assert explore(house, product="P1").totals.nights == 6
    assert explore(house, product="P1").room_types["room_type"].tolist() == ["Standard"]


def test_without_stays_there_is_no_rate(house: Explored) -> None:
    a_week(house)
    found = explore(house)
    assert (found.totals.nights, found.totals.units_per_night) == (None, None)
    assert found.room_types["units_per_night"].isna().all()


def test_occupancy_of_the_looks_is_counted_by_room_not_by_product(house: Explored) -> None:
    a_week(house)
    segments = explore(house).segments.set_index("occupancy")
    assert segments["looks"].to_dict() == {"occupied": 3, "vacated": 1, "vacant": 1}
    assert segments["units"].to_dict() == {"occupied": 7, "vacated": 3, "vacant": 1}
    assert segments.loc["occupied", "per_look"] == pytest.approx(7 / 3)


def test_the_period_before_is_compared_only_when_it_was_looked_at_as_often(house: Explored) -> None:
    a_week(house)
    assert explore(house).before is None
    assert explore(house).change("units") is None
    for ago in (9, 10, 11):
        house.look(1, ago, (1, 1))
    found = explore(house)
    assert found.before is not None
    assert found.before.units == 14 + 6
    assert found.change("units") == pytest.approx(11 / 20 - 1)


def test_a_floor_far_from_what_was_expected_is_named(house: Explored) -> None:
    for ago in range(1, 6):
        house.look(0, ago, (5, 5), (5.0, 5.0))
        house.look(2, ago, (12, 8), (5.0, 5.0))
    found = explore(house)
    assert found.floor_deviation == ("2", pytest.approx(1.0))
    assert found.deviation_ratio == pytest.approx(0.5)
    assert not found.is_as_expected


def test_nobody_looked_is_not_zero(house: Explored) -> None:
    found = explore(house)
    assert (found.totals.units, found.totals.revenue) == (None, None)
    assert found.days["units"].isna().all()
    assert found.half_of_products is None


def test_other_hotels_unknown_codes_and_missing_rights_are_refused(house: Explored) -> None:
    other = explored(house.database)
    other.look(0, 1, (50, 50))
    a_week(house)
    assert explore(house).totals.units == 11
    service, filters = ConsumptionService(house.database), ConsumptionFilters(house.id, 7)
    with pytest.raises(AppError, match="not_found"):
        service.explore(Scope("cem", frozenset({"metrics.read"}), frozenset({other.id})), filters, NOW)
    with pytest.raises(AppError, match="forbidden"):
        service.explore(Scope("bora", frozenset(), frozenset({house.id})), filters, NOW)
    with pytest.raises(AppError, match="not_found"):
        explore(house, floor="99")
    with pytest.raises(AppError, match="not_found"):
        explore(house, days=13)
