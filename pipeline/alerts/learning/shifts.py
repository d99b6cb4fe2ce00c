"""How much more evidence a family of tests, or a segment of it, must bring: learned from verdicts, bounded (A6.3).

A verdict says of one alert, ``margin`` −log10 units beyond its threshold, whether it was right. Asking for s units more
would have hidden the judged alerts below s. The learned shift is the smallest one that brings the shrunken precision
of the others to the target. It may hide at most one confirmed anomaly for every two false alarms, moves at most one
step a night, and goes back when true alerts come in or the verdicts grow old.

Shrinkage is beta-binomial (Gelman et al., Bayesian Data Analysis, ch. 5): the hotel starts with the benefit of the
doubt, a family with the hotel's precision at the same margin, a segment with its family's. A handful of verdicts moves
none of them far, and a family with two false alarms learns from what the hotel's other weak alerts turned out to be.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.thresholds.settings import segment_key
from pipeline.training.exact import Floats

MAX_SHIFT = 2.5  # one false alarm in three hundred is left, if the probabilities were exact
STEP = 0.4  # a night
GRID = np.round(np.arange(0.0, MAX_SHIFT + 0.05, 0.1), 1)
DOUBT_STRENGTH, DOUBT_PRECISION = 6.0, 0.90  # what a hotel is believed before anybody judged
POOL_STRENGTH = 6.0  # verdicts that a family needs to count as much as the whole hotel
SEGMENT_STRENGTH = 8.0  # verdicts that a segment needs to count as much as its family
CLEARLY_WORSE = 0.15  # of precision, shrunken, below the family's
MIN_VERDICTS = 5  # in a segment, before it is looked at
MIN_FALSE = 2  # one false alarm is an accident
TRUE_COST = 2.0  # false alarms that hiding one confirmed anomaly must hide with it
DIMENSIONS = ("room_type", "floor", "product", "staff", "occupancy")


@dataclass(frozen=True)
class Shift:
    """One learned shift. ``key`` is a family, or a segment key; counts are of verdicts within the memory."""

    key: str
    before: float
    after: float
    confirmed: int
    false: int
    precision: float  # shrunken, of what alerts without any shift

    @property
    def is_segment(self) -> bool:
        return "=" in self.key

    @property
    def is_change(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Goal:
    """The precision to reach, and what the hotel's alerts are worth at each shift of the grid."""

    precision: float
    hotel: Floats


def learn(
    judged: pd.DataFrame, before: Mapping[str, float], target: float, hotel: pd.DataFrame | None = None
) -> list[Shift]:
    """The shifts of every judged family and of the segments that are clearly worse than their family.

    ``judged``: family, margin (−log10 units beyond the threshold without learned shifts), is_true, and the columns of
    ``DIMENSIONS`` (missing where an alert has none); ``before``: the shifts in force, by key; ``target``: precision;
    ``hotel``: the same columns of the verdicts on all metric types (``judged`` when None).
    Shifts in force that no verdict supports any more go back by a step. Segments come on top of their family's shift.
    """
    goal = Goal(target, _curve(judged if hotel is None else hotel))
    found: dict[str, Shift] = {}
    for family, rows in judged.groupby("family", sort=True):
        for shift in _family(str(family), rows, goal, before):
            found[shift.key] = shift
    for key in before:
        if key not in found and before[key] > 0.0:
            found[key] = Shift(key, before[key], _stepped(before[key], 0.0), 0, 0, DOUBT_PRECISION)
    return [found[key] for key in sorted(found)]


def _family(family: str, rows: pd.DataFrame, goal: Goal, before: Mapping[str, float]) -> Iterator[Shift]:
    """Worse segments first, each by the verdicts that no narrower shift explains; then what is left of the family."""
    overall = _precision(rows, DOUBT_STRENGTH, DOUBT_PRECISION)
    wanted: dict[str, tuple[float, pd.DataFrame, float]] = {}
    left = rows
    while (worst := _worst_segment(left, goal)) is not None:
        name, value, precision = worst
        mine = left[left[name] == value]
        shift = _smallest(mine, goal)
        key = segment_key(family, **{name: value if name == "occupancy" else int(value)})
        wanted[key] = (shift, mine, precision)
        left = left.drop(mine.index)
    base = _smallest(left, goal)
    now = _stepped(before.get(family, 0.0), base)
    yield Shift(family, before.get(family, 0.0), now, *_counts(rows), overall)
    for key, (shift, mine, precision) in wanted.items():
        already = before.get(key, 0.0)
        yield Shift(key, already, _stepped(already, max(shift - base, 0.0)), *_counts(mine), precision)


def _worst_segment(rows: pd.DataFrame, goal: Goal) -> tuple[str, int | str, float] | None:
    """The dimension and value whose precision is clearly below the rest of the family's and below the target."""
    overall = _precision(rows, DOUBT_STRENGTH, DOUBT_PRECISION)
    worst: tuple[str, int | str, float] | None = None
    for name in DIMENSIONS:
        if name not in rows:
            continue
        for value, mine in rows.dropna(subset=[name]).groupby(name, sort=True):
            rest = rows.drop(mine.index)
            if len(mine) < MIN_VERDICTS or rest.empty:
                continue
            usual = _precision(rest, DOUBT_STRENGTH, overall)
            precision = _precision(mine, SEGMENT_STRENGTH, usual)
            is_worst = worst is None or precision < worst[2]
            if is_worst and precision < min(usual - CLEARLY_WORSE, goal.precision) and _smallest(mine, goal) > 0.0:
                worst = (name, value if isinstance(value, str) else int(str(value).split(".")[0]), precision)
    return worst


def _smallest(rows: pd.DataFrame, goal: Goal) -> float:
    """The smallest shift of the grid that reaches the target, else the most precise one that pays."""
    true, false = _kept(rows)
    if false[0] < (MIN_FALSE if goal.hotel[0] >= goal.precision else 1):
        return 0.0
    pays = (true[0] - true) * TRUE_COST <= false[0] - false
    precision = (true + POOL_STRENGTH * goal.hotel) / (true + false + POOL_STRENGTH)
    reached = pays & (precision >= goal.precision)
    at = int(np.argmax(reached)) if reached.any() else int(np.argmax(np.where(pays, precision, -1.0)))
    return float(GRID[at])


def _curve(rows: pd.DataFrame) -> Floats:
    """The shrunken precision of the alerts that are left at each shift of the grid."""
    true, false = _kept(rows)
    return np.asarray((true + DOUBT_STRENGTH * DOUBT_PRECISION) / (true + false + DOUBT_STRENGTH))


def _kept(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """How many true and false alerts are left at each shift; at no shift all of them."""
    margin, is_true = rows["margin"].to_numpy(dtype=float), rows["is_true"].to_numpy(dtype=bool)
    kept = margin[None, :] >= GRID[:, None]
    kept[0] = True
    return (kept & is_true).sum(axis=1).astype(float), (kept & ~is_true).sum(axis=1).astype(float)


def _precision(rows: pd.DataFrame, strength: float, prior: float) -> float:
    confirmed, false = _counts(rows)
    return (confirmed + strength * prior) / (confirmed + false + strength)


def _counts(rows: pd.DataFrame) -> tuple[int, int]:
    confirmed = int(rows["is_true"].sum())
    return confirmed, len(rows) - confirmed


def _stepped(before: float, wanted: float) -> float:
    return round(before + min(max(wanted - before, -STEP), STEP), 2)
