"""Occupied nights equal a count night by night, whatever stays overlap or reach out of the period (A2.1)."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from core.clock import local_midnight
from db.queries.consumption import Cut, Window
from db.queries.stay_nights import nights, room_nights
from db.session import Database
from tests.integration.reports.explored import TODAY, Explored, explored

ZONE = "Europe/Istanbul"
FIRST, LAST = TODAY - timedelta(days=7), TODAY - timedelta(days=1)
Stay = tuple[int, int, int]  # room, days ago of the first night, nights


def taken(stays: list[Stay]) -> set[tuple[int, date]]:
    """(room, night) of the period, each once."""
    found = {
        (room, TODAY - timedelta(days=ago) + timedelta(days=night))
        for room, ago, count in stays
        for night in range(count)
    }
    return {(room, day) for room, day in found if FIRST <= day <= LAST}


def window(house: Explored) -> Window:
    return Window(house.id, ZONE, FIRST, LAST, local_midnight(FIRST, ZONE), local_midnight(TODAY, ZONE))


def random_stays(seed: int) -> list[Stay]:
    random = np.random.default_rng(seed)
    return [(int(random.integers(3)), int(random.integers(-2, 20)), int(random.integers(1, 15))) for _ in range(12)]


@pytest.mark.parametrize("stays", [
    [(0, 5, 3), (0, 4, 3)], [(0, 5, 4), (0, 4, 1)], [(0, 5, 2), (0, 5, 2)], [(0, 30, 60), (0, 3, 1), (1, 9, 2)],
    [(0, 8, 1)], [(0, 0, 4)], *map(random_stays, range(8)),
])  # fmt: skip
def test_a_night_counts_once_and_only_in_the_period(database: Database, stays: list[Stay]) -> None:
    house = explored(database)
    for stay in stays:
        house.stay(*stay)
    expected, known = taken(stays), [FIRST, FIRST + timedelta(days=3), LAST]
    with database.reading() as connection:
        by_day = nights(connection, window(house), Cut()).groupby("day")["nights"].sum()
        by_room = room_nights(connection, window(house), Cut(), known)
    assert {day.date(): count for day, count in by_day.items()} == Counter(day for _, day in expected)
    assert sorted(by_room["nights"]) == sorted(Counter(room for room, day in expected if day in known).values())
