"""Booked and expected guests: what the books of a past day said about the nights to come (SPEC A4.4)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.forecasting.demand import WEEK, Floats, Ints

PICK_UP_DAYS = 120  # past origins that teach how books fill up
MIN_MORNINGS = 21
EARLY_SHARE = 0.3  # of stays known before they arrived: bookings are recorded as they come
RIDGE = 1.0  # in standardised units


@dataclass(frozen=True)
class Books:
    """Guests (O × N) of night n as known on the morning of day o.

    ``booked`` has every stay from the day it became known. ``comparable`` is what the past mornings can be compared
    by: the same where bookings were recorded as they came; else, as after an import of years of stays at once, only
    the guests who were in house by then.
    """

    booked: Floats
    comparable: Floats
    has_stays: bool


def books(stays: pd.DataFrame, days: int, horizon: int) -> Books:
    """The books of every morning 0 … ``days``, for the nights 0 … ``days + horizon − 1``.

    ``stays``: ``arrival``, ``departure``, ``known`` (day numbers; half-open nights; the stay stands in the books of
    the mornings after ``known``) and ``guests``. Stays known later than the last morning are not looked at.
    """
    kept = stays[(stays["known"] < days) & (stays["departure"] > 0) & (stays["arrival"] < days + horizon)]
    booked = _by_morning(kept, kept["known"].to_numpy(np.int64), days, horizon)
    arrived = kept[kept["arrival"] < days]
    early = (arrived["known"] < arrived["arrival"]).mean() if len(arrived) else 0.0
    in_house = arrived["arrival"].to_numpy(np.int64)
    comparable = booked if early >= EARLY_SHARE else _by_morning(arrived, in_house, days, horizon)
    return Books(booked, comparable, bool(len(arrived)))


def _by_morning(stays: pd.DataFrame, known: Ints, days: int, horizon: int) -> Floats:
    nights = days + horizon
    change = np.zeros((days + 1, nights + 1))
    guests, since = stays["guests"].to_numpy(dtype=float), (known + 1).clip(0)
    np.add.at(change, (since, stays["arrival"].to_numpy(np.int64).clip(0)), guests)
    np.add.at(change, (since, stays["departure"].to_numpy(np.int64).clip(None, nights)), -guests)
    return np.asarray(change.cumsum(axis=0).cumsum(axis=1)[:, :nights])


def expected_guests(known: Books, origin: int, horizon: int) -> Floats:
    """Guests of the nights 0 … ``origin + horizon − 1`` as expected on the morning of ``origin``.

    Past nights are as known that morning. A night to come is regressed on what its books said so far ahead, on the last
    week's mean and on the same weekday before, over the past ``PICK_UP_DAYS`` mornings: regression on the books
    (Weatherford & Kimes 2003, A comparison of forecasting methods for hotel revenue management). Never fewer than are
    booked, never more than were ever in house unless booked; NaN throughout where no stay is known.
    """
    nights = origin + horizon
    if not known.has_stays:
        return np.full(nights, np.nan)
    guests = known.booked[origin, :nights].copy()
    past, booked = guests[:origin].copy(), guests[origin:].copy()
    if origin <= WEEK:
        return guests
    for ahead in range(horizon):
        picked_up = min(_night(known.comparable, past, ahead), past.max())
        guests[origin + ahead] = max(picked_up, booked[ahead])
    return guests


def _night(known: Floats, past: Floats, ahead: int) -> float:
    """The night ``ahead`` nights from the morning after ``past``, without the books' bounds."""
    origin = len(past)
    running = np.concatenate([[0.0], np.cumsum(past)])
    back = WEEK * (ahead // WEEK + 1)
    mornings = np.arange(max(back, origin - PICK_UP_DAYS), origin - ahead)
    level = (running[origin] - running[origin - WEEK]) / WEEK
    if len(mornings) < MIN_MORNINGS:
        return float(level)
    at = np.append(mornings, origin)
    same_weekday = past[np.minimum(at + ahead - back, origin - 1)]
    known_by = np.stack([known[at, at + ahead], (running[at] - running[at - WEEK]) / WEEK, same_weekday], axis=1)
    target = past[mornings + ahead]
    centre, scale = known_by[:-1].mean(axis=0), known_by[:-1].std(axis=0) + 1e-9
    columns = (known_by - centre) / scale
    inside, now = columns[:-1], columns[-1]
    slopes = np.linalg.solve(inside.T @ inside + RIDGE * np.eye(3), inside.T @ (target - target.mean()))
    return float(target.mean() + now @ slopes)
