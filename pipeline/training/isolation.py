"""Isolation Forest on stored features, with a threshold that is ours: the tail of its scores on its own past."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from pipeline.features.interaction import matrix
from pipeline.training.exact import Floats

TREES = 100
SEED = 20
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)
CHANNEL_CAP = 6.0


@dataclass(frozen=True)
class ForestParameters:
    """What may be chosen of a forest; contamination never is (DETECTION 8)."""

    trees: int = TREES
    max_samples: int = 256
    max_features: float = 1.0


def tail_evidence(scores: Floats, quantiles: Floats) -> Floats:
    """−log10 of the share of past rows at least as odd; beyond 99 % the tail is taken as exponential.

    ``quantiles``: of the scores of the fitted rows, at QUANTILES.
    """
    known = -np.log10(1.0 - np.asarray(QUANTILES))
    inside = np.interp(scores, quantiles, known, left=known[0])
    slope = (known[-1] - known[-3]) / max(float(quantiles[-1] - quantiles[-3]), 1e-3)
    beyond = known[-1] + (scores - quantiles[-1]) * slope
    return np.asarray(np.clip(np.where(scores > quantiles[-1], beyond, inside), 0.0, CHANNEL_CAP))


@dataclass(frozen=True)
class FeatureForest:
    """A fitted forest with what makes its scores comparable: medians for gaps and quantiles of past scores."""

    forest: IsolationForest
    names: tuple[str, ...]  # columns that it reads: stored features and interactions
    medians: Floats
    quantiles: Floats  # of the anomaly score on the fitted rows, at QUANTILES

    def scores(self, features: pd.DataFrame) -> Floats:
        """The higher, the more isolated (Liu, Ting, Zhou 2008); 0.5 is ordinary."""
        return np.asarray(-self.forest.score_samples(self.inputs(features)), dtype=float)

    def evidence(self, features: pd.DataFrame) -> Floats:
        """The scores on the fixed scale of all channels, 0 to CHANNEL_CAP."""
        return tail_evidence(self.scores(features), self.quantiles)

    def inputs(self, features: pd.DataFrame) -> Floats:
        """Rows × names as the forest sees them: gaps are the medians of its past."""
        found = matrix(features, self.names)
        return np.where(np.isfinite(found), found, self.medians)


def fit_forest(
    features: pd.DataFrame, names: tuple[str, ...], seed: int = SEED, parameters: ForestParameters | None = None
) -> FeatureForest:
    """Fit on every row of ``features`` (no row of it may ever be judged by this model).

    ``contamination="auto"``: contamination is a quota, not a threshold (DETECTION 8). Columns without any value are
    left out; gaps take the column's median.
    """
    chosen = parameters or ForestParameters()
    kept, found, medians = usable_columns(features, names)
    forest = IsolationForest(
        n_estimators=chosen.trees, max_samples=min(chosen.max_samples, len(features)),
        max_features=max(1, round(chosen.max_features * len(kept))), contamination="auto", random_state=seed, n_jobs=1,
    )  # fmt: skip
    forest.fit(found)
    past = np.asarray(-forest.score_samples(found), dtype=float)
    return FeatureForest(forest, kept, medians, np.quantile(past, QUANTILES))


def usable_columns(features: pd.DataFrame, names: tuple[str, ...]) -> tuple[tuple[str, ...], Floats, Floats]:
    """The names that have any value, their columns with gaps filled, and the medians that fill them.

    ValueError: none has.
    """
    found = matrix(features, names)
    useful = np.atleast_1d(np.isfinite(found).any(axis=0))
    if not useful.any():
        raise ValueError("no feature has a value")
    kept = tuple(name for name, keep in zip(names, useful, strict=True) if keep)
    medians = np.nanmedian(found[:, useful], axis=0)
    return kept, np.where(np.isfinite(found[:, useful]), found[:, useful], medians), medians


@dataclass(frozen=True)
class Validation:
    """How the past of the fit predicts what came right after it, in order of time."""

    rows: int
    alarm_ratio: float  # rows beyond the fitted 99 % quantile: 0.01 when nothing changed
    drift: float  # shift of the median score, in spreads (q90 − q50) of the fitted scores


def split_by_time(features: pd.DataFrame, split_ratio: float = 0.8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The older and the newer part, divided between two instants."""
    instants = np.sort(features["timestamp"].unique())
    older = features["timestamp"] <= instants[max(0, int(len(instants) * split_ratio) - 1)]
    return features[older], features[~older]


def validate_forest(
    features: pd.DataFrame,
    names: tuple[str, ...],
    split_ratio: float = 0.8,
    parameters: ForestParameters | None = None,
) -> Validation:
    """Fit on the older part, look at the newer one; labels are not needed and accuracy is not claimed."""
    older, newer = split_by_time(features, split_ratio)
    if newer.empty:
        return Validation(0, float("nan"), float("nan"))
    model = fit_forest(older, names, parameters=parameters)
    scores = model.scores(newer)
    spread = max(float(model.quantiles[2] - model.quantiles[0]), 1e-6)
    alarms = float((scores > model.quantiles[-1]).mean())
    return Validation(len(newer), round(alarms, 4), round(float(np.median(scores) - model.quantiles[0]) / spread, 4))
