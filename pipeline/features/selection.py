"""Feature selection (SPEC P3): variance, correlation, mutual information, model importance, recursive elimination.

Without labels the target is the score of an Isolation Forest on all columns: the columns that the learner itself needs
(wrapper selection for unsupervised learning, J. G. Dy and C. E. Brodley, "Feature Selection for Unsupervised Learning",
JMLR 5, 2004). Training has better labels: anomalies planted into older days (``pipeline.training.planting``).
Deterministic: fixed seeds, ties in the order of the columns.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, IsolationForest

Floats = npt.NDArray[np.float64]
Method = Literal["variance", "correlation", "mutual_information", "model_importance", "recursive_elimination", "all"]

LEAST_REMOVED, MOST_REMOVED = 0.30, 0.50
ALIKE = 0.95  # absolute rank correlation from which the weaker of two columns adds nothing
SAMPLE_ROWS = 3_000
BINS = 8
TREES = 20
ELIMINATED_A_ROUND = 0.34
SEED = 20


@dataclass(frozen=True)
class Selection:
    """``kept`` in the order of the columns; why each of ``removed`` left; scores by method and column."""

    kept: tuple[str, ...]
    removed: tuple[str, ...]
    reasons: dict[str, str]
    scores: dict[str, dict[str, float]] = field(default_factory=dict)


def auto_select(frame: pd.DataFrame, labels: npt.ArrayLike | None = None, method: Method = "all") -> Selection:
    """Columns worth keeping of ``frame`` (rows × columns of numbers, NaN allowed).

    ``labels``: 1 for an anomaly, or any number to be predicted; None: see the module. ``variance`` and ``correlation``
    remove what is constant or alike, however many that is. Every other method, and ``all`` (constants, then what is
    alike, then the lowest mean rank of the three supervised methods), removes 30–50 % of the columns; more only where
    more are constant. ValueError: an unknown method, or no rows.
    """
    if frame.empty:
        raise ValueError("nothing to select from")
    names = [str(name) for name in frame.columns]
    values, target = _sample(frame, labels)
    constant = [name for name, spread in zip(names, np.ptp(values, axis=0), strict=True) if spread == 0]
    reasons = dict.fromkeys(constant, "constant")
    if method == "variance":
        return _selection(names, reasons, {"variance": _named(names, values.var(axis=0))})
    varying = [name for name in names if name not in reasons]
    part = values[:, [names.index(name) for name in varying]]
    if target is None:
        target = _forest_score(part)
    scores = _scores(part, target, method)
    strength = np.mean([rankdata(found, method="average") for found in scores.values()], axis=0)
    named = {key: _named(varying, found) for key, found in scores.items()}
    alike = _alike(part, strength, varying)
    if method == "correlation":
        return _selection(names, reasons | alike, named)
    return _selection(
        names, reasons | _weakest(names, varying, strength, alike if method == "all" else {}, reasons), named
    )


def _scores(values: Floats, target: Floats, method: Method) -> dict[str, Floats]:
    wanted = [method] if method in MEASURES else list(MEASURES) if method in ("all", "correlation") else []
    if not wanted:
        raise ValueError(f"unknown method {method}")
    return {key: MEASURES[key](values, target) for key in wanted}


def _weakest(
    names: list[str], varying: list[str], strength: Floats, alike: dict[str, str], constant: dict[str, str]
) -> dict[str, str]:
    """Why further columns leave: what is alike first, then the weakest, until 30 to 50 % of all are gone."""
    least, most = int(np.ceil(LEAST_REMOVED * len(names))), int(MOST_REMOVED * len(names))
    order = [varying[position] for position in np.argsort(strength, kind="stable")]
    doubles = [name for name in order if name in alike]
    room = max(most - len(constant), 0)
    gone = {name: alike[name] for name in doubles[:room]}
    for name in order:
        if len(constant) + len(gone) >= least:
            break
        gone.setdefault(name, "weak")
    return gone


def _sample(frame: pd.DataFrame, labels: npt.ArrayLike | None) -> tuple[Floats, Floats | None]:
    """At most SAMPLE_ROWS rows, evenly spaced, gaps filled with medians; every row with a label of 1 stays."""
    values = frame.to_numpy(dtype=float)
    values = np.where(np.isfinite(values), values, np.nan)
    target = None if labels is None else np.asarray(labels, dtype=float)
    at = np.unique(np.linspace(0, len(values) - 1, min(len(values), SAMPLE_ROWS)).astype(np.int64))
    if target is not None:
        at = np.union1d(at, np.flatnonzero(target == 1)[:SAMPLE_ROWS])
    empty = ~np.isfinite(values).any(axis=0)
    medians = np.nanmedian(np.where(empty, 0.0, values), axis=0)
    values = np.where(np.isfinite(values[at]), values[at], medians)
    return values, None if target is None else target[at]


def _forest_score(values: Floats) -> Floats:
    forest = IsolationForest(n_estimators=TREES, random_state=SEED).fit(values)
    return np.asarray(-forest.score_samples(values), dtype=float)


def _alike(values: Floats, strength: Floats, names: list[str]) -> dict[str, str]:
    """Columns that repeat a stronger one: absolute rank correlation (Spearman) of ALIKE or more."""
    if len(names) < 2:
        return {}
    correlation = np.abs(np.corrcoef(rankdata(values, axis=0), rowvar=False))
    kept: list[int] = []
    gone: dict[str, str] = {}
    for position in np.argsort(-strength, kind="stable").tolist():
        twin = [other for other in kept if correlation[position, other] >= ALIKE]
        if twin:
            gone[names[position]] = f"like {names[twin[0]]}"
        else:
            kept.append(position)
    return gone


def mutual_information(values: Floats, target: Floats) -> Floats:
    """Of each column with the target, in nats, from equally filled bins (plug-in estimate)."""
    classes = _binned(target)
    found = np.zeros(values.shape[1])
    for position in range(values.shape[1]):
        joint = np.zeros((BINS, BINS))
        np.add.at(joint, (_binned(values[:, position]), classes), 1.0)
        joint /= joint.sum()
        alone = joint.sum(axis=1, keepdims=True) @ joint.sum(axis=0, keepdims=True)
        seen = joint > 0
        found[position] = float((joint[seen] * np.log(joint[seen] / alone[seen])).sum())
    return found


def _binned(values: Floats) -> npt.NDArray[np.int64]:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def model_importance(values: Floats, target: Floats) -> Floats:
    """Mean decrease of impurity in extremely randomised trees (Geurts, Ernst, Wehenkel 2006)."""
    rare = np.unique(target).size <= 2
    chosen: dict[str, Any] = {"n_estimators": TREES, "max_depth": 8, "random_state": SEED, "n_jobs": 1}
    model = ExtraTreesClassifier(class_weight="balanced", **chosen) if rare else ExtraTreesRegressor(**chosen)
    return np.asarray(model.fit(values, target).feature_importances_, dtype=float)


def recursive_elimination(values: Floats, target: Floats) -> Floats:
    """Round in which each column fell, weakest third a round (Guyon et al. 2002); the higher, the longer it stayed."""
    left = np.arange(values.shape[1])
    stayed = np.zeros(values.shape[1])
    rounds = 0
    while left.size > 1:
        importance = model_importance(values[:, left], target)
        fallen = left[np.argsort(importance, kind="stable")[: max(1, int(left.size * ELIMINATED_A_ROUND))]]
        stayed[fallen] = rounds
        left = np.setdiff1d(left, fallen)
        rounds += 1
    stayed[left] = rounds
    return stayed


MEASURES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "mutual_information": mutual_information,
    "model_importance": model_importance,
    "recursive_elimination": recursive_elimination,
}


def _named(names: list[str], found: Floats) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(names, found, strict=True)}


def _selection(names: list[str], reasons: dict[str, str], scores: dict[str, dict[str, float]]) -> Selection:
    return Selection(
        tuple(name for name in names if name not in reasons),
        tuple(name for name in names if name in reasons),
        {name: reasons[name] for name in names if name in reasons},
        scores,
    )
