"""The central store: what is really on the shelf, what is ordered, what arrives, what vanishes."""

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from sources.simulation.layout import Layout
from sources.simulation.parameters import (
    LEAD_DAYS,
    ORDER_UP_TO_DAYS,
    SHORT_DELIVERY_PROBABILITY,
    UNRECORDED_SHARE,
    USUAL_OCCUPANCY,
    WASTE_PER_WEEK,
)
from sources.simulation.random import Floats, Ints

PACE_MEMORY = 0.93  # of the smoothed daily use: about two weeks


@dataclass
class Store:
    """Units on the shelf and on order, and the pace at which goods are used."""

    shelf: Ints
    pace: Floats
    arriving: dict[int, Ints] = field(default_factory=dict)  # {day: cases by product}

    def on_order(self) -> Ints:
        return np.asarray(sum(self.arriving.values(), np.zeros_like(self.shelf)))

    def remember(self, used: Ints) -> None:
        self.pace = PACE_MEMORY * self.pace + (1 - PACE_MEMORY) * used


def poisson_quantile(probability: Floats, mean: Floats) -> Ints:
    """The least k with P(X ≤ k) ≥ probability (``scipy.stats`` has it too, and takes a second to import)."""
    above = np.ceil(special.pdtrik(probability, mean))
    below = np.maximum(above - 1, 0)
    return np.asarray(np.where(special.pdtr(below, mean) >= probability, below, above), dtype=np.int64)


def opening_store(layout: Layout, fill: Ints) -> Store:
    """The shelf on the first morning: whole cases for the order-up-to days, and the first filling of all minibars."""
    daily = layout.daily_use()
    cases = np.ceil(ORDER_UP_TO_DAYS * daily / layout.case_size).astype(np.int64)
    return Store(cases * layout.case_size + fill, daily)


def lose(layout: Layout, store: Store, occupied_ratio: float, leaking: Ints, rng: np.random.Generator) -> Ints:
    """Units that leave the shelf without a record in one night: the usual share of use, and planted slow losses.

    The usual loss depends on the hotel's size and occupancy only, so planted anomalies do not change it.
    """
    usual = layout.daily_use() / USUAL_OCCUPANCY * occupied_ratio * UNRECORDED_SHARE
    lost = np.minimum(poisson_quantile(rng.random(layout.product_count), usual) + leaking, store.shelf)
    store.shelf = store.shelf - lost
    return np.asarray(lost)


def order(layout: Layout, store: Store, day: int) -> None:
    """Order whole cases up to the use of some days; the storekeeper looks at the shelf, not at the book."""
    unit_cases = layout.case_size
    gap = ORDER_UP_TO_DAYS * store.pace - (store.shelf + store.on_order() * unit_cases)
    store.arriving[day + LEAD_DAYS] = np.ceil(np.maximum(gap, 0) / unit_cases).astype(np.int64)


def arriving_cases(store: Store, day: int, rng: np.random.Generator) -> Ints:
    """Cases by product that arrive today; now and then one fewer than ordered, and booked so."""
    cases = store.arriving.pop(day, np.zeros_like(store.shelf))
    short = rng.random(len(cases)) < SHORT_DELIVERY_PROBABILITY
    return np.asarray(cases - (short & (cases > 1)))


def expired(store: Store, rng: np.random.Generator) -> Ints:
    """Units thrown away in the weekly look at the dates, taken off the shelf."""
    waste = np.floor(store.shelf * WASTE_PER_WEEK + rng.random(len(store.shelf))).astype(np.int64)
    waste = np.minimum(np.where(rng.random(len(waste)) < 0.2, waste, 0), store.shelf)
    store.shelf = store.shelf - waste
    return waste
