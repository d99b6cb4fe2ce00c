"""Plain statistics, and their silence on too little (A3.4, A4.4)."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.forecasting.metrics_calculator import MetricsCalculator

START = datetime(2026, 3, 2, tzinfo=UTC)
CALCULATOR = MetricsCalculator()


def days(count: int) -> list[datetime]:
    return [START + timedelta(days=day) for day in range(count)]


def test_a_falling_level_is_followed_to_nought() -> None:
    found = CALCULATOR.depletion(days(5), np.array([50.0, 40, 30, 20, 10]))
    assert found is not None
    assert (found.units_per_day, found.days_left, found.n) == pytest.approx((-10, 1, 5))
    assert found.depleted_at == START + timedelta(days=5)
    assert found.determination == pytest.approx(1)


def test_a_level_that_does_not_fall_never_ends_and_an_empty_one_has_ended() -> None:
    rising, empty = (CALCULATOR.depletion(days(3), np.array(levels)) for levels in ([1.0, 2, 3], [9.0, 4, 0]))
    assert rising is not None
    assert (rising.days_left, rising.depleted_at) == (np.inf, None)
    assert empty is not None
    assert (empty.days_left, empty.depleted_at) == (0, START + timedelta(days=2))


def test_too_few_levels_give_no_line_and_unknown_ones_are_left_out() -> None:
    assert CALCULATOR.depletion(days(2), np.array([5.0, 3])) is None
    assert CALCULATOR.depletion(days(4), np.array([5.0, np.nan, np.nan, 3])) is None
    assert CALCULATOR.depletion([START] * 3, np.array([5.0, 4, 3])) is None
    found = CALCULATOR.depletion(days(4), np.array([8.0, np.nan, 4, 2]))
    assert found is not None
    assert (found.days_left, found.n) == pytest.approx((1, 3))


def test_the_weeks_trend_stands_beside_the_week_before() -> None:
    found = CALCULATOR.consumption_trend(np.array([2.0] * 7 + [1, 2, 3, 4, 5, 6, 7]))
    assert found is not None
    assert (found.mean, found.units_per_day_change, found.change_ratio, found.n) == pytest.approx((4, 1, 1, 7))


def test_days_that_were_not_observed_are_no_zeros_in_the_trend() -> None:
    week = np.array([4.0, np.nan, 4, np.nan, 4, 4, np.nan])
    found = CALCULATOR.consumption_trend(week)
    assert found is not None
    assert (found.mean, found.units_per_day_change, found.change_ratio, found.n) == pytest.approx((4, 0, None, 4))
    week[0] = np.nan
    assert CALCULATOR.consumption_trend(week) is None


def test_mean_refill_times_have_an_interval_that_holds_the_truth() -> None:
    """A3.4: of 400 attendants with 12 refills each about 95 % of the intervals hold the true mean."""
    minutes = np.random.default_rng(1).normal(6.0, 1.5, (400, 12))
    refills = pd.DataFrame({"staff_id": np.repeat(np.arange(400), 12), "minutes": minutes.ravel()})
    found = CALCULATOR.refill_minutes(refills)
    inside = (found["low"] <= 6.0) & (found["high"] >= 6.0)
    assert 0.92 < inside.mean() < 0.98


def test_an_attendant_with_few_refills_has_a_number_and_no_mean() -> None:
    refills = pd.DataFrame({"staff_id": [1] * 10 + [2] * 9 + [3] * 2, "minutes": [3.0, 5.0] * 10 + [np.nan]})
    found = CALCULATOR.refill_minutes(refills).set_index("staff_id")
    assert found["n"].to_dict() == {1: 10, 2: 9, 3: 1}
    assert found.loc[1, "low"] < found.loc[1, "mean_minutes"] == 4 < found.loc[1, "high"]
    assert found.loc[[2, 3], ["mean_minutes", "low", "high"]].isna().all(axis=None)
    assert CALCULATOR.refill_minutes(refills.head(0)).empty
