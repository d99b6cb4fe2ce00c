"""What is known about the guests of a room while they stay, and about the hotel's day while it lasts.

Guests differ more than rooms do: some never use a minibar, some empty it every night. A stay's thirst is a gamma
variable; what the same guests took before, and of other products at the same check, tells about it (the tested cell
is left out). The hotel's day is told by checks that were finished earlier on that day in other rooms.
"""

import numpy as np
import pandas as pd

from pipeline.detection.ledger import Ledger
from pipeline.training.count_window import STATES, VACANT
from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed

VACATED = STATES.index("vacated")
OCCUPIED = STATES.index("occupied")
CELL_CAP = 3  # units of a product at one check that say something about thirst; ten are an entry, not a guest
BATCH = 1.5  # units that are taken together
STAY_DAYS = 14  # a stay is followed back this far
FRAILTY = 1.5  # variance of thirst between stays, until stays were seen
FRAILTY_GRID = np.geomspace(0.4, 12.0, 60)
PRIOR_STAYS = 30.0
MASS_STEPS = 4.0  # bins of the expected units of a stay: quarters of an octave
MASS_ZERO = 20  # the bin of one unit
MASS_BINS = 40
LEAST_MASS = 0.05
DAY_VARIANCE = 0.04  # of the hotel's day; real vending machines: log sd .15 to .5
DAY_CHANCE = 3.0  # variance over mean of many rooms' totals
DAY_RANGE = (0.4, 3.0)


def day_factor(visits: pd.DataFrame) -> Floats:
    """How thirsty the hotel is today, from checks that were finished strictly earlier on the same day, shrunk.

    ``visits``: day, timestamp, state, ready, thirst (units, capped by cell), base (expected units).
    """
    busy = (visits["state"] != VACANT).to_numpy() & visits["ready"].to_numpy()
    day, instant = visits["day"].to_numpy(np.int64), nanoseconds(visits["timestamp"])
    order = np.lexsort((instant, day))
    units = _earlier(np.where(busy, visits["thirst"], 0.0), day, instant, order)
    means = _earlier(np.where(busy, visits["base"], 0.0), day, instant, order)
    prior = DAY_CHANCE / DAY_VARIANCE
    factor = np.clip((units + prior) / (means + prior), *DAY_RANGE)
    return rounded(np.where(visits["state"] == VACANT, 1.0, factor))


def _earlier(values: Floats, day: Ints, instant: Ints, order: Ints) -> Floats:
    """Sums over checks of the same day with a strictly earlier instant."""
    total = np.concatenate([[0], np.cumsum(to_fixed(values[order]))])
    sorted_day, at = day[order], instant[order]
    start = np.searchsorted(sorted_day, sorted_day, side="left")
    new = np.concatenate([[True], (at[1:] != at[:-1]) | (sorted_day[1:] != sorted_day[:-1])])[: at.size]
    group = np.maximum.accumulate(np.where(new, np.arange(at.size), 0))
    found = np.empty(at.size)
    found[order] = (total[group] - total[start]) / FINE_UNIT
    return found


def stay_numbers(visits: pd.DataFrame) -> tuple[Ints, Ints]:
    """(order, stay): positions by room and time, and the number of the stay of each of them.

    A stay ends when its guests have left, and where the guest-nights of an interval show that guests changed in it.
    """
    order = np.lexsort((nanoseconds(visits["timestamp"]), visits["room_id"].to_numpy()))
    room, state = visits["room_id"].to_numpy()[order], visits["state"].to_numpy()[order]
    mixed = visits["mixed"].to_numpy()[order]
    restart = np.ones(room.size, dtype=bool)
    ended = np.isin(state[:-1], (VACATED, VACANT)) | mixed[:-1]
    restart[1:] = (room[1:] != room[:-1]) | ended | (state[1:] == VACANT) | mixed[1:]
    return np.asarray(order), np.cumsum(restart)


def earlier_in_stay(visits: pd.DataFrame) -> tuple[Floats, Floats]:
    """(units, expected units) of the earlier checks of the same stay, at most ``STAY_DAYS`` days back, in batches."""
    order, stay = stay_numbers(visits)
    day = visits["day"].to_numpy(np.int64)[order]
    base = int(day.min(initial=0))
    key = stay * (int(day.max(initial=0)) - base + STAY_DAYS + 2) + (day - base) + STAY_DAYS
    start = np.minimum(np.searchsorted(key, key - STAY_DAYS + 1, side="left"), np.arange(stay.size))
    found = []
    for name in ("thirst", "means"):
        total = np.concatenate([[0], np.cumsum(to_fixed(visits[name].to_numpy(float)[order]))])
        sums = np.empty(stay.size)
        sums[order] = (total[:-1] - total[start]) / FINE_UNIT / BATCH
        found.append(rounded(sums))
    return found[0], found[1]


def frailty(ledger: Ledger, visits: pd.DataFrame) -> Floats:
    """Variance of thirst between stays, such that as many stays took nothing as did in the weeks before.

    ``visits`` with ``stay_units`` and ``stay_means``; a stay is put down when its guests have left. Matching zeros
    keeps the probability of a run of zeros right, whatever the shape of thirst.
    """
    day = visits["day"].to_numpy(np.int64)
    mass = BATCH * visits["stay_means"].to_numpy() + visits["means"].to_numpy()
    ended = (visits["state"] == VACATED).to_numpy() & visits["ready"].to_numpy() & (mass > LEAST_MASS)
    zero = ended & (visits["stay_units"].to_numpy() == 0) & (visits["thirst"].to_numpy() == 0)
    place = np.rint(MASS_STEPS * np.log2(np.maximum(mass, 1e-3))) + MASS_ZERO
    place = np.clip(place, 0, MASS_BINS - 1).astype(np.int64)
    entries = [(place, ended.astype(np.int64)), (MASS_BINS, zero.astype(np.int64))]
    sums, at = ledger.past("stays", day, MASS_BINS + 1, entries)
    centre = 2.0 ** ((np.arange(MASS_BINS) - MASS_ZERO) / MASS_STEPS)
    chance = np.round((1.0 + FRAILTY_GRID[:, None] * centre / BATCH) ** (-1.0 / FRAILTY_GRID[:, None]), 6)
    prior = PRIOR_STAYS * (1.0 + FRAILTY_GRID) ** (-1.0 / FRAILTY_GRID)
    stays = sums[:, :MASS_BINS] @ np.rint(chance.T * 1e6).astype(np.int64)  # whole numbers: the same on every machine
    wanted = sums[:, MASS_BINS] + PRIOR_STAYS * (1.0 + FRAILTY) ** (-1.0 / FRAILTY)
    nearest = np.argmin(np.abs(stays / 1e6 + prior - wanted[:, None]), axis=1)
    return np.asarray(FRAILTY_GRID[nearest][at]) if day.size else np.zeros(0)


def nanoseconds(instants: pd.Series) -> Ints:
    return np.asarray(instants.to_numpy(dtype="datetime64[ns]").astype(np.int64))
