"""Custody for exploring: every attendant's figures are those of the inserted movements, added up by hand."""

import math
from datetime import timedelta

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.session import Database
from reports.custody import MIN_MOVEMENTS, Custody, CustodyService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    with database.transaction() as connection:
        return build_hotel(connection)


def move(database: Database, hotel: BuiltHotel, staff: int, days_ago: int, kind: str, quantity: int) -> None:
    with database.transaction() as connection:
        hotel.custody(connection, staff, NOW - timedelta(days=days_ago), kind, quantity)


def custody(database: Database, hotel: BuiltHotel, days: int = 7) -> Custody:
    return CustodyService(database).custody(SYSTEM, hotel.hotel_id, days, NOW)


def test_units_of_the_period_and_the_balance_of_all_time(database: Database, hotel: BuiltHotel) -> None:
    for days_ago, kind, quantity in (
        (20, "zimmet", 30), (20, "kullanim", 25), (3, "zimmet", 12), (2, "kullanim", 9), (1, "iade", 2), (1, "fire", 1),
        (-1, "zimmet", 500),
    ):  # fmt: skip
        move(database, hotel, 0, days_ago, kind, quantity)
    move(database, hotel, 1, 20, "zimmet", 5)
    move(database, hotel, 1, 20, "kullanim", 5)
    found = custody(database, hotel)
    [row] = found.attendants.to_dict("records")  # the other one neither moved nor holds anything
    assert [row[name] for name in ("name", "issued", "used", "returned", "written_off", "balance", "movements")] == [
        "Attendant 0", 12, 9, 2, 1, 5, 3,
    ]  # fmt: skip
    assert math.isnan(row["write_off_share"])
    assert (found.issued, found.balance, found.write_off_share) == (12, 5, None)
    assert len(custody(database, hotel, 30).attendants) == 2


def test_a_share_is_told_from_enough_movements_on(database: Database, hotel: BuiltHotel) -> None:
    for staff, used in ((0, MIN_MOVEMENTS - 1), (1, MIN_MOVEMENTS - 2)):
        move(database, hotel, staff, 3, "zimmet", 100)
        for _ in range(used):
            move(database, hotel, staff, 2, "kullanim", 3)
        move(database, hotel, staff, 1, "fire", 3)
    shares = custody(database, hotel).attendants["write_off_share"].tolist()
    assert shares[0] == 1 / MIN_MOVEMENTS
    assert math.isnan(shares[1])
    assert custody(database, hotel).write_off_share == pytest.approx(2 / (2 * MIN_MOVEMENTS - 1))


def test_nobody_sees_the_custody_of_another_hotel(database: Database, hotel: BuiltHotel) -> None:
    service = CustodyService(database)
    with pytest.raises(AppError, match="not_found"):
        service.custody(
            Scope("cem", frozenset({"metrics.read"}), frozenset({hotel.hotel_id + 1})), hotel.hotel_id, 7, NOW
        )
    with pytest.raises(AppError, match="forbidden"):
        service.custody(Scope("bora", frozenset(), frozenset({hotel.hotel_id})), hotel.hotel_id, 7, NOW)
