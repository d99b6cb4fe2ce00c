"""Evidence that builds up over visits: runs of zeros ("stuck") and slow shifts upward (CUSUM)."""

import numpy as np
import pandas as pd

from pipeline.detection.contract import deviation
from pipeline.detection.guests import BATCH
from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed

RUN_DAYS = 28  # a run is followed back this far
SHIFT_RATIO = 2.0  # the shift that the CUSUM is tuned to find
SHIFT_MIN_VISITS = 5
STUCK_MIN_UNITS = 2.0  # expected, before a run of zeros is worth a word


def zero_runs(visits: pd.DataFrame) -> pd.DataFrame:
    """−log10 of the probability that a room records nothing for as long as it did.

    Guests differ (some never use a minibar), so zeros of one stay go together: given the S units of M expected that a
    stay took before, the next m expected units stay away with probability ((a + M) / (a + M + m))^(a + S), where a is
    one over the variance of thirst (gamma–Poisson). Stays multiply. ``expected``: what the run should have recorded.
    """
    ordered = visits.sort_values(["room_id", "timestamp"], kind="stable").reset_index(drop=True)
    if ordered.empty:
        return ordered
    zero = (ordered["value"].to_numpy() == 0) & ordered["ready"].to_numpy()
    change = ordered["room_id"].ne(ordered["room_id"].shift()).to_numpy() | ~zero
    shape, before = 1.0 / ordered["frailty"].to_numpy(), ordered["stay_means"].to_numpy()
    means = ordered["means"].to_numpy()
    after = before + means / BATCH
    step = (shape + ordered["stay_units"].to_numpy()) * np.log((shape + after) / (shape + before))
    first = _first_in_window(ordered, np.cumsum(change))
    surprise = _since(to_fixed(np.where(zero, step, 0.0)), first) / np.log(10.0)
    expected = _since(to_fixed(np.where(zero, means, 0.0)), first)
    length = np.where(zero, np.arange(len(ordered)) - first + 1, 0)
    return ordered.assign(
        value=0.0, expected=rounded(expected), lower=0.0, upper=rounded(expected), visits_in_run=length,
        interval_start=ordered["interval_start"].iloc[first].array,
        score=np.where(ordered["ready"], rounded(np.where(zero, surprise, 0.0)), np.nan),
        deviation_ratio=np.where(zero & (expected >= STUCK_MIN_UNITS), -1.0, 0.0),
    )  # fmt: skip


def silent_days(visits: pd.DataFrame) -> pd.DataFrame:
    """Runs of closed days on which everything that an attendant recorded was zero, by the same probabilities.

    An attendant sees many guests a day, so a few days suffice. ``entity_id`` becomes the attendant; the day's guests
    are taken as independent, each visit with its dispersion as frailty.
    """
    if "staff_id" not in visits or visits.empty:
        return visits.head(0)
    known: pd.DataFrame = visits[visits["staff_id"].notna().to_numpy() & visits["ready"].to_numpy()]
    spread, means = known["visit_dispersion"].to_numpy(float), known["base"].to_numpy(float)
    log_zero = np.log1p(spread * means) / spread
    # A room's check before may be a week old; silence is the attendant's and begins with the day.
    begun = np.maximum(known["interval_start"], known["timestamp"] - pd.Timedelta(days=1))
    fixed = known.assign(
        interval_start=begun,
        surprise=to_fixed(log_zero),
        mass=to_fixed(means),
        judged=known["ready"].to_numpy().astype(np.int64),
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
        interval_start=days["interval_start"].iloc[first].array,
        score=np.where(days["judged"] == 1, rounded(np.where(zero, score, 0.0)), np.nan),
        deviation_ratio=np.where(zero & (expected >= 1.0), -1.0, 0.0),
    )  # fmt: skip


def shifts(visits: pd.DataFrame) -> pd.DataFrame:
    """CUSUM of the log-likelihood ratio of a rise by ``SHIFT_RATIO`` (Page 1954; Höhle, Paul 2008), upward.

    Each check is judged given what the same stay took before, under both hypotheses, so that one thirsty guest is not
    a shift. The best start within ``RUN_DAYS`` is taken and paid for with a factor of the visits tried.
    """
    ordered = visits.sort_values(["room_id", "timestamp"], kind="stable").reset_index(drop=True)
    if ordered.empty:
        return ordered
    units, means = ordered["thirst"].to_numpy(float), np.maximum(ordered["means"].to_numpy(float), 1e-6)
    shape, before = 1.0 / ordered["frailty"].to_numpy(), ordered["stay_means"].to_numpy()
    size = shape + ordered["stay_units"].to_numpy()
    usual_mean = means * size / (shape + before)
    risen_mean = SHIFT_RATIO * means * size / (shape + SHIFT_RATIO * before)
    ratio = units * np.log(risen_mean / usual_mean) - (units + size) * np.log((size + risen_mean) / (size + usual_mean))
    learning = ~ordered["ready"].to_numpy()
    ratio = np.where(learning, 0.0, ratio)
    first = _first_in_window(
        ordered, (ordered["room_id"].ne(ordered["room_id"].shift()) | learning).cumsum().to_numpy()
    )
    start = _best_start(to_fixed(ratio), first)
    length = np.arange(len(ordered)) - start + 1
    gain = _since(to_fixed(ratio), start) - np.log(np.arange(len(ordered)) - first + 1.0)
    total, usual = _since(to_fixed(units), start), _since(to_fixed(means), start)
    enough = (length >= SHIFT_MIN_VISITS) & (gain > 0)
    return ordered.assign(
        value=total, expected=rounded(usual), lower=0.0, upper=rounded(usual), visits_in_run=length,
        interval_start=ordered["interval_start"].iloc[start].array,
        score=np.where(ordered["ready"], rounded(np.where(enough, gain / np.log(10.0), 0.0)), np.nan),
        deviation_ratio=deviation(total, usual, 1.0),
    )  # fmt: skip


def _first_in_window(ordered: pd.DataFrame, groups: np.ndarray) -> Ints:
    """Position of the first row of the same group within ``RUN_DAYS`` before each row."""
    day = ordered["day"].to_numpy(np.int64)
    if not day.size:
        return np.zeros(0, dtype=np.int64)
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
