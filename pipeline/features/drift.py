"""Whether features lately fall elsewhere than before: the population stability index, and what chance makes of it.

Siddiqi, "Credit Risk Scorecards" (2006): below 0.1 nothing moved, above 0.25 it moved a lot. With few cases chance
alone exceeds 0.1: the index of features that did not move is about (1/n + 1/m) times a chi-square variable (Yurdakul,
"Statistical Properties of the Population Stability Index", 2018), whose 95 % quantile is a limit of its own here.
"""

import numpy as np
import pandas as pd
from scipy.stats import chi2

from pipeline.features.names import FEATURES

PARTS = 10
MOVED, MOVED_A_LOT = 0.1, 0.25
LEAST_CASES = 30  # on either side: fewer say nothing
# Seven days hold other days of the month than thirty; that a calendar turns is no drift.
CALENDAR = ("hour", "day_of_week", "is_weekend", "day_of_month")
FLOOR = 1e-3


def stability_index(before: np.ndarray, lately: np.ndarray) -> tuple[float, int]:
    """(index, number of classes): the classes are tenths of ``before``, and one for missing values where there are any.

    0 when both fall into the classes alike; a class that is empty on one side counts as a thousandth.
    """
    known = before[np.isfinite(before)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)[1:-1])) if known.size else np.zeros(0)
    shares = [_shares(values, edges) for values in (before, lately)]
    used = (shares[0] > 0) | (shares[1] > 0)
    one, other = (np.maximum(share[used], FLOOR) for share in shares)
    return float(((other - one) * np.log(other / one)).sum()), int(used.sum())


def drift(before: pd.DataFrame, lately: pd.DataFrame) -> pd.DataFrame:
    """One row a feature: feature, drift (index; missing where it cannot be judged), drift_limit, is_drifted.

    Both frames hold entity_id and the features. Days of one entity resemble each other, so an entity counts as one case
    a week, not as seven. A feature drifted when its index exceeds both MOVED and what chance makes of so few cases.
    """
    cases = [_cases(frame) for frame in (before, lately)]
    rows = []
    for name in FEATURES:
        if name in CALENDAR or min(cases) < LEAST_CASES:
            rows.append((name, np.nan, np.nan, False))
            continue
        index, classes = stability_index(*(frame[name].to_numpy(dtype=float) for frame in (before, lately)))
        chance = (1 / cases[0] + 1 / cases[1]) * float(chi2.ppf(0.95, max(classes - 1, 1)))
        limit = max(MOVED, chance)
        rows.append((name, index, limit, index > limit))
    return pd.DataFrame(rows, columns=["feature", "drift", "drift_limit", "is_drifted"])


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of the values in each class; the last class holds the missing ones."""
    known = np.isfinite(values)
    at = np.where(known, np.searchsorted(edges, np.where(known, values, 0.0), side="right"), edges.size + 1)
    return np.bincount(at, minlength=edges.size + 2) / max(values.size, 1)


def _cases(frame: pd.DataFrame) -> float:
    """Entities × weeks that they have days in."""
    if frame.empty:
        return 0.0
    weeks = frame["timestamp"].dt.strftime("%G-%V")
    return float(len(pd.MultiIndex.from_arrays([frame["entity_id"], weeks]).unique()))
