"""The two gates: enough evidence for a day's number of tests, and a material effect (DETECTION principles 4 and 5).

Benjamini–Hochberg over a batch would make a decision depend on what else was scored with it. Its streaming form here:
BH rejecting R of m hypotheses uses the threshold q R / m. A hotel that wants to read B alerts a day gets the fixed
threshold q B / m, with m the mean number of tests a day of the same family over the last four weeks: about q B false
alerts a day if the probabilities were exact. It is known before the day begins, and the same in every batch.

Settings only ever compare a test with numbers that do not depend on them (its score, its effect, its rank in the week),
so that asking for more evidence never raises an alert, and a larger budget never takes one away.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.detection.contract import Family
from pipeline.detection.thresholds.segments import NOWHERE, Places, segment_evidence
from pipeline.detection.thresholds.settings import GATE_SHARE, DetectionSettings
from pipeline.training.exact import Floats, Ints, trailing_sum

TEST_MEMORY_DAYS = 28
MIN_EVIDENCE = 2.0  # no alert on anything more likely than one in a hundred
CALM_RATIO = 0.5  # an interval is normal again below half of the threshold, so that incidents do not flicker
RANK_DAYS = 7  # the budget is kept over a week: what is counted once a week comes in one hour
RANK = "budget_rank"


def decide(
    family: Family, settings: DetectionSettings, counts: pd.Series | None = None, places: Places = NOWHERE
) -> pd.DataFrame:
    """The family's tests with ``base_threshold`` (the budget's), ``threshold`` (with what is extra), alert, normal.

    ``counts``: number of tests by local day (days since 1970); those of ``family.tests`` when None. A family that is
    switched off raises nothing and finds everything normal, so that its incidents end.
    """
    tests = family.tests
    if tests.empty:
        return tests.assign(base_threshold=0.0, threshold=0.0, alert=False, normal=False)
    rule = settings.rule(family.name)
    day = tests["day"].to_numpy(np.int64)
    needed = thresholds(day, daily_counts(tests) if counts is None else counts, settings, family.share)
    extra = rule.extra_evidence + segment_evidence(family, settings.segments, places)
    threshold = np.maximum(needed + extra, MIN_EVIDENCE)
    score = tests["score"].to_numpy(dtype=float)
    known, certain = np.isfinite(score), certainties(tests)
    gate = family.effect_gate_ratio if rule.effect_gate_ratio is None else rule.effect_gate_ratio
    passed = (np.nan_to_num(score) >= threshold) & material(family, gate)
    within = (tests[RANK].to_numpy() if RANK in tests else budget_ranks(family)) < settings.cap(family.share, RANK_DAYS)
    calm = known & (np.nan_to_num(score) < CALM_RATIO * threshold) & ~certain
    on = rule.is_enabled
    return tests.assign(
        base_threshold=needed, threshold=threshold,
        alert=(certain | (passed & within)) & on, normal=calm if on else known | certain,
    )  # fmt: skip


def certainties(tests: pd.DataFrame) -> np.ndarray:
    """Facts that need no statistics; they are outside the budget."""
    return tests["certain"].to_numpy(dtype=bool) if "certain" in tests else np.zeros(len(tests), dtype=bool)


def effects(tests: pd.DataFrame) -> Floats:
    """What the effect gate looks at: ``effect`` where a family has its own, the deviation otherwise."""
    return tests["effect" if "effect" in tests else "deviation_ratio"].to_numpy(dtype=float)


def material(family: Family, gate: float) -> np.ndarray:
    """Tests that are scored, as large as ``gate`` and, where the family is banded, outside the band that is shown.

    A second opinion may strengthen evidence; it may not accuse a value that the shown band calls usual.
    """
    tests = family.tests
    found = np.isfinite(tests["score"].to_numpy(dtype=float)) & (np.abs(effects(tests)) >= gate)
    if family.is_banded:
        value = tests["value"].to_numpy(dtype=float)
        found &= (value < tests["lower"].to_numpy(dtype=float)) | (value > tests["upper"].to_numpy(dtype=float))
    return np.asarray(found)


def daily_counts(tests: pd.DataFrame) -> pd.Series:
    """Number of tests by local day."""
    counted: pd.Series = tests.groupby("day").size()
    return counted


def thresholds(days: Ints, counts: pd.Series, settings: DetectionSettings, share: float) -> Floats:
    """Score needed on each row's day, from the numbers of tests on strictly earlier days."""
    first, last = int(days.min()) - TEST_MEMORY_DAYS, int(days.max())
    per_day = counts.reindex(range(first, last + 1), fill_value=0).to_numpy(np.int64)
    seen = trailing_sum(np.stack([per_day, (per_day > 0).astype(np.int64)], axis=1), TEST_MEMORY_DAYS)
    tests = seen[:, 0] / np.maximum(seen[:, 1], 1)
    allowed = settings.false_discovery_ratio * settings.budget_per_day * share
    return np.asarray(np.maximum(np.log10(np.maximum(tests, 1.0) / allowed), MIN_EVIDENCE)[days - first])


