"""A hotel's demand history, and what was known of it on any past morning."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline.forecasting.demand import Demand, Floats, Ints, observed_days
from pipeline.forecasting.occupancy import Books, books, expected_guests

EPOCH = date(1970, 1, 1)
SPIKE = 4.0
MIN_MOVED_DAYS = 5


@dataclass(frozen=True)
class History:
    """Units (P × D) that left the store on ``first_on`` and the days after it, and the hotel's books.

    NaN are days that were not observed: up to a product's first movement, that day included, for it opens the book
    and fills the minibars for the first time; or while the hotel recorded nothing.
    """

    product_ids: Ints
    first_on: date
    units: Floats
    books: Books

    @property
    def days(self) -> int:
        return int(self.units.shape[1])

    @property
    def observed_days(self) -> Ints:
        """(P) days on which each product was observed."""
        return np.asarray(np.isfinite(self.units).sum(axis=1))

    def at(self, origin: int, horizon: int) -> Demand:
        """What was known on the morning of day ``origin`` (0 … D); nothing later is looked at."""
        guests = expected_guests(self.books, origin, horizon)
        before = np.concatenate([guests[:1], guests[:-1]])
        dates = pd.date_range(pd.Timestamp(self.first_on), periods=origin + horizon)
        return Demand(
            _without_spikes(self.units[:, :origin]),
            dates.day_of_week.to_numpy(np.int64),
            dates.day_of_year.to_numpy(np.int64),
            (guests + before) / 2,
        )


def _without_spikes(units: Floats) -> Floats:
    """Days far beyond what a product's busy days are like, such as a refurbished floor filled at once, weigh as a very
    busy day: at most ``SPIKE`` times the nine-tenths quantile of the days with any outflow."""
    if not units.shape[1]:
        return units
    moved = units > 0
    count = moved.sum(axis=1)
    ordered = np.sort(np.where(moved, units, 0.0), axis=1)
    busy = np.take_along_axis(ordered, (units.shape[1] - 1 - count[:, None] // 10).clip(0), axis=1)
    cap = np.where(count[:, None] >= MIN_MOVED_DAYS, SPIKE * busy, np.inf)
    return np.asarray(np.minimum(units, cap))


def day_numbers(days: pd.Series) -> Ints:
    """Days since 1970 of a column of hotel-local dates."""
    return np.asarray(days.to_numpy(dtype="datetime64[D]").astype(np.int64))


@dataclass(frozen=True)
class Records:
    """What the hotel recorded, as frames whose ``_on`` columns are hotel-local dates.

    ``product_ids`` (P); ``first_moved``: product_id, moved_on (first movement ever); ``flows``: product_id, moved_on,
    outflow, returned, delivered; ``active_on``: days on which the hotel recorded anything; ``stays``: arrival_on,
    departure_on, known_on, guests.
    """

    product_ids: Ints
    first_moved: pd.DataFrame
    flows: pd.DataFrame
    active_on: pd.Series
    stays: pd.DataFrame


def build_history(records: Records, first_on: date, until: date, horizon: int) -> History:
    """The history of the days ``first_on`` … the day before ``until``; rows of other days are ignored."""
    stays, zero, days = records.stays, (first_on - EPOCH).days, (until - first_on).days
    names = {"arrival": "arrival_on", "departure": "departure_on", "known": "known_on"}
    nights = pd.DataFrame({name: day_numbers(stays[column]) - zero for name, column in names.items()})
    known = books(nights.assign(guests=stays["guests"].to_numpy()), days, horizon)
    return History(records.product_ids, first_on, units_by_day(records, first_on, until), known)


def units_by_day(records: Records, first_on: date, until: date) -> Floats:
    """The units (P × D) of ``build_history``; stays are not looked at."""
    product_ids, first_moved, flows = records.product_ids, records.first_moved, records.flows
    zero, days = (first_on - EPOCH).days, (until - first_on).days
    positions = pd.Index(product_ids)
    units = np.zeros((len(product_ids), days))
    row, day = positions.get_indexer(pd.Index(flows["product_id"])), day_numbers(flows["moved_on"]) - zero
    inside = (row >= 0) & (day >= 0) & (day < days)
    np.add.at(units, (row[inside], day[inside]), flows["outflow"].to_numpy(dtype=float)[inside])
    begins = np.full(len(product_ids), days)
    known = positions.get_indexer(pd.Index(first_moved["product_id"]))
    begins[known[known >= 0]] = (day_numbers(first_moved["moved_on"]) - zero)[known >= 0]
    units[np.arange(days) <= begins[:, None]] = np.nan
    is_active = np.zeros(days, dtype=bool)
    active = day_numbers(records.active_on) - zero
    is_active[active[(active >= 0) & (active < days)]] = True
    units[:, ~observed_days(is_active)] = np.nan
    return units
