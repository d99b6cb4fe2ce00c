"""Demand models learn what they should from planted demand, and nothing from days not observed (A4.1, A4.4)."""

import numpy as np
import pytest

from pipeline.forecasting.demand import observed_days
from pipeline.forecasting.models import MODELS, expectations
from pipeline.forecasting.models.negative_binomial import count_regression
from tests.unit.pipeline.forecasting.histories import counts, demand, history, stays

WEEKDAYS = np.tile([0.2, 0.5, 1.0, 1.0, 1.5, 2.0, 0.8], 20)


def test_the_weekday_is_learnt_and_shared_with_products_that_sell_little() -> None:
    units = counts(np.outer([20.0] * 9 + [0.6], WEEKDAYS), 4.0, (10, 140), 1)
    found = count_regression(demand(units))
    assert np.abs(found.mean[:9].mean(axis=0) / (20 * WEEKDAYS[:7]) - 1).max() < 0.25
    small = found.mean[9] / found.mean[9].mean()
    assert small[5] > 2.5 * small[0]


def test_dispersion_follows_the_series() -> None:
    calm = count_regression(demand(counts(8.0, 200.0, (30, 120), 2)))
    wild = count_regression(demand(counts(8.0, 1.0, (30, 120), 2)))
    assert np.median(calm.variance / calm.mean) < 1.6
    assert np.median(wild.variance / wild.mean) > 5


def full_house(nights: int, guests_of: np.ndarray, until: int) -> list[tuple[int, int, int, float]]:
    """One-night stays, each known three weeks ahead."""
    return [(night, night + 1, night - 21, float(guests_of[night])) for night in range(nights) if night - 21 < until]


def test_more_bookings_mean_more_demand() -> None:
    """A4.4: demand in proportion to guests; the books of the coming week decide."""
    generator = np.random.default_rng(3)
    guests = generator.integers(40, 160, 161).astype(float)
    units = generator.poisson(0.1 * guests[None, :140] * np.ones((8, 1))).astype(float)
    quiet, busy = guests.copy(), guests.copy()
    quiet[140:], busy[140:] = 50.0, 150.0
    low, high = (
        count_regression(history(units, stays(full_house(161, nights, 140))).at(140, 7)).mean[:, 2:].mean()
        for nights in (quiet, busy)
    )
    assert low < 8
    assert high > 12


def test_a_season_is_learnt_from_more_than_a_year() -> None:
    days = np.arange(500)
    level = 10 * np.exp(0.7 * np.sin(2 * np.pi * days / 365.25))
    units = counts(level[None, :] * np.ones((10, 1)), 10.0, (10, 500), 4)
    with_season = history(units[:, :440]).at(440, 28)
    error = np.abs(count_regression(with_season).mean.mean(axis=0) / level[440:468] - 1).mean()
    assert error < 0.15


@pytest.mark.parametrize("name", MODELS)
def test_a_product_that_never_leaves_is_expected_to_stay(name: str) -> None:
    found = MODELS[name](demand(np.vstack([np.zeros(60), np.full(60, 5.0)])))
    assert np.abs(found.mean[0]).max() < 0.01
    assert found.mean[1].min() > 4


@pytest.mark.parametrize("name", MODELS)
def test_days_that_were_not_observed_are_not_zeros(name: str) -> None:
    units = np.full((2, 70), 6.0)
    holes = units.copy()
    holes[:, 20:41] = np.nan  # closed for three weeks
    holes[:, -3:] = np.nan  # the last files have not come
    found, zeros = (MODELS[name](demand(values)).mean for values in (holes, np.nan_to_num(holes)))
    assert np.abs(found - 6).max() < 0.3
    assert np.abs(zeros - 6).max() > 0.3  # the control: taken as zeros they would pull it down


def test_every_model_is_finite_and_not_negative_on_little_and_odd_data() -> None:
    lone = np.zeros((1, 40))
    lone[0, 7] = 5000.0
    for units in (np.full((3, 1), 2.0), np.full((2, 3), np.nan), lone, counts(300.0, 0.2, (5, 200), 5)):
        for name, found in expectations(demand(units)).items():
            assert np.isfinite(found.mean).all(), name
            assert (found.mean >= 0).all(), name
            assert (found.variance >= 0).all(), name


def test_a_straight_line_is_continued_by_linear_regression() -> None:
    """A4.4: the older system's baseline stays available."""
    units = np.arange(60.0)[None, :] * 0.5 + 3
    assert MODELS["linear_regression"](demand(units)).mean[0] == pytest.approx(0.5 * np.arange(60, 67) + 3)


def test_seasonal_naive_repeats_the_last_week() -> None:
    units = counts(5.0, 2.0, (4, 63), 6)
    assert (MODELS["seasonal_naive"](demand(units, 14)).mean == np.tile(units[:, -7:], 2)).all()


def test_silence_is_zero_for_a_day_and_unknown_for_a_closed_week_and_at_the_end() -> None:
    active = np.ones(40, dtype=bool)
    active[[3, 4]] = False
    active[10:17] = False
    active[37:] = False
    observed = observed_days(active)
    assert observed[[3, 4]].all()
    assert not observed[10:17].any()
    assert not observed[37:].any()
    assert observed.sum() == 30
    assert observed_days(np.ones(3, dtype=bool)).all()
    assert not observed_days(np.zeros(3, dtype=bool)).any()


def test_a_house_filled_at_once_does_not_raise_the_forecast() -> None:
    units = np.full((3, 90), 4.0)
    units[:, 50] = 800.0
    spiked, doubled = units.copy(), units.copy()
    doubled[:, 60:] = 8.0  # the control: a lasting rise does
    for name in ("count_regression", "weekday_mean", "linear_regression"):
        assert MODELS[name](demand(spiked)).mean.max() < 6, name
        assert MODELS[name](demand(doubled)).mean.max() > 6, name
