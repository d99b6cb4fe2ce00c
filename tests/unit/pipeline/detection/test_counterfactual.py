"""What an alert says would not have been raised really would not have been (A5.2, DETECTION principle 4)."""

import numpy as np
import pytest

from pipeline.detection.counterfactual import quiet_value
from pipeline.training.tails import evidence, nb_upper


def cell(value: float, expected: float, threshold: float) -> dict[str, float]:
    ratio = (value - expected) / max(expected, 1.0)
    return {
        "value": value, "expected": expected, "dispersion": 1.5, "threshold": threshold, "deviation_ratio": ratio,
    }  # fmt: skip


def alerts(value: float, expected: float, threshold: float, gate: float) -> bool:
    strength = evidence(nb_upper(np.array([value]), np.array([expected]), np.array([1.5])))[0]
    return bool(strength >= threshold and (value - expected) / max(expected, 1.0) >= gate)


@pytest.mark.parametrize("expected", [0.05, 0.4, 2.0, 6.5])
@pytest.mark.parametrize("threshold", [2.0, 3.3, 5.0])
def test_the_named_count_passes_and_one_more_alerts(expected: float, threshold: float) -> None:
    value = next(float(count) for count in range(1, 500) if alerts(count, expected, threshold, 0.4)) + 4.0
    limit = quiet_value(cell(value, expected, threshold), 0.4)
    assert limit is not None
    assert not alerts(limit, expected, threshold, 0.4)
    assert alerts(limit + 1.0, expected, threshold, 0.4)


def test_without_a_distribution_the_effect_gate_is_undone_in_the_direction_of_the_deviation() -> None:
    late = {"value": 40.0, "expected": 20.0, "deviation_ratio": 1.0, "threshold": 3.0}
    missing = {"value": 2.0, "expected": 20.0, "deviation_ratio": -0.9, "threshold": 3.0}
    assert quiet_value(late, 0.5) == pytest.approx(30.0)
    assert quiet_value(missing, 0.5) == pytest.approx(10.0)


def test_a_fact_and_an_effect_of_something_else_name_no_value() -> None:
    assert quiet_value({"value": -3.0, "expected": 0.0, "certain": True, "deviation_ratio": -1.0}, 0.0) is None
    assert quiet_value({"value": 9.0, "expected": 3.0, "effect": 0.9, "deviation_ratio": 2.0}, 0.3) is None
