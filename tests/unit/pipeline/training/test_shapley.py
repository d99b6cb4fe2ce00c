"""Shapley values of the forest: exact, with the sign of an anomaly (SPEC P3)."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest

from pipeline.training.isolation import FeatureForest, ForestParameters, fit_forest
from pipeline.training.shapley import (
    Leaves,
    contributions,
    explain_row,
    leaves_of,
    mean_path_length,
    usual_path_length,
)

NAMES = ("level", "trend", "spread", "lag")


def rows(count: int = 300, seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(count, len(NAMES))), columns=list(NAMES))


def forest(**chosen: float) -> FeatureForest:
    return fit_forest(rows(), NAMES, parameters=ForestParameters(trees=10, max_samples=64, **chosen))


def by_definition(leaves: Leaves, row: np.ndarray) -> list[float]:
    """The sum over all subsets of the other features."""
    inside = ((np.float32(row) > leaves.low) & (np.float32(row) <= leaves.high)).astype(float)

    def worth(known: tuple[int, ...]) -> float:
        factor = leaves.cover.copy()
        factor[:, list(known)] = inside[:, list(known)]
        return -float((leaves.length * factor.prod(axis=1)).sum() / leaves.trees)

    size, found = row.size, []
    for feature in range(size):
        others = [each for each in range(size) if each != feature]
        found.append(
            sum(
                factorial(len(known)) * factorial(size - len(known) - 1) / factorial(size)
                * (worth((*known, feature)) - worth(known))
                for length in range(size)
                for known in combinations(others, length)
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_the_values_are_those_of_the_definition_and_add_up(share: float) -> None:
    model = forest(max_features=share)
    leaves = leaves_of(model.forest, len(NAMES))
    row = np.array([3.0, -0.2, 0.1, -4.0])
    found = contributions(leaves, row)
    np.testing.assert_allclose(found, by_definition(leaves, row), atol=1e-10)
    assert found.sum() == pytest.approx(usual_path_length(leaves) - mean_path_length(leaves, row))


def test_the_path_length_is_the_one_behind_the_forests_score() -> None:
    model = forest()
    leaves = leaves_of(model.forest, len(NAMES))
    lengths = np.array([mean_path_length(leaves, row) for row in rows(20, seed=2).to_numpy()])
    scores = model.scores(rows(20, seed=2))
    usual = 2.0 * (np.log(63.0) + 0.5772156649015329) - 2.0 * 63.0 / 64.0
    np.testing.assert_allclose(scores, 2.0 ** (-lengths / usual), rtol=1e-12)


@pytest.mark.parametrize("culprit", NAMES)
def test_the_planted_culprit_pushes_most_and_towards_anomaly(culprit: str) -> None:
    """The right sign: positive is odd, the opposite of SHAP on path lengths."""
    model = forest()
    row = pd.DataFrame([dict.fromkeys(NAMES, 0.05)]).assign(**{culprit: 9.0})
    explained = explain_row(model, row)
    assert explained[0][0] == culprit
    assert explained[0][1] > 1.0
    assert sum(value for _, value in explained) > 0
    usual = explain_row(model, pd.DataFrame([dict.fromkeys(NAMES, 0.05)]))
    assert sum(value for _, value in usual) < 0  # the negative control: an ordinary row is explained as ordinary


def test_one_row_is_explained_at_a_time() -> None:
    with pytest.raises(ValueError, match="one row"):
        explain_row(forest(), rows(2))
