"""Why a forest finds a row odd: exact Shapley values of its mean path length, with the sign of an anomaly.

SHAP explains an Isolation Forest by the length of the path to a row's leaf: short is odd, so its values have the
opposite sign of an anomaly. Here positive pushes towards anomaly. The game is that of path-dependent Tree SHAP
(S. M. Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020): a
feature that is not known sends a row down both branches in proportion to the fitted rows there. Each leaf is a product
of one factor a feature, whose Shapley value is an integral over [0, 1] (multilinear extension, G. Owen 1972) of a
polynomial: Gauss-Legendre quadrature is exact. No further dependency.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from pipeline.training.exact import Floats, Ints
from pipeline.training.isolation import FeatureForest

EULER = 0.5772156649015329


@dataclass(frozen=True)
class Leaves:
    """All leaves of a forest: their path length, and for each and feature the way that leads there.

    A row goes to a leaf when each of its features lies in (``low``, ``high``]; ``cover`` is the share of fitted rows
    that the splits on a feature let through, 1 where the path does not ask it.
    """

    length: Floats  # leaf
    low: Floats  # leaf × feature
    high: Floats
    cover: Floats
    trees: int
    depth: int


def explain_row(model: FeatureForest, row: pd.DataFrame) -> list[tuple[str, float]]:
    """(feature, contribution) of the one row of ``row``, strongest push towards anomaly first.

    Unit: steps of mean path length. The contributions add up to the usual length (an average over the fitted rows)
    minus the row's: positive sums are odder than usual. ValueError: not exactly one row.
    """
    if len(row) != 1:
        raise ValueError("one row is explained at a time")
    found = contributions(leaves_of(model.forest, len(model.names)), model.inputs(row)[0])
    order = np.argsort(-found, kind="stable")
    return [(model.names[position], float(found[position])) for position in order]


def contributions(leaves: Leaves, row: Floats) -> Floats:
    """Shapley value of each feature of minus the mean path length."""
    seen = np.float32(row)  # the trees compare in single precision
    inside = ((seen > leaves.low) & (seen <= leaves.high)).astype(float)
    points, weights = np.polynomial.legendre.leggauss(max(1, leaves.depth // 2 + 1))
    total = np.zeros(row.size)
    for point, weight in zip((points + 1.0) / 2.0, weights / 2.0, strict=True):
        factor = point * inside + (1.0 - point) * leaves.cover
        product = factor.prod(axis=1, keepdims=True)
        total += weight * (leaves.length[:, None] * (inside - leaves.cover) * product / factor).sum(axis=0)
    return np.asarray(-total / leaves.trees)


def mean_path_length(leaves: Leaves, row: Floats) -> float:
    """Of the row's leaves over all trees: what the forest's score is made of."""
    seen = np.float32(row)
    inside = ((seen > leaves.low) & (seen <= leaves.high)).all(axis=1)
    return float(leaves.length[inside].sum() / leaves.trees)


def usual_path_length(leaves: Leaves) -> float:
    """What the model expects of a row of which nothing is known."""
    return float((leaves.length * leaves.cover.prod(axis=1)).sum() / leaves.trees)


def leaves_of(forest: IsolationForest, features: int) -> Leaves:
    """The leaves of a fitted forest with ``features`` inputs."""
    parts = [
        _tree_leaves(estimator.tree_, np.asarray(used), features)
        for estimator, used in zip(forest.estimators_, forest.estimators_features_, strict=True)
    ]
    length, low, high, cover = (np.concatenate(found) for found in zip(*parts, strict=True))
    depth = max(int(estimator.tree_.max_depth) for estimator in forest.estimators_)
    return Leaves(length, low, high, cover, len(parts), depth)


def _tree_leaves(tree: object, used: Ints, features: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Level by level: every node hands its box and covers to its two children."""
    left, right = (np.asarray(getattr(tree, f"children_{side}")) for side in ("left", "right"))
    size = np.asarray(getattr(tree, "n_node_samples"), dtype=float)  # noqa: B009 - the compiled tree has no stubs
    feature, threshold = np.asarray(getattr(tree, "feature")), np.asarray(getattr(tree, "threshold"))  # noqa: B009
    low, high = np.full((left.size, features), -np.inf), np.full((left.size, features), np.inf)
    cover, depth = np.ones((left.size, features)), np.zeros(left.size)
    level = np.zeros(1, dtype=np.int64)
    while level.size:
        level = level[left[level] >= 0]
        asked = used[feature[level]]
        for child in (left[level], right[level]):
            low[child], high[child], cover[child] = low[level], high[level], cover[level]
            cover[child, asked] *= size[child] / size[level]
            depth[child] = depth[level] + 1.0
        high[left[level], asked] = np.minimum(high[left[level], asked], threshold[level])
        low[right[level], asked] = np.maximum(low[right[level], asked], threshold[level])
        level = np.concatenate([left[level], right[level]])
    ends = left < 0
    return (depth + _remaining(size))[ends], low[ends], high[ends], cover[ends]


def _remaining(size: Floats) -> Floats:
    """Mean further path of ``size`` rows that were not split any more (Liu, Ting, Zhou 2008, equation 1)."""
    many = np.maximum(size, 3.0) - 1.0
    return np.where(size <= 1, 0.0, np.where(size == 2, 1.0, 2.0 * (np.log(many) + EULER) - 2.0 * many / (many + 1.0)))
