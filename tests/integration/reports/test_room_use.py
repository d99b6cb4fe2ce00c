"""Rooms for exploring: each room's figures are its own rows, its days stand beside the others of its type."""

import math
from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import local_midnight
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.session import Database
from reports.consumption import ConsumptionFilters, ConsumptionService
from reports.room_use import RoomUseService
from tests.conftest import NOW
from tests.integration.reports.explored import HOUR, PRICES, TODAY, ZONE, Explored, explored


@pytest.fixture
def house(database: Database) -> Explored:
    return explored(database)


def service(house: Explored) -> RoomUseService:
    return RoomUseService(house.database, ConsumptionService(house.database))


def rooms(house: Explored, **filters: str) -> pd.DataFrame:
    found = service(house).rooms(SYSTEM, ConsumptionFilters(house.id, 7, **filters), NOW)
    return found.rooms.set_index("number")


def test_units_revenue_and_rate_of_a_room_are_those_of_its_rows(house: Explored) -> None:
    house.look(0, 1, (2, 1))
    house.look(0, 3, (1, 0))
    house.look(0, 9, (8, 8))
    house.look(2, 2, (0, 0))
    house.stay(0, first_days_ago=6, nights=6)
    house.stays_known(1, 3)
    found = rooms(house)
    assert found["units"].to_dict() == {"101": 4, "201": 0, "102": pytest.approx(math.nan, nan_ok=True)}
    assert found.loc["101", "revenue"] == 3 * PRICES[0] + PRICES[1]
    assert found["nights"].to_dict() == {"101": 2, "102": 0, "201": 0}
    assert found.loc["101", "units_per_night"] == 2
    assert math.isnan(found.loc["201", "units_per_night"])


def test_the_last_check_is_told_even_of_today_and_of_before_the_period(house: Explored) -> None:
    house.look(0, 0, (2, 1), hour=7)
    house.look(1, 30, (2, 1), hour=7)
    found = rooms(house)
    assert found.loc["101", "looked_at"] == local_midnight(TODAY, ZONE) + 7 * HOUR
    assert found.loc["102", "looked_at"] == local_midnight(TODAY - timedelta(days=30), ZONE) + 7 * HOUR
    assert pd.isna(found.loc["201", "looked_at"])
    assert math.isnan(found.loc["101", "units"])


def test_filters_choose_rooms_and_products(house: Explored) -> None:
    house.look(0, 1, (2, 1))
    house.look(2, 1, (5, 6))
    assert list(rooms(house, floor="2").index) == ["201"]
    assert rooms(house, product="P1")["units"].to_dict() == {
        "101": 1, "201": 6, "102": pytest.approx(math.nan, nan_ok=True),
    }  # fmt: skip
    with house.database.transaction() as connection:
        connection.execute(text("UPDATE rooms SET is_active = false WHERE id = :id"), {"id": house.rooms[2]})
    assert "201" not in rooms(house).index


def test_a_room_stands_beside_the_mean_of_the_others_of_its_type_that_were_looked_into(house: Explored) -> None:
    house.look(0, 1, (2, 1))
    house.look(1, 1, (4, 2))
    house.look(1, 2, (1, 0))
    house.look(2, 1, (50, 50))
    found = service(house).room(SYSTEM, ConsumptionFilters(house.id, 7), "101", NOW)
    assert (found.room_type, found.peers) == ("Standard", 1)
    days = found.days.set_index("day")
    yesterday, before = str(TODAY - timedelta(days=1)), str(TODAY - timedelta(days=2))
    assert days.loc[yesterday, ["mean", "expected"]].tolist() == [3, 6]
    assert math.isnan(days.loc[before, "mean"])
    assert days.loc[before, "expected"] == 1
    assert len(days) == 7


def test_rooms_of_other_hotels_and_unknown_rooms_are_not_found(house: Explored) -> None:
    other = explored(house.database)
    filters = ConsumptionFilters(house.id, 7)
    stranger = Scope("cem", frozenset({"metrics.read"}), frozenset({other.id}))
    with pytest.raises(AppError, match="not_found"):
        service(house).rooms(stranger, filters, NOW)
    with pytest.raises(AppError, match="not_found"):
        service(house).room(stranger, filters, "101", NOW)
    with pytest.raises(AppError, match="not_found"):
        service(house).room(SYSTEM, filters, "999", NOW)
    with pytest.raises(AppError, match="forbidden"):
        service(house).rooms(Scope("bora", frozenset(), frozenset({house.id})), filters, NOW)
