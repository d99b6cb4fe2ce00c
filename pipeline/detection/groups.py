"""Floors, attendants and products: sums of many cells, where slow shifts become visible (DETECTION, Counts)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed, trailing_sum
from pipeline.training.tails import evidence, t_upper

SPANS = (3, 7, 14, 28)  # days over which a shift is looked for
MEMORY_DAYS = 28  # of which chance is measured
CHANCE_RANGE = (1.0, 15.0)  # variance over mean of a group's sums
CHANCE_PRIOR = 20.0  # group-days of the usual chance
USUAL_CHANCE = 3.0
SURPRISE_CAP = 9.0  # squares of z that are learned from: a shift must not make itself usual
DAY_PRIOR_UNITS = 30.0  # shrinks the day's factor of the other groups
MIN_EXPECTED = 5.0  # units over a span
FREEDOM = dict.fromkeys(SPANS, 8.0)
OLD_DAYS, NEW_DAYS = 57, (42, 22)  # days ago: what was hardly taken between them, while others were, is new
NEW_RATIO = 5  # times as much a day in the last week
NEW_WEEK = 7
STILL_DAYS = 3  # a shift whose last days lie on the other side is over
FLOOR_FREEDOM = {
    3: 8.0,
    7: 10.0,
    14: 20.0,
    28: 20.0,
}  # a floor's sum is of many rooms over days; attendants and products change their habits
SPANS_TRIED = 4.0  # spans overlap: the best of four is about as lucky as the better of two


@dataclass(frozen=True)
class Grid:
    """Groups × gapless days, in fixed point."""

    ids: Ints
    first_day: int
    units: Ints
    means: Ints


def grid_of(sums: pd.DataFrame) -> Grid:
    ids, at = np.unique(sums["id"].to_numpy(np.int64), return_inverse=True)
    day = sums["day"].to_numpy(np.int64)
    first = int(day.min())
    tables = []
    for name in ("units", "means"):
        table = np.zeros((ids.size, int(day.max()) - first + 1), dtype=np.int64)
        table[at, day - first] = sums[name].to_numpy(np.int64)
        tables.append(table)
    return Grid(ids, first, *tables)


def spans(grid: Grid, freedom: Mapping[int, float] = FREEDOM) -> dict[str, Floats]:
    """The strongest span of every group and day, upwards and downwards: evidence, z, units, expected, days of the span.

    The expected units of a day are scaled by what the other groups took on that day (events raise all of them).
    Chance, the variance over the mean of sums of that length, is measured on strictly earlier days of all groups.
    """
    units, means = grid.units / FINE_UNIT, grid.means / FINE_UNIT
    others = (units.sum(axis=0) - units + DAY_PRIOR_UNITS) / (means.sum(axis=0) - means + DAY_PRIOR_UNITS)
    usual = to_fixed(means * others)
    lately = _last(grid.units - usual, STILL_DAYS)
    shape = units.shape
    best = {name: np.zeros(shape) for name in ("up", "down")}
    told = {f"{name}_{part}": np.zeros(shape) for name in best for part in ("units", "expected", "days", "z")}
    for span in SPANS:
        total, expected = _last(grid.units, span), _last(usual, span)
        square = np.where(expected >= MIN_EXPECTED, (total - expected) ** 2 / np.maximum(expected, MIN_EXPECTED), 0.0)
        known = to_fixed((expected >= MIN_EXPECTED).astype(float), 1)
        chance = _chance(square, known)
        z = (total - expected) / np.sqrt(chance * np.maximum(expected, MIN_EXPECTED)) * (known > 0)
        for name, sign in (("up", 1.0), ("down", -1.0)):
            strength = np.where((sign * z > 0) & (sign * lately > 0), evidence(t_upper(sign * z, freedom[span])), 0.0)
            better = strength > best[name]
            best[name] = np.where(better, strength, best[name])
            parts = {"units": total, "expected": expected, "days": np.full(shape, float(span)), "z": sign * z}
            for part, value in parts.items():
                told[f"{name}_{part}"] = np.where(better, value, told[f"{name}_{part}"])
    return {**best, **told}


def _chance(square: Floats, known: Ints) -> Floats:
    """Variance over mean, pooled over the groups, of the days before; surprises are capped at the last estimate's."""
    capped = np.minimum(square, SURPRISE_CAP * USUAL_CHANCE)
    past = trailing_sum(to_fixed(capped.sum(axis=0)), MEMORY_DAYS) / FINE_UNIT
    seen = trailing_sum(known.sum(axis=0), MEMORY_DAYS)
    pooled = (past + CHANCE_PRIOR * USUAL_CHANCE) / (seen + CHANCE_PRIOR)
    return np.asarray(np.clip(pooled, *CHANCE_RANGE)[None, :])


