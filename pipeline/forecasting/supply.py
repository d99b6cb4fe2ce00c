"""What comes into the store, as the movements show it: returns from the floors and the habit of deliveries."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline.forecasting.demand import WEEK, Bools, Floats
from pipeline.forecasting.history import EPOCH, Records, day_numbers

HABIT_DAYS = 120
MIN_GAPS = 3
SHORTEST_LEAD = (3.0, 1.0)  # days and their standard deviation; also where the movements do not tell
LARGEST_RETURN = 0.9


@dataclass(frozen=True)
class Supply:
    """P products as of a morning.

    ``returns`` (P × 7): the share of the last seven days' outflow that comes back on a weekday, Monday first.
    ``gaps`` and ``quantities`` (P × G): days between deliveries and the units that ended each gap, NaN where there are
    fewer; ``days_since`` (P): days since the last delivery, NaN without one. ``lead_days`` and ``lead_sd``: the hotel's
    days between two deliveries of whatever product, three at least; ``is_lead_known`` False where nothing tells them.
    """

    returns: Floats
    gaps: Floats
    quantities: Floats
    days_since: Floats
    lead_days: float
    lead_sd: float
    is_lead_known: bool

    @property
    def is_known(self) -> Bools:
        """Products whose deliveries follow a habit that lasts: no delivery is assumed for the others."""
        longest = np.where(np.isfinite(self.gaps), self.gaps, 0.0).max(axis=1, initial=0.0)
        return np.asarray((np.isfinite(self.gaps).sum(axis=1) >= MIN_GAPS) & (self.days_since <= longest))


def learn_supply(records: Records, made_on: date) -> Supply:
    """The habits of the last 120 days before ``made_on``. When an order was placed is not recorded: the days between
    the hotel's deliveries stand for the lead time. Suppliers that take turns make them short, so that less than three
    days is not believed."""
    day = day_numbers(records.flows["moved_on"]) - (made_on - EPOCH).days
    recent = records.flows.assign(day=day)[(day < 0) & (day >= -HABIT_DAYS)]
    delivered = recent[recent["delivered"] > 0].sort_values(["product_id", "day"])
    place = pd.Index(records.product_ids).get_indexer(pd.Index(delivered["product_id"]))
    delivered = delivered[place >= 0].assign(place=place[place >= 0])
    gaps = delivered.groupby("place")["day"].diff()
    known = delivered.assign(gap=gaps)[gaps.notna()]
    _, first, product = np.unique(known["place"].to_numpy(), return_index=True, return_inverse=True)
    number = np.arange(len(known)) - first[product]  # a product's gaps stand together
    size = (len(records.product_ids), int(number.max()) + 1 if len(number) else 0)
    table, quantities = np.full(size, np.nan), np.full(size, np.nan)
    table[known["place"], number] = known["gap"]
    quantities[known["place"], number] = known["delivered"]
    since = np.full(size[0], np.nan)
    newest = delivered.groupby("place")["day"].max()
    since[newest.index.to_numpy(dtype=np.int64)] = -newest.to_numpy(dtype=float)
    lead_gaps = np.diff(np.unique(delivered["day"].to_numpy(dtype=float)))
    is_lead_known = len(lead_gaps) >= MIN_GAPS
    lead = SHORTEST_LEAD
    if is_lead_known:
        lead = (max(float(lead_gaps.mean()), lead[0]), max(float(lead_gaps.std(ddof=1)), lead[1]))
    return Supply(_returns(records, recent, made_on), table, quantities, since, *lead, is_lead_known)


def _returns(records: Records, recent: pd.DataFrame, made_on: date) -> Floats:
    """Units returned on each weekday over the outflow of the seven days up to it."""
    size = (len(records.product_ids), HABIT_DAYS)
    units, back = np.zeros(size), np.zeros(size)
    place = pd.Index(records.product_ids).get_indexer(pd.Index(recent["product_id"]))
    rows = recent[place >= 0]
    at = (place[place >= 0], rows["day"].to_numpy(np.int64) + HABIT_DAYS)
    units[at], back[at] = rows["outflow"], rows["returned"]
    running = np.cumsum(units, axis=1)
    week = running - np.concatenate([np.zeros((size[0], WEEK)), running[:, :-WEEK]], axis=1)
    is_day = ((np.arange(HABIT_DAYS) - HABIT_DAYS + made_on.weekday()) % WEEK)[:, None] == np.arange(WEEK)
    share = (back @ is_day) / np.maximum(week @ is_day, 1.0)
    return np.asarray(np.minimum(share, LARGEST_RETURN))
