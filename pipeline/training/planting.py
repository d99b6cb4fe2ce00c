"""Planted perturbations: labels for choosing among models where nobody has given a verdict (SPEC P5).

The daily values behind stored features are laid out as a grid, some days of a held-out block are changed (a spike, a
drop, a rise or fall of the level), and the features of that block are engineered again by the same code that stored
them. A model is judged by whether its scores put the changed days first: never by agreement with itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.features.engineer import Calendar, engineer
from pipeline.features.grid import calendar_of
from pipeline.features.names import FEATURES
from pipeline.training.exact import Floats, Ints
from pipeline.training.rows import local_days

KINDS = ("spike", "drop", "rise", "fall")
SHIFT_DAYS = 5
# Half of the events are sized in spreads, half as a factor of the value: neither kind of feature is favoured. From what
# is easily missed to what nobody misses.
SPREADS = {"spike": (2.0, 6.0), "drop": (-6.0, -2.0), "rise": (1.5, 4.0), "fall": (-4.0, -1.5)}
FACTORS = {"spike": (1.5, 4.0), "drop": (0.0, 0.5), "rise": (1.3, 2.5), "fall": (0.3, 0.75)}
SHIFTS = ("rise", "fall")
DOWN = ("drop", "fall")
MIN_DAYS = 10  # observed before the block: a series without a past has nothing to deviate from
SPREAD_RATIO = 0.25  # of the level, floor of a spread
EVENTS = 90  # of one block: fewer leave the figure to luck
MOST_ENTITIES = 80
MOST_COPIES = 12


@dataclass(frozen=True)
class Residual:
    """The part of a metric type's detector that needs no fitted model, as far as a choice must know it.

    ``evidence``: of each cell of a grid (series × days), causal, −log10 of a tail; None: the distance from the 30 days
    before. ``kinds``: the perturbations that the detector is there to find.
    """

    evidence: Callable[[Floats], Floats] | None = None
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True)
class Grid:
    """Daily values of many series: values[series, day], NaN where not observed."""

    values: Floats
    entity_ids: Ints
    first_day: int  # since 1970, hotel-local
    ends: pd.DatetimeIndex  # UTC instants at which the days end

    @property
    def days(self) -> int:
        return int(self.values.shape[1])

    def calendar(self) -> Calendar:
        return calendar_of(np.arange(self.first_day, self.first_day + self.days))


def grid_of(features: pd.DataFrame, time_zone: str) -> Grid:
    """The grid of stored rows (entity_id, timestamp, value). Days without any row are not observed."""
    known = features[np.isfinite(features["value"].to_numpy(dtype=float))]
    if known.empty:
        return Grid(np.zeros((0, 0)), np.zeros(0, dtype=np.int64), 0, pd.DatetimeIndex([], tz="UTC"))
    days = local_days(known["timestamp"], time_zone)
    entity_ids, series = np.unique(known["entity_id"].to_numpy(np.int64), return_inverse=True)
    first = int(days.min())
    values = np.full((entity_ids.size, int(days.max()) - first + 1), np.nan)
    values[series, days - first] = known["value"].to_numpy(dtype=float)
    naive = pd.Series(known["timestamp"].to_numpy(), index=days).groupby(level=0).first()
    ends = pd.DatetimeIndex(naive.reindex(np.arange(first, first + values.shape[1])))
    return Grid(values, entity_ids, first, ends if ends.tz is not None else ends.tz_localize("UTC"))


def sampled(grid: Grid, most: int = MOST_ENTITIES) -> Grid:
    """At most ``most`` series, evenly spaced by id: a search needs a sample, not the hotel."""
    if grid.entity_ids.size <= most:
        return grid
    at = np.unique(np.linspace(0, grid.entity_ids.size - 1, most).astype(np.int64))
    return Grid(grid.values[at], grid.entity_ids[at], grid.first_day, grid.ends)


def planted_rows(grid: Grid, block: tuple[int, int], seed: int, residual: Residual | None = None) -> pd.DataFrame:
    """Features of the observed days of ``block`` (first position, end) with planted events, in several copies.

    Columns: entity_id, timestamp, the features, value, label (1: changed), kind (empty: unchanged), copy, and residual
    where one is given that has evidence. Each copy of a series holds at most one event; half of the series of a copy
    stay as they are.
    """
    rng = np.random.default_rng(seed)
    first, end = block
    able = np.flatnonzero((~np.isnan(grid.values[:, :first])).sum(axis=1) >= MIN_DAYS)
    if not able.size or first >= end:
        return pd.DataFrame(columns=["entity_id", "timestamp", *FEATURES, "value", "label", "kind", "copy"])
    part = Grid(grid.values[able], grid.entity_ids[able], grid.first_day, grid.ends)
    copies = int(np.clip(np.ceil(2 * EVENTS / able.size), 1, MOST_COPIES))
    return pd.concat(
        [_copy(part, block, copy, rng, residual or Residual()) for copy in range(copies)], ignore_index=True
    )


def _copy(grid: Grid, block: tuple[int, int], copy: int, rng: np.random.Generator, residual: Residual) -> pd.DataFrame:
    values = grid.values.copy()
    kind = np.zeros(values.shape, dtype=np.int64)
    for series in np.flatnonzero(rng.random(len(values)) < 0.5).tolist():
        _plant(values[series], kind[series], block, rng, residual.kinds)
    found = engineer(values, grid.calendar())
    days = np.arange(grid.days)
    at, day = np.nonzero(~np.isnan(values) & (days >= block[0]) & (days < block[1]))
    columns = {name: found[position, at, day] for position, name in enumerate(FEATURES)}
    if residual.evidence is not None:
        columns["residual"] = residual.evidence(values)[at, day]
    return pd.DataFrame(
        {
            "entity_id": grid.entity_ids[at], "timestamp": grid.ends.take(day), **columns, "value": values[at, day],
            "label": (kind[at, day] > 0).astype(np.int64), "kind": np.array(["", *residual.kinds])[kind[at, day]],
            "copy": copy,
        }
    )  # fmt: skip


def _plant(
    values: Floats, kind: Ints, block: tuple[int, int], rng: np.random.Generator, kinds: tuple[str, ...]
) -> None:
    """Change one event of one series in place; what could not change (a drop of zeros) gets no label."""
    past = values[: block[0]]
    past = past[~np.isnan(past)]
    which = int(rng.integers(len(kinds)))
    start = int(rng.integers(block[0], block[1]))
    days = slice(start, min(start + (SHIFT_DAYS if kinds[which] in SHIFTS else 1), block[1]))
    if rng.random() < 0.5:
        spread = max(float(past.std()), SPREAD_RATIO * float(np.abs(past).mean()))
        changed = values[days] + rng.uniform(*SPREADS[kinds[which]]) * spread
    else:
        changed = values[days] * rng.uniform(*FACTORS[kinds[which]])
    if (past >= 0).all():
        changed = np.maximum(changed, 0.0)  # units and minutes are never negative
    if (past == np.rint(past)).all():
        changed = np.rint(changed)
    kind[days] = np.where(~np.isnan(changed) & (changed != values[days]), which + 1, 0)
    values[days] = changed
