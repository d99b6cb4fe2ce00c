"""Demand models: each turns a past into the mean and variance of the days to come."""

from collections.abc import Callable

from pipeline.forecasting.demand import Demand, Expected
from pipeline.forecasting.models.baselines import croston, linear_regression, seasonal_naive, weekday_mean
from pipeline.forecasting.models.negative_binomial import count_regression

DEFAULT = "count_regression"
BLEND = "blend"  # the mean of count_regression and weekday_mean (Bates & Granger 1969, The Combination of Forecasts)
MODELS: dict[str, Callable[[Demand], Expected]] = {
    DEFAULT: count_regression,
    "weekday_mean": weekday_mean,
    "croston": croston,
    "linear_regression": linear_regression,
    "seasonal_naive": seasonal_naive,
}
NAMES = (*MODELS, BLEND)


def expectations(demand: Demand) -> dict[str, Expected]:
    """What every model expects of the same days."""
    found = {name: model(demand) for name, model in MODELS.items()}
    one, other = found[DEFAULT], found["weekday_mean"]
    found[BLEND] = Expected((one.mean + other.mean) / 2, (one.variance + other.variance) / 2)
    return found
