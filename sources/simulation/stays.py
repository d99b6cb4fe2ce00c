"""Arrivals and stays: no room is ever booked twice; a stay is a half-open interval of hotel-local days."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from sources.simulation.parameters import (
    PARTIES,
    PARTY_SHARES,
    SEGMENT_SHARES,
    SEGMENTS,
    SHARE_WHO_EVER_USE,
    STAY_FRAILTY_SHAPE,
    StayProfile,
)
from sources.simulation.random import STAYS, TRAITS, Floats, Ints, stream

BURN_IN_DAYS = 40  # the house fills before the first day: guests of that day may have come earlier


def stay_lengths(profile: StayProfile) -> Floats:
    """Probabilities of 1, 2, … nights: the profile's shape, tilted exponentially until the mean is the profile's."""
    nights = np.arange(1, len(profile.los_shape) + 1)
    low, high = -1.0, 1.0
    for _ in range(60):
        tilt = (low + high) / 2
        weights = np.asarray(profile.los_shape) * np.exp(tilt * nights)
        weights = weights / weights.sum()
        low, high = (tilt, high) if (weights * nights).sum() < profile.los_mean else (low, tilt)
    return np.asarray(weights)


def arrivals_of_day(profile: StayProfile, rooms: int, day: date, rng: np.random.Generator) -> int:
    """How many parties come: over-dispersed around the season's mean."""
    mean = profile.arrivals_per_day * rooms / profile.rooms * profile.month_factor[day.month - 1]
    shape = 1 / profile.arrivals_cv**2
    return int(rng.poisson(mean * rng.gamma(shape, 1 / shape)))


def simulate_stays(profile: StayProfile, rooms: int, seed: int, started_on: date, last_day: int) -> pd.DataFrame:
    """Stays of everybody who arrives until ``last_day`` (days after ``started_on``) and is in house on day 0 or later.

    Columns: room (index), arrival, departure (days after ``started_on``), adults, children, segment; by arrival.
    """
    lengths = np.cumsum(stay_lengths(profile))
    parties, segments = np.cumsum(PARTY_SHARES), np.cumsum(SEGMENT_SHARES)
    free_from = np.full(rooms, -BURN_IN_DAYS)
    days: list[Ints] = []
    for day in range(-BURN_IN_DAYS, last_day + 1):
        rng = stream(seed, STAYS, day)
        wanted = arrivals_of_day(profile, rooms, started_on + timedelta(days=day), rng)
        order = rng.permutation(rooms)
        drawn = rng.random((3, rooms))
        chosen = order[free_from[order] <= day][:wanted]
        count = len(chosen)
        nights = 1 + np.searchsorted(lengths[:-1], drawn[0, :count])
        free_from[chosen] = day + nights
        who = np.searchsorted(parties[:-1], drawn[1, :count])
        segment = np.searchsorted(segments[:-1], drawn[2, :count])
        days.append(np.stack([chosen, np.full(count, day), day + nights, who, segment]))
    room, arrival, departure, who, segment = np.concatenate(days, axis=1)
    people = np.asarray(PARTIES)[who]
    stays = pd.DataFrame({
        "room": room, "arrival": arrival, "departure": departure, "adults": people[:, 0], "children": people[:, 1],
        "segment": np.asarray(SEGMENTS, dtype=object)[segment],
    })  # fmt: skip
    return stays[stays["departure"] > 0].reset_index(drop=True)


def occupancy_grid(stays: pd.DataFrame, rooms: int, days: int) -> Ints:
    """(days + 1, rooms): the stay (row number) in a room on the night that begins on a day, −1 when empty.

    Row 0 is the night before day 0; the night of day d is row d + 1.
    """
    grid = np.full((days + 1, rooms), -1, dtype=np.int64)
    first = np.maximum(stays["arrival"].to_numpy(dtype=np.int64), -1)
    nights = np.minimum(stays["departure"].to_numpy(dtype=np.int64), days) - first
    inside = nights > 0
    row = np.repeat(np.flatnonzero(inside), nights[inside])
    within = np.arange(len(row)) - np.repeat(np.cumsum(nights[inside]) - nights[inside], nights[inside])
    grid[first[row] + within + 1, stays["room"].to_numpy(dtype=np.int64)[row]] = row
    return grid


def guest_traits(stays: pd.DataFrame, seed: int) -> tuple[Ints, Floats]:
    """(users, thirst) of every stay: how many of its guests ever use a minibar, and how much more than the mean."""
    guests = (stays["adults"] + stays["children"]).to_numpy(dtype=np.int64)
    users, thirst = np.zeros(len(stays), dtype=np.int64), np.zeros(len(stays))
    for day, rows in stays.groupby("arrival").indices.items():
        rng = stream(seed, TRAITS, int(str(day)))
        thirst[rows] = rng.gamma(STAY_FRAILTY_SHAPE, 1 / STAY_FRAILTY_SHAPE, len(rows))
        users[rows] = rng.binomial(guests[rows], SHARE_WHO_EVER_USE)
    return users, thirst
