"""The two gates: enough evidence for a day's number of tests, and a material effect (DETECTION principles 4 and 5).

Benjamini–Hochberg over a batch would make a decision depend on what else was scored with it. Its streaming form here:
BH rejecting R of m hypotheses uses the threshold q R / m. A hotel that wants to read B alerts a day gets the fixed
threshold q B / m, with m the mean number of tests a day of the same family over the last four weeks: about q B false
alerts a day if the probabilities were exact. It is known before the day begins, and the same in every batch.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.contract import Family
from pipeline.training.exact import Floats, Ints, trailing_sum

TEST_MEMORY_DAYS = 28
MIN_EVIDENCE = 2.0  # no alert on anything more likely than one in a hundred
CALM_RATIO = 0.5  # an interval is normal again below half of the threshold, so that incidents do not flicker


@dataclass(frozen=True)
class Policy:
    """What a hotel asks of its alerts; ``budget_per_day`` is in alerts it wants to read."""

    false_discovery_ratio: float = 0.1
    budget_per_day: float = 5.0

    def cap(self, share: float) -> int:
        """Entities of one family that may alert in one day; the strongest of a moment come first."""
        return max(1, int(np.ceil(self.budget_per_day * share)))


def decide(family: Family, policy: Policy) -> pd.DataFrame:
    """The family's tests with ``threshold``, ``alert`` and ``normal``."""
    tests = family.tests
    if tests.empty:
        return tests.assign(threshold=0.0, alert=False, normal=False)
    threshold = _thresholds(tests["day"].to_numpy(np.int64), policy, family.share)
    score = tests["score"].to_numpy(dtype=float)
    effect = np.abs(tests["effect" if "effect" in tests else "deviation_ratio"].to_numpy(dtype=float))
    certain = tests["certain"].to_numpy(dtype=bool) if "certain" in tests else np.zeros(len(tests), dtype=bool)
    known = np.isfinite(score)
    passed = known & (np.nan_to_num(score) >= threshold) & (effect >= family.effect_gate_ratio)
    if family.is_banded:
        passed &= _outside_band(tests)
    within = _within_cap(tests, passed, score, policy.cap(family.share))
    calm = known & (np.nan_to_num(score) < CALM_RATIO * threshold) & ~certain
    return tests.assign(threshold=threshold, alert=certain | (passed & within), normal=calm & ~certain)


def _outside_band(tests: pd.DataFrame) -> np.ndarray:
    """A second opinion may strengthen evidence; it may not accuse a value that the shown band calls usual."""
    value = tests["value"].to_numpy(dtype=float)
    return np.asarray((value < tests["lower"].to_numpy(dtype=float)) | (value > tests["upper"].to_numpy(dtype=float)))


def _thresholds(days: Ints, policy: Policy, share: float) -> Floats:
    """Score needed on each row's day, from the numbers of tests on strictly earlier days."""
    first = int(days.min())
    per_day = np.bincount(days - first).astype(np.int64)
    seen = trailing_sum(np.stack([per_day, (per_day > 0).astype(np.int64)], axis=1), TEST_MEMORY_DAYS)
    tests = seen[:, 0] / np.maximum(seen[:, 1], 1)
    allowed = policy.false_discovery_ratio * policy.budget_per_day * share
    return np.asarray(np.maximum(np.log10(np.maximum(tests, 1.0) / allowed), MIN_EVIDENCE)[days - first])


def _within_cap(tests: pd.DataFrame, passed: np.ndarray, score: Floats, cap: int) -> np.ndarray:
    """Whether a row's entity is among the first ``cap`` that alert on that day; of one moment the strongest first."""
    at = np.flatnonzero(passed)
    allowed = np.zeros(len(tests), dtype=bool)
    if at.size == 0:
        return allowed
    chosen = tests.iloc[at][["day", "timestamp", "entity_id"]].assign(strength=-score[at], position=at)
    chosen = chosen.sort_values(["day", "timestamp", "strength", "entity_id"], kind="stable")
    first_seen = chosen.drop_duplicates(["day", "entity_id"])
    rank = first_seen.groupby("day").cumcount()
    admitted = first_seen[rank < cap][["day", "entity_id"]]
    kept = chosen.merge(admitted, on=["day", "entity_id"])
    allowed[kept["position"].to_numpy()] = True
    return allowed


def without_explained(rooms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Room totals lose their alert where a single product of the same check already explains it."""
    explained = cells.loc[cells["alert"], ["room_id", "timestamp"]].drop_duplicates().assign(explained=True)
    joined = rooms[["room_id", "timestamp"]].merge(explained, on=["room_id", "timestamp"], how="left")
    return rooms.assign(alert=rooms["alert"].to_numpy() & joined["explained"].isna().to_numpy())