def budget_ranks(family: Family) -> Ints:
    """How many other entities had, by then within ``RANK_DAYS``, stronger material evidence than the row's entity.

    Of one moment the strongest come first. An entity keeps the strongest evidence it had in these days. Rows that are
    too weak for any alert have rank 0.
    """
    tests = family.tests
    rank = np.zeros(len(tests), dtype=np.int64)
    strong = np.nan_to_num(tests["score"].to_numpy(dtype=float)) >= MIN_EVIDENCE
    strong &= material(family, GATE_SHARE * family.effect_gate_ratio) & ~certainties(tests)
    at = np.flatnonzero(strong)
    if at.size == 0:
        return rank
    moment = tests["timestamp"].array.asi8[at]
    day, entity_id, score = (tests[name].to_numpy()[at] for name in ("day", "entity_id", "score"))
    order = np.lexsort((entity_id, -score, moment, day))
    counted = material(family, family.effect_gate_ratio)[at][order].tolist()
    columns = (values[order].tolist() for values in (day, entity_id, score))
    ranking = Ranking()
    for position, is_counted, day, entity, score in zip(at[order].tolist(), counted, *columns, strict=True):
        ranking.move_to(day)
        rank[position] = ranking.place(entity, -score, is_counted)
    return rank


@dataclass
class Ranking:
    """The entities of the last days so far, by their strongest evidence (negated: the strongest come first)."""

    days: dict[int, dict[int, float]] = field(default_factory=dict)
    best: dict[int, float] = field(default_factory=dict)
    ordered: list[tuple[float, int]] = field(default_factory=list)

    def move_to(self, day: int) -> None:
        """Begin a day; what lies ``RANK_DAYS`` back is forgotten."""
        if day in self.days:
            return
        self.days = {known: found for known, found in self.days.items() if known > day - RANK_DAYS} | {day: {}}
        self.best = {}
        for found in self.days.values():
            for entity, strength in found.items():
                self.best[entity] = min(strength, self.best.get(entity, 0.0))
        self.ordered = sorted((strength, entity) for entity, strength in self.best.items())

    def place(self, entity: int, strength: float, is_counted: bool) -> int:
        """The entity's rank with this evidence; only what passes the family's own gate stands in others' way."""
        before = self.best.get(entity)
        if is_counted:
            today = self.days[max(self.days)]
            today[entity] = min(strength, today.get(entity, 0.0))
            if before is None or strength < before:
                if before is not None:
                    self.ordered.pop(bisect_left(self.ordered, (before, entity)))
                insort(self.ordered, (strength, entity))
                self.best[entity] = strength
        kept = strength if before is None else min(before, strength)
        return bisect_left(self.ordered, (kept, entity))


def without_explained(rooms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Room totals lose their alert where a single product of the same check already explains it."""
    explained = cells.loc[cells["alert"], ["room_id", "timestamp"]].drop_duplicates().assign(explained=True)
    joined = rooms[["room_id", "timestamp"]].merge(explained, on=["room_id", "timestamp"], how="left")
    return rooms.assign(alert=rooms["alert"].to_numpy() & joined["explained"].isna().to_numpy())
