"""Evidence that builds up over visits: runs of zeros ("stuck") and slow shifts upward (CUSUM)."""

import numpy as np
import pandas as pd

from pipeline.detection.contract import deviation
from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed

RUN_DAYS = 28  # a run is followed back this far
STAY_BLOCK_DAYS = 7  # visits of one stay are not independent; longer stays are cut here
# Four in ten guests never use a minibar and the others differ (gamma, k = 1.2): zeros of one stay go together.
STAY_FRAILTY = 2.5
SHIFT_RATIO = 1.6  # the shift that the CUSUM is tuned to find
SHIFT_MIN_VISITS = 5
SHIFT_DISPERSION_FACTOR = 2.0  # guests stay several nights: their visits repeat each other


def zero_runs(visits: pd.DataFrame) -> pd.DataFrame:
    """−log10 of the probability that a room records nothing for as long as it did.

    Guests differ (some never use a minibar), so the probability of a zero is taken per stay with the visits'
    dispersion as frailty, (1 + φM)^(−1/φ) for M units expected over the stay (gamma–Poisson), and multiplied
    over stays. ``expected`` is what the run should have recorded.
    """
    ordered = visits.sort_values(["room_id", "timestamp"], kind="stable").reset_index(drop=True)
    if ordered.empty:
        return ordered
    zero = ordered["value"].to_numpy() == 0
    room_change = ordered["room_id"].ne(ordered["room_id"].shift()).to_numpy()
    stay = _stay_keys(ordered, room_change | ~zero)
    mass = _running(to_fixed(np.where(zero, ordered["expected"], 0.0)), stay) / FINE_UNIT
    before = mass - np.where(zero, to_fixed(ordered["expected"].to_numpy()) / FINE_UNIT, 0.0)
    spread = np.maximum(ordered["visit_dispersion"].to_numpy(), STAY_FRAILTY)
    step = (np.log1p(spread * mass) - np.log1p(spread * np.maximum(before, 0.0))) / spread
    run = np.cumsum(room_change | ~zero)
    first = _first_in_window(ordered, run)
    surprise = _since(to_fixed(np.where(zero, step, 0.0)), first) / np.log(10.0)
    expected = _since(to_fixed(np.where(zero, ordered["expected"], 0.0)), first)
    length = np.where(zero, np.arange(len(ordered)) - first + 1, 0)
    ready = ordered["score"].notna().to_numpy()
    return ordered.assign(
        value=0.0, expected=rounded(expected), lower=0.0, upper=rounded(expected), visits_in_run=length,
        interval_start=ordered["interval_start"].to_numpy()[first],
        score=np.where(ready, rounded(np.where(zero, surprise, 0.0)), np.nan),
        deviation_ratio=np.where(zero & (expected >= 1.0), -1.0, 0.0),
    )  # fmt: skip


def silent_days(visits: pd.DataFrame) -> pd.DataFrame:
    """Runs of closed days on which everything that an attendant recorded was zero, by the same probabilities.

    An attendant sees many guests a day, so a few days suffice. ``entity_id`` becomes the attendant; the day's guests
    are taken as independent, each visit with its dispersion as frailty.
    """
    if "staff_id" not in visits or visits.empty:
        return visits.head(0)
    known = visits[visits["staff_id"].notna()]
    spread = known["visit_dispersion"].to_numpy(float)
    log_zero = np.log1p(spread * known["expected"].to_numpy(float)) / spread
    ready = known["score"].notna()
    fixed = known.assign(
        surprise=to_fixed(log_zero), mass=to_fixed(known["expected"].to_numpy(float)), judged=ready.astype(np.int64)
    )
    days = fixed.groupby(["staff_id", "day"], as_index=False).agg(
        value=("value", "sum"), surprise=("surprise", "sum"), mass=("mass", "sum"), judged=("judged", "min"),
        interval_start=("interval_start", "min"), timestamp=("timestamp", "max"), observations=("value", "size"),
    )  # fmt: skip
    zero = days["value"].to_numpy() == 0
    change = days["staff_id"].ne(days["staff_id"].shift()).to_numpy()
    first = _first_in_window(days, np.cumsum(change | ~zero))
    expected = _since(np.where(zero, days["mass"], 0), first)
    score = _since(np.where(zero, days["surprise"], 0), first) / np.log(10.0)
    return days.assign(
        entity_id=days["staff_id"].astype(np.int64), value=0.0, expected=rounded(expected), lower=0.0,
        upper=rounded(expected), visits_in_run=np.where(zero, np.arange(len(days)) - first + 1, 0),
        interval_start=days["interval_start"].to_numpy()[first],
        score=np.where(days["judged"] == 1, rounded(np.where(zero, score, 0.0)), np.nan),
        deviation_ratio=np.where(zero & (expected >= 1.0), -1.0, 0.0),
    )  # fmt: skip


