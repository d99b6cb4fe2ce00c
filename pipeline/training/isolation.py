"""Isolation Forest on stored features, with a threshold that is ours: the tail of its scores on its own past."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from pipeline.training.exact import Floats

TREES = 100
SEED = 20
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)
CHANNEL_CAP = 6.0


@dataclass(frozen=True)
class FeatureForest:
    """A fitted forest with what makes its scores comparable: medians for gaps and quantiles of past scores."""

    forest: IsolationForest
    names: tuple[str, ...]
    medians: Floats
    quantiles: Floats  # of the anomaly score on the fitted rows, at QUANTILES

    def scores(self, features: pd.DataFrame) -> Floats:
        """The higher, the more isolated (Liu, Ting, Zhou 2008); 0.5 is ordinary."""
        return np.asarray(-self.forest.score_samples(self._matrix(features)), dtype=float)

    def evidence(self, features: pd.DataFrame) -> Floats:
        """−log10 of the share of past rows at least as isolated; beyond 99 % the tail is taken as exponential."""
        scores = self.scores(features)
        known = -np.log10(1.0 - np.asarray(QUANTILES))
        inside = np.interp(scores, self.quantiles, known, left=known[0])
        slope = (known[-1] - known[-3]) / max(float(self.quantiles[-1] - self.quantiles[-3]), 1e-3)
        beyond = known[-1] + (scores - self.quantiles[-1]) * slope
        return np.asarray(np.clip(np.where(scores > self.quantiles[-1], beyond, inside), 0.0, CHANNEL_CAP))

    def _matrix(self, features: pd.DataFrame) -> Floats:
        matrix = features[list(self.names)].to_numpy(dtype=float)
        return np.where(np.isfinite(matrix), matrix, self.medians)


def fit_forest(features: pd.DataFrame, names: tuple[str, ...], seed: int = SEED) -> FeatureForest:
    """Fit on every row of ``features`` (no row of it may ever be judged by this model).

    ``contamination="auto"``: contamination is a quota, not a threshold (DETECTION 8). Columns without any value are
    left out; gaps take the column's median.
    """
    matrix = features[list(names)].to_numpy(dtype=float)
    useful = np.isfinite(matrix).any(axis=0)
    kept = tuple(name for name, keep in zip(names, useful, strict=True) if keep)
    matrix = np.where(np.isfinite(matrix[:, useful]), matrix[:, useful], np.nan)
    medians = np.nanmedian(matrix, axis=0)
    forest = IsolationForest(n_estimators=TREES, contamination="auto", random_state=seed, n_jobs=1)
    forest.fit(np.where(np.isfinite(matrix), matrix, medians))
    unjudged = FeatureForest(forest, kept, medians, np.zeros(len(QUANTILES)))
    return FeatureForest(forest, kept, medians, np.quantile(unjudged.scores(features), QUANTILES))


@dataclass(frozen=True)
class Validation:
    """How the past of the fit predicts what came right after it, in order of time."""

    rows: int
    alarm_ratio: float  # rows beyond the fitted 99 % quantile: 0.01 when nothing changed
    drift: float  # shift of the median score, in spreads (q90 − q50) of the fitted scores


def validate_forest(features: pd.DataFrame, names: tuple[str, ...], split_ratio: float = 0.8) -> Validation:
    """Fit on the older part, look at the newer one; labels are not needed and accuracy is not claimed."""
    ordered = features.sort_values(["timestamp", "entity_id"], kind="stable")
    instants = np.sort(ordered["timestamp"].unique())
    cut = instants[max(0, int(len(instants) * split_ratio) - 1)]
    older, newer = ordered[ordered["timestamp"] <= cut], ordered[ordered["timestamp"] > cut]
    if newer.empty:
        return Validation(0, float("nan"), float("nan"))
    model = fit_forest(older, names)
    scores = model.scores(newer)
    spread = max(float(model.quantiles[2] - model.quantiles[0]), 1e-6)
    alarms = float((scores > model.quantiles[-1]).mean())
    return Validation(len(newer), round(alarms, 4), round(float(np.median(scores) - model.quantiles[0]) / spread, 4))
