"""Intervals of shares: never without width, however alike the few cases are (A6.4)."""

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.evaluation.intervals import of_resampled, wilson
from pipeline.detection.thresholds.outcomes import share

ENTITIES = pd.Series([f"room{number}" for number in range(5)])


@pytest.mark.parametrize(("truth", "expected"), [(1.0, wilson(5, 5)), (0.0, wilson(0, 5))])
def test_five_of_five_are_not_certain(truth: float, expected: tuple[float, float]) -> None:
    found = share(pd.Series([truth] * 5), ENTITIES)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.low != found.high


def test_cases_of_one_entity_count_as_one() -> None:
    found = share(pd.Series([1.0] * 50), pd.Series(["room1"] * 50))
    assert (found.low, found.high) == pytest.approx(wilson(1, 1))


def test_cases_that_differ_keep_their_resampled_interval() -> None:
    drawn = np.linspace(0.2, 0.8, 101)
    assert of_resampled(drawn, 3, 5) == pytest.approx((0.215, 0.785))
