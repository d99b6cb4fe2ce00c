"""Run-out forecasts (A4.2): honest on little data, monotone in level, calibrated on simulated demand."""

import numpy as np

from pipeline.forecasting.run_out import MIN_DAYS, SOON_DAYS, run_out


def steady(per_day: float, days: int = 28) -> np.ndarray:
    return np.full((1, days), per_day)


def test_a_steady_product_runs_out_when_its_level_is_used_up() -> None:
    forecast = run_out(np.array([100.0]), steady(10.0))
    assert forecast.daily_outflow[0] == 10.0
    assert forecast.days_low[0] <= 10 <= forecast.days_high[0]
    assert abs(forecast.days_left[0] - 10) <= 1


def test_too_few_days_say_nothing_and_missing_days_are_not_zeros() -> None:
    few = steady(5.0)
    few[:, MIN_DAYS - 1 :] = np.nan
    assert np.isnan(run_out(np.array([10.0]), few).days_left[0])
    holes = steady(5.0)
    holes[:, ::3] = np.nan
    assert run_out(np.array([10.0]), holes).daily_outflow[0] == 5.0


def test_a_product_that_never_leaves_does_not_run_out_unless_it_is_empty() -> None:
    forecast = run_out(np.array([5.0, 0.0]), np.zeros((2, 28)))
    assert np.isinf(forecast.days_left[0])
    assert forecast.probability_soon.tolist() == [0.0, 1.0]


def test_an_empty_or_negative_store_has_run_out_now() -> None:
    forecast = run_out(np.array([0.0, -3.0]), np.vstack([steady(2.0), steady(2.0)]))
    assert forecast.days_left.tolist() == [0.0, 0.0]
    assert forecast.probability_soon.tolist() == [1.0, 1.0]


def test_more_stock_never_means_an_earlier_end() -> None:
    generator = np.random.default_rng(1)
    flows = np.repeat(generator.poisson(4.0, (1, 28)).astype(float), 50, axis=0)
    forecast = run_out(np.linspace(0, 200, 50), flows)
    assert (np.diff(forecast.days_left[np.isfinite(forecast.days_left)]) >= 0).all()
    assert (np.diff(forecast.probability_soon) <= 1e-12).all()


def test_the_probability_of_running_out_in_a_week_is_about_right_on_overdispersed_demand() -> None:
    generator = np.random.default_rng(2)
    demand = generator.negative_binomial(2, 0.25, (4000, 28 + SOON_DAYS)).astype(float)  # mean 6, variance 24
    levels = generator.uniform(20, 70, 4000)
    forecast = run_out(levels, demand[:, :28])
    empty = demand[:, 28:].sum(axis=1) >= levels
    for low, high in ((0.1, 0.3), (0.4, 0.6), (0.7, 0.9)):
        chosen = (forecast.probability_soon >= low) & (forecast.probability_soon < high)
        assert chosen.sum() > 100
        assert abs(empty[chosen].mean() - forecast.probability_soon[chosen].mean()) < 0.08


def test_a_product_issued_on_one_weekday_lasts_until_that_weekday() -> None:
    """A4.4: column d is the day that ended d days ago, so column 1 and its weeks are the sixth of the days to come."""
    flows = np.full((1, 28), 0.5)
    flows[:, 1::7] = 60.0
    weekly, even = run_out(np.array([25.0]), flows), run_out(np.array([25.0]), np.full((1, 28), flows.mean()))
    assert weekly.daily_outflow == even.daily_outflow
    assert (even.days_left[0], weekly.days_left[0]) == (3.0, 6.0)


def test_four_of_five_products_run_out_within_the_interval() -> None:
    """DETECTION, Forecasts: coverage of the 80 % band, here on demand with weekdays that the model must learn."""
    generator = np.random.default_rng(3)
    weekday = np.tile([0.6, 0.7, 0.8, 1.0, 1.2, 1.5, 1.2], 12)
    demand = generator.negative_binomial(3, 3 / (3 + 8.0 * weekday[None, :]), (3000, 84)).astype(float)
    levels = generator.uniform(30, 200, 3000)
    forecast = run_out(levels, demand[:, 27::-1])  # the newest day first
    ahead = np.cumsum(demand[:, 28:], axis=1)
    end = (ahead >= levels[:, None]).argmax(axis=1) + 1
    inside = (end >= forecast.days_low) & (end <= forecast.days_high)
    assert 0.76 < inside.mean() < 0.92
