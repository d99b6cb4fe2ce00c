"""What an alert says would not have been raised really would not have been (A5.2, DETECTION principle 4)."""

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.calibration import on_scale
from pipeline.detection.contract import Context
from pipeline.detection.counterfactual import quiet_value
from pipeline.detection.counts import detect_consumption
from pipeline.detection.decision import decide
from pipeline.detection.thresholds.settings import DetectionSettings
from pipeline.training.tails import evidence, nb_upper
from tests.unit.pipeline.detection import hotel_rows


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


@pytest.mark.parametrize(("base", "slope"), [(1.4, 0.6), (0.8, 0.25)])
def test_the_named_count_is_right_on_the_scale_of_the_hotels_own_past(base: float, slope: float) -> None:
    """Evidence that is worth less here needs more units; the unscaled limit would have been too low."""

    def raised(count: float) -> bool:
        raw = evidence(nb_upper(np.array([count]), np.array([0.4]), np.array([1.5])))
        return bool(on_scale(raw, np.array([base]), np.array([slope]))[0] >= 3.0 and count - 0.4 >= 2.5)

    row = cell(next(float(count) for count in range(1, 500) if raised(count)) + 3.0, 0.4, 3.0)
    limit = quiet_value(row | {"scale_base": base, "scale_slope": slope, "least_excess": 2.5}, 0.4)
    assert limit is not None
    assert not raised(limit)
    assert raised(limit + 1.0)
    unscaled = quiet_value(row, 0.4)
    assert unscaled is not None
    assert unscaled < limit


def test_units_that_are_too_few_to_be_an_effect_are_quiet_whatever_their_evidence() -> None:
    row = cell(9.0, 0.01, 2.0)
    assert quiet_value(row, 0.4) == 0.0
    assert quiet_value(row | {"least_excess": 2.5}, 0.4) == 2.0


def test_a_cell_judged_again_at_the_named_count_is_quiet_and_alerts_at_one_more() -> None:
    """The whole detector, with what the hotel's own past makes of its evidence (A5.2)."""
    rows = hotel_rows.consumption(60, 60, seed=12)
    chosen = int(np.flatnonzero(rows["timestamp"] > hotel_rows.START + pd.Timedelta(days=50))[7])

    def judged(count: float) -> pd.Series:
        changed = rows.assign(metric_value=rows["metric_value"].mask(rows.index == rows.index[chosen], count))
        family = detect_consumption(changed, Context("Europe/Istanbul", "some_type")).families[0]
        decided = decide(family, DetectionSettings(0, "tuketim_miktar"))
        row = rows.iloc[chosen]
        mine = (decided["entity_id"] == row["entity_id"]) & (decided["timestamp"] == row["timestamp"])
        found: pd.Series = decided[mine].iloc[0]
        return found

    high = judged(20.0)
    assert high["alert"]
    limit = quiet_value(high.to_dict(), 0.4)
    assert limit is not None
    assert not judged(limit)["alert"]
    assert judged(limit + 1.0)["alert"]
