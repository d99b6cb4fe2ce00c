"""What guests take from their minibars in one night."""

import numpy as np

from sources.simulation.layout import Layout
from sources.simulation.parameters import (
    GUEST_NIGHT_USE,
    HOTEL_DAY_LOG_SD,
    ITEMS_PER_USE,
    MAX_USE,
    REPEAT_SAME_ITEM,
    SHARE_WHO_EVER_USE,
    USE_CALIBRATION,
    WEEKDAY_POWER,
    WEEKDAY_USE,
)
from sources.simulation.random import Floats, Ints


def use_probability(thirst: Floats, weekday: int, shock: float) -> Floats:
    """Probability that a guest who uses minibars takes something in one night."""
    mean = USE_CALIBRATION * GUEST_NIGHT_USE / SHARE_WHO_EVER_USE
    factor = WEEKDAY_USE[weekday] ** WEEKDAY_POWER * np.exp(HOTEL_DAY_LOG_SD * shock - HOTEL_DAY_LOG_SD**2 / 2)
    return np.asarray(np.minimum(mean * thirst * factor, MAX_USE))


def first_choices(layout: Layout, rooms: Ints, drawn: Floats) -> Ints:
    """The product each person takes, by the shares of what the room's minibar holds."""
    picked = (layout.choice[rooms] <= drawn[:, None]).sum(axis=1)
    return np.asarray(np.minimum(picked, layout.product_count - 1), dtype=np.int64)


def taken_in_night(
    layout: Layout, users: Ints, thirst: Floats, weekday: int, *, content: Ints, rng: np.random.Generator
) -> Ints:
    """(N, P) units taken. ``users`` and ``thirst`` are by room, 0 where nobody sleeps; ``content`` bounds the units.

    What is drawn does not depend on ``content``, so a minibar that was robbed changes no other room.
    """
    shock = float(rng.standard_normal())
    stocked = layout.par.sum(axis=1) > 0
    uses = rng.binomial(np.where(stocked, users, 0), use_probability(thirst, weekday, shock))
    rooms = np.repeat(np.arange(layout.room_count), uses)
    items = 1 + np.searchsorted(np.cumsum(ITEMS_PER_USE)[:-1], rng.random(len(rooms)))
    drawn, repeats = rng.random((len(ITEMS_PER_USE), len(rooms))), rng.random((len(ITEMS_PER_USE), len(rooms)))
    taken = np.zeros_like(layout.par)
    product = np.zeros(len(rooms), dtype=np.int64)
    for number in range(len(ITEMS_PER_USE)):
        fresh = first_choices(layout, rooms, drawn[number])
        same = (repeats[number] < REPEAT_SAME_ITEM) & (number > 0)
        product = np.where(same, product, fresh)
        takes = items > number
        np.add.at(taken, (rooms[takes], product[takes]), 1)
    return np.minimum(taken, content)
