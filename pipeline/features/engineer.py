"""The stored features of many daily series at once (SPEC P2), causal: row t uses days ≤ t only, 31 of them at most.

Not observed (NaN) is neither zero nor normal: windows use what was observed in them. Every value depends on the
last 31 days alone and not on where the array begins, so a run over the newest days gives what a run over the whole
history gives. ``rolling_*`` and ``lag_*`` never hold the day itself: they are what a detector may use as baseline.
Definitions of all columns: ``pipeline.features.names.DEFINITIONS``.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.features.names import FEATURES
from pipeline.features.sorting import quantile, sort_wires

Floats = npt.NDArray[np.float64]
Result = npt.NDArray[np.float32]

WINDOW = 30
SHORT = 7
CONTEXT = 30  # days before the first wanted one that its features need
BLOCK_POINTS = 16_384  # of one block of series: its windows stay in the processor's cache
COLUMN = {name: position for position, name in enumerate(FEATURES)}


@dataclass(frozen=True)
class Calendar:
    """Hotel-local calendar of the days of the grid, one value a column."""

    hour: Floats
    day_of_week: Floats
    day_of_month: Floats


def engineer(values: npt.NDArray[np.floating], calendar: Calendar) -> Result:
    """Features of ``values`` (series × days, NaN: not observed): float32 of shape (features, series, days).

    The order is that of ``FEATURES``. Errors: ValueError when the calendar has another length than the series.
    """
    series, days = values.shape
    if not len(calendar.hour) == len(calendar.day_of_week) == len(calendar.day_of_month) == days:
        raise ValueError("the calendar must have one value for each day")
    found = np.empty((len(FEATURES), series, days), dtype=np.float32)
    found[COLUMN["hour"]] = calendar.hour
    found[COLUMN["day_of_week"]] = calendar.day_of_week
    found[COLUMN["is_weekend"]] = calendar.day_of_week >= 5
    found[COLUMN["day_of_month"]] = calendar.day_of_month
    rows = max(1, BLOCK_POINTS // max(days, 1))
    for start in range(0, series if days else 0, rows):
        part = slice(start, start + rows)
        _engineer_block(values[part].astype(np.float64), found[:, part])
    return found


def _engineer_block(values: Floats, found: Result) -> None:
    days = values.shape[1]
    padded = np.concatenate([np.full((len(values), CONTEXT), np.nan), values], axis=1)
    seen = ~np.isnan(padded)
    _lags(padded, days, found)
    counts = _window_sums(seen, WINDOW, days)
    _moments(padded, seen, counts, found)
    _quantiles(padded, counts, found)
    _changes(padded, seen, days, found)
    zeros = _window_sums(padded == 0, WINDOW, days)
    found[COLUMN["zero_count"]] = np.where(counts > 0, zeros, np.nan)


def _lags(padded: Floats, days: int, found: Result) -> None:
    for lag in (1, 7, 30):
        found[COLUMN[f"lag_{lag}"]] = padded[:, CONTEXT - lag : CONTEXT - lag + days]


def _window_sums(flags: npt.NDArray[np.bool_], window: int, days: int) -> npt.NDArray[np.int64]:
    """How many of the last ``window`` flags are set, for each day; whole numbers, so differences of sums are exact."""
    sums = np.cumsum(flags, axis=1, dtype=np.int64)
    ends = sums[:, CONTEXT : CONTEXT + days]
    starts = sums[:, CONTEXT - window : CONTEXT - window + days]
    return np.asarray(ends - starts)


def _moments(padded: Floats, seen: npt.NDArray[np.bool_], counts: npt.NDArray[np.int64], found: Result) -> None:
    """Means, standard deviations and slopes of the windows ending today, and of those ending yesterday.

    Sums are taken of differences to the newest observed value: a constant series has exactly no spread, and large
    levels lose no digits. Column CONTEXT − 1, the day before the first, has an empty window.
    """
    days = counts.shape[1]
    newest = _newest(padded, seen)[:, CONTEXT:]
    filled, weight = np.where(seen, padded, 0.0), seen.astype(np.float64)
    total, squares, moment = (np.zeros(counts.shape) for _ in range(3))
    first, second = np.zeros(counts.shape), np.zeros(counts.shape)  # Σ age and Σ age² of the observed days
    for age in range(WINDOW):
        days_of_age = slice(CONTEXT - age, CONTEXT - age + days)
        part = filled[:, days_of_age] - newest
        part *= weight[:, days_of_age]
        total += part
        moment += part * age
        first += weight[:, days_of_age] * age
        second += weight[:, days_of_age] * age**2
        part *= part
        squares += part
        if age == SHORT - 1:
            short_mean, short_std = _mean_and_std(total, squares, _window_sums(seen, SHORT, days), newest)
    mean, std = _mean_and_std(total, squares, counts, newest)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = second - first * first / counts
        slope = np.where(counts >= 2, -(moment - first * total / counts) / spread, np.nan)
        direction = np.where(np.abs(slope) * WINDOW < std, 0.0, np.sign(slope))
        volatility = np.where(std == 0, 0.0, np.where(mean == 0, np.nan, std / np.abs(mean)))
    for name, column in (
        ("mean", mean), ("std", std), ("trend_slope", slope), ("trend_direction", direction),
        ("volatility", volatility), ("momentum", short_mean - mean),
    ):  # fmt: skip
        found[COLUMN[name]] = column
    for name, column in (
        ("rolling_mean_7", short_mean), ("rolling_std_7", short_std),
        ("rolling_mean_30", mean), ("rolling_std_30", std),
    ):  # fmt: skip
        found[COLUMN[name], :, 0] = np.nan
        found[COLUMN[name], :, 1:] = column[:, :-1]


def _mean_and_std(
    total: Floats, squares: Floats, counts: npt.NDArray[np.int64], newest: Floats
) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = total / counts
        mean = np.where(counts > 0, newest + shift, np.nan)
        variance = (squares - total * shift) / (counts - 1)
        std = np.where(counts > 1, np.sqrt(variance.clip(0)), np.nan)
    return mean, std


def _newest(padded: Floats, seen: npt.NDArray[np.bool_]) -> Floats:
    """The newest observed value up to each day, 0 before the first."""
    columns = np.maximum.accumulate(np.where(seen, np.arange(padded.shape[1]), -1), axis=1)
    values = np.take_along_axis(padded, columns.clip(0), axis=1)
    return np.where(columns >= 0, values, 0.0)


def _quantiles(padded: Floats, counts: npt.NDArray[np.int64], found: Result) -> None:
    days = counts.shape[1]
    sortable = np.where(np.isnan(padded), np.inf, padded).astype(np.float32)
    wires = sort_wires([sortable[:, CONTEXT - age : CONTEXT - age + days].copy() for age in range(WINDOW)])
    # Where every window is full one number serves all; the first days and gaps need a look at each.
    partial = np.flatnonzero((counts < WINDOW).any(axis=0))
    for name, share in (("min", 0.0), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("max", 1.0)):
        if len(partial) < days:
            found[COLUMN[name]] = quantile(wires, WINDOW, share)
        if len(partial):
            some = [wire[:, partial] for wire in wires]
            found[COLUMN[name]][:, partial] = quantile(some, counts[:, partial], share)


def _changes(padded: Floats, seen: npt.NDArray[np.bool_], days: int, found: Result) -> None:
    """How often, how much and how long ago a value differed from that of the day before."""
    both = np.zeros(seen.shape, dtype=bool)
    both[:, 1:] = seen[:, 1:] & seen[:, :-1]
    size = np.zeros(padded.shape)
    size[:, 1:] = np.abs(np.where(both[:, 1:], padded[:, 1:] - padded[:, :-1], 0.0))
    changed = size > 0
    pairs = _window_sums(both, WINDOW - 1, days)
    total = np.zeros(pairs.shape)
    for age in range(WINDOW - 1):
        total += size[:, CONTEXT - age : CONTEXT - age + days]
    with np.errstate(invalid="ignore", divide="ignore"):
        found[COLUMN["change_frequency"]] = np.where(pairs > 0, _window_sums(changed, WINDOW - 1, days) / pairs, np.nan)
        found[COLUMN["avg_change_magnitude"]] = np.where(pairs > 0, total / pairs, np.nan)
    columns = np.arange(padded.shape[1])
    last = np.maximum.accumulate(np.where(changed, columns, -WINDOW), axis=1)
    since = np.minimum(columns - last, WINDOW)[:, CONTEXT:]
    found[COLUMN["days_since_change"]] = np.where(_window_sums(both, WINDOW, days) > 0, since, np.nan)