def shifts(visits: pd.DataFrame) -> pd.DataFrame:
    """CUSUM of the negative-binomial log-likelihood ratio of a rise by ``SHIFT_RATIO`` (Page 1954; Höhle, Paul 2008).

    The best start within ``RUN_DAYS`` is taken and paid for with a factor of the visits tried.
    """
    ordered = visits.sort_values(["room_id", "timestamp"], kind="stable").reset_index(drop=True)
    if ordered.empty:
        return ordered
    units, means = ordered["value"].to_numpy(float), ordered["expected"].to_numpy(float)
    size = 1.0 / (SHIFT_DISPERSION_FACTOR * ordered["visit_dispersion"].to_numpy())
    ratio = units * np.log(SHIFT_RATIO) - (units + size) * np.log((size + SHIFT_RATIO * means) / (size + means))
    first = _first_in_window(ordered, ordered["room_id"].ne(ordered["room_id"].shift()).cumsum().to_numpy())
    start = _best_start(to_fixed(ratio), first)
    length = np.arange(len(ordered)) - start + 1
    gain = _since(to_fixed(ratio), start) - np.log(np.arange(len(ordered)) - first + 1.0)
    total, usual = _since(to_fixed(units), start), _since(to_fixed(means), start)
    ready = ordered["score"].notna().to_numpy()
    enough = (length >= SHIFT_MIN_VISITS) & (gain > 0)
    return ordered.assign(
        value=total, expected=rounded(usual), lower=0.0, upper=rounded(usual), visits_in_run=length,
        interval_start=ordered["interval_start"].to_numpy()[start],
        score=np.where(ready, rounded(np.where(enough, gain / np.log(10.0), 0.0)), np.nan),
        deviation_ratio=deviation(total, usual, 1.0),
    )  # fmt: skip


def _stay_keys(ordered: pd.DataFrame, restart: np.ndarray) -> np.ndarray:
    """Numbers of runs of visits to the same guests: cut where a stay ended, a unit was taken or a week began."""
    left = ordered["occupancy"].eq("vacated").shift(fill_value=False).to_numpy()
    week = ordered["day"].to_numpy() // STAY_BLOCK_DAYS
    new_week = np.concatenate([[True], week[1:] != week[:-1]])
    return np.asarray(np.cumsum(restart | left | new_week))


def _running(values: Ints, groups: np.ndarray) -> Ints:
    """Cumulative sum within consecutive groups."""
    total = np.cumsum(values)
    first = np.concatenate([[True], groups[1:] != groups[:-1]])
    offset = np.maximum.accumulate(np.where(first, np.arange(values.size), 0))
    return np.asarray(total - (total[offset] - values[offset]))


def _first_in_window(ordered: pd.DataFrame, groups: np.ndarray) -> Ints:
    """Position of the first row of the same group within ``RUN_DAYS`` before each row."""
    day = ordered["day"].to_numpy(np.int64)
    span = int(day.max() - day.min()) + RUN_DAYS + 2
    key = groups.astype(np.int64) * span + (day - day.min()) + RUN_DAYS
    return np.asarray(np.searchsorted(key, key - RUN_DAYS + 1, side="left"), dtype=np.int64)


def _since(values: Ints, first: Ints) -> Floats:
    """Sums from position ``first`` to each row."""
    total = np.concatenate([[0], np.cumsum(values)])
    return np.asarray((total[1:] - total[first]) / FINE_UNIT)


def _best_start(ratio: Ints, first: Ints) -> Ints:
    """The start in [first, row] after which the ratio's sum is largest: the latest minimum of the running sum."""
    total = np.concatenate([[0], np.cumsum(ratio)])
    start = np.arange(ratio.size)
    for back in range(1, int((start - first).max(initial=0)) + 1):
        candidate = np.maximum(np.arange(ratio.size) - back, first)
        start = np.where(total[candidate] < total[start], candidate, start)
    return np.asarray(start, dtype=np.int64)