def _is_new(grid: Grid) -> np.ndarray:
    """Groups × days: whether the group had hardly anything some weeks ago, when others had: its rise is no anomaly."""
    taken = grid.units.T
    since = (trailing_sum(taken, NEW_WEEK - 1) + taken).T
    open_days = (taken.sum(axis=1) > 0).astype(np.int64)
    found = np.zeros(grid.units.shape, dtype=bool)
    for newest in NEW_DAYS:
        then = (trailing_sum(taken, OLD_DAYS) - trailing_sum(taken, newest - 1)).T
        days = trailing_sum(open_days, OLD_DAYS) - trailing_sum(open_days, newest - 1)
        found |= (then * NEW_RATIO * NEW_WEEK < since * days) & (days > 0)
    return found


def _last(values: Ints, span: int) -> Floats:
    """Sums over each day and the ``span`` − 1 before it."""
    total = np.concatenate([np.zeros((values.shape[0], 1), dtype=np.int64), np.cumsum(values, axis=1)], axis=1)
    start = np.maximum(np.arange(values.shape[1]) - span + 1, 0)
    return np.asarray((total[:, 1:] - total[:, start]) / FINE_UNIT)


def group_sums(cells: pd.DataFrame, name: str, units: Floats, wanted: np.ndarray) -> pd.DataFrame:
    """One row a group (column ``name``) and day: id, day, units and expected units in fixed point, last check."""
    chosen = wanted & cells[name].notna().to_numpy()
    part = cells.loc[chosen, [name, "day", "timestamp", "observations"]]
    sums: pd.DataFrame = (
        part.assign(units=to_fixed(units[chosen]), means=to_fixed(cells["base"].to_numpy(float)[chosen]))
        .groupby([name, "day"], as_index=False)
        .agg(
            units=("units", "sum"),
            means=("means", "sum"),
            timestamp=("timestamp", "max"),
            observations=("observations", "max"),
        )
        .rename(columns={name: "id"})
    )
    return sums.astype({"id": np.int64})


def group_tests(sums: pd.DataFrame, name: str, sign: int) -> pd.DataFrame:
    """One row a group and closed day on which it was seen; ``sign`` +1 looks for more than expected, −1 for less."""
    if sums.empty:
        return sums.assign(score=np.zeros(0))
    grid = grid_of(sums)
    found = spans(grid, FLOOR_FREEDOM if name == "floor_id" else FREEDOM)
    side = "up" if sign > 0 else "down"
    ids = sums["id"].to_numpy(np.int64)
    at = np.searchsorted(grid.ids, ids), sums["day"].to_numpy(np.int64) - grid.first_day
    total, usual, days, z = (found[f"{side}_{part}"][at] for part in ("units", "expected", "days", "z"))
    width = np.where(z > 0, 2.33 * np.abs(total - usual) / np.maximum(z, 1e-9), 0.0)
    score = np.maximum(found[side][at] - np.log10(SPANS_TRIED), 0.0)
    if name == "product_id":
        score = np.where(_is_new(grid)[at], 0.0, score)
    extra = {name: ids.astype(float)} if name in ("staff_id", "product_id") else {}
    return sums.drop(columns=["units", "means", "id"]).assign(
        entity_id=ids, interval_start=sums["timestamp"] - pd.to_timedelta(np.maximum(days, 1.0), unit="D"),
        value=rounded(total), expected=rounded(usual), lower=rounded(np.maximum(usual - width, 0.0)),
        upper=rounded(usual + width), span_days=days.astype(np.int64), score=rounded(score),
        deviation_ratio=rounded((total - usual) / np.maximum(usual, MIN_EXPECTED)), **extra,
    )  # fmt: skip
