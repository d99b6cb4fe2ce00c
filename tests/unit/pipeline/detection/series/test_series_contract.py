"""Detectors of continuous series pass one battery, and it notices those that cheat (DETECTION, principles 2, 3, 6)."""

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.series import forest
from pipeline.detection.series.alarms import ALARM_AT
from pipeline.detection.series.engine import score_series
from tests.unit.pipeline.detection.series import battery


@pytest.fixture(autouse=True)
def _small_forests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five trees do all that fifty do, in a tenth of the time."""
    monkeypatch.setattr(forest, "TREES", 5)


def whole(instants: pd.DatetimeIndex, values: np.ndarray) -> np.ndarray:
    return score_series(instants, values).score


def without_forest(instants: pd.DatetimeIndex, values: np.ndarray) -> np.ndarray:
    return score_series(instants, values, with_forest=False).score


each_detector = pytest.mark.parametrize("scorer", [whole, without_forest], ids=["whole", "without forest"])


@each_detector
def test_the_score_of_a_prefix_is_the_full_runs_bit_for_bit(scorer: battery.Scorer) -> None:
    assert battery.changed_by_the_future(scorer) == []


@each_detector
def test_the_same_series_scores_the_same_whatever_was_scored_before(scorer: battery.Scorer) -> None:
    assert not battery.changed_by_a_repetition(scorer)


@each_detector
def test_unsorted_rows_are_scored_as_sorted_and_answered_in_their_own_order(scorer: battery.Scorer) -> None:
    assert not battery.changed_by_the_order_of_rows(scorer)


@each_detector
def test_a_missing_value_has_no_score_and_is_not_learned_from(scorer: battery.Scorer) -> None:
    assert battery.moved_by_gaps(scorer) == []


@each_detector
def test_nothing_alarms_where_nothing_happens(scorer: battery.Scorer) -> None:
    assert battery.alarms_on_nothing(scorer, ALARM_AT) == []


@each_detector
def test_huge_and_tiny_units_score_the_same(scorer: battery.Scorer) -> None:
    assert battery.changed_by_the_unit(scorer) == []


@each_detector
def test_odd_clocks_are_scored(scorer: battery.Scorer) -> None:
    assert battery.fails_on_odd_clocks(scorer) == []


@each_detector
def test_a_spike_and_a_shift_that_anybody_sees_are_alarms(scorer: battery.Scorer) -> None:
    assert battery.missed(scorer, ALARM_AT) == []


def standardised(_: pd.DatetimeIndex, values: np.ndarray) -> np.ndarray:
    """Peeks: mean and deviation of the whole series."""
    return np.asarray(np.abs(values - np.mean(values)) / (np.std(values) + 1e-9))


def test_the_battery_notices_a_detector_that_knows_the_future() -> None:
    assert battery.changed_by_the_future(standardised) != []


def test_the_battery_notices_a_detector_that_remembers_other_series() -> None:
    seen: list[float] = []

    def remembering(_: pd.DatetimeIndex, values: np.ndarray) -> np.ndarray:
        seen.append(float(np.nanmax(values)))
        return np.asarray(values / max(seen))

    assert battery.changed_by_a_repetition(remembering)


def test_the_battery_notices_a_detector_that_takes_rows_as_they_come() -> None:
    assert battery.changed_by_the_order_of_rows(lambda _, values: np.abs(np.diff(values, prepend=values[:1])))


def test_the_battery_notices_a_detector_that_fills_gaps_with_zero() -> None:
    filled = lambda instants, values: standardised(instants, np.nan_to_num(values, posinf=0.0))  # noqa: E731
    assert battery.moved_by_gaps(filled) != []


def test_the_battery_notices_a_detector_that_alarms_on_a_constant_one_that_has_units_and_one_that_sleeps() -> None:
    assert "constant" in battery.alarms_on_nothing(lambda _, values: np.nan_to_num(np.abs(values)), 1.0)
    assert battery.changed_by_the_unit(lambda _, values: np.abs(values)) != []
    assert battery.missed(lambda _, values: np.zeros(len(values)), 1.0) == ["spike", "shift"]


def test_the_battery_notices_a_detector_that_fails_on_an_irregular_clock() -> None:
    def needs_cadence(instants: pd.DatetimeIndex, values: np.ndarray) -> np.ndarray:
        return values if instants.freq is not None else np.full(len(values), np.nan)

    assert "irregular" in battery.fails_on_odd_clocks(needs_cadence)


def test_the_band_holds_most_ordinary_points_and_stays_at_or_above_zero_where_the_past_did() -> None:
    scores = score_series(battery.hours(300), battery.daily_wave(300))
    inside = (battery.daily_wave(300) >= scores.lower) & (battery.daily_wave(300) <= scores.upper)
    assert inside[50:].mean() > 0.95
    assert np.nanmin(scores.lower) >= 0.0
    assert np.isnan(scores.expected[0])


def test_as_many_timestamps_as_values_are_needed() -> None:
    with pytest.raises(ValueError, match="as many timestamps"):
        score_series(battery.hours(3), np.zeros(2))
