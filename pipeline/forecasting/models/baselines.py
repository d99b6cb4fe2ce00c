"""Models to compare with: seasonal naive, same weekday, Croston-type, linear regression."""

import numpy as np

from pipeline.forecasting.demand import WEEK, Demand, Expected, Floats

MEAN_DAYS = 28
PRIOR_DAYS = 4.0  # the mean of all days weighs as much as four observations of one weekday
SMOOTHING_SIZE, SMOOTHING_PROBABILITY = 0.1, 0.05
LINEAR_DAYS = 90
WEEKDAY_MEMORY = 0.8  # of a weekday's profile from week to week


def seasonal_naive(demand: Demand) -> Expected:
    """The same weekday of the last observed week; the variance is that of its own past differences, halved.

    Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, 5.2.
    """
    ahead = np.arange(demand.horizon)
    filled = _carried(demand.units, WEEK)
    back = demand.days - WEEK + ahead % WEEK
    mean = filled[:, back] if demand.days >= WEEK else np.zeros((len(demand.units), demand.horizon))
    change = demand.units[:, WEEK:] - demand.units[:, :-WEEK]
    spread = _mean_known(change**2)
    return Expected(mean, np.repeat(spread[:, None], demand.horizon, axis=1))


def weekday_mean(demand: Demand) -> Expected:
    """The mean of each weekday, recent weeks counting more, shrunk towards the mean of all days."""
    age = (demand.days - 1 - np.arange(demand.days)) // WEEK
    weights = np.where(demand.observed, WEEKDAY_MEMORY**age, 0.0)
    units = np.where(demand.observed, demand.units, 0.0)
    level = (weights * units).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    is_day = (demand.weekday[:, None] == np.arange(WEEK)).astype(float)
    past, ahead = is_day[: demand.days], is_day[demand.days :]
    means = ((weights * units) @ past + level[:, None]) / (weights @ past + 1.0)
    residual = weights * (units - means @ past.T) ** 2
    by_day = (residual @ past + 1e-9) / np.maximum(weights @ past, 1e-9)
    mean = means @ ahead.T
    return Expected(mean, by_day @ ahead.T)


def croston(demand: Demand) -> Expected:
    """Probability and size of a demand, each smoothed (TSB: Teunter, Syntetos & Babai 2011), flat over the horizon."""
    first = np.where(demand.observed, demand.units, 0.0)
    sold = first > 0
    probability = np.where(demand.observed, sold, 0.0).sum(axis=1) / np.maximum(demand.observed.sum(axis=1), 1)
    size = first.sum(axis=1) / np.maximum(sold.sum(axis=1), 1)
    square = (first**2).sum(axis=1) / np.maximum(sold.sum(axis=1), 1)
    for day in range(demand.days):
        seen, happened = demand.observed[:, day], sold[:, day]
        probability += np.where(seen, SMOOTHING_PROBABILITY * (happened - probability), 0.0)
        size += np.where(happened, SMOOTHING_SIZE * (first[:, day] - size), 0.0)
    mean = (probability * size)[:, None] * np.ones(demand.horizon)
    variance = np.maximum(probability * square - mean[:, 0] ** 2, mean[:, 0])
    return Expected(mean, np.repeat(variance[:, None], demand.horizon, axis=1))


def linear_regression(demand: Demand) -> Expected:
    """A straight line through the last 90 days, by least squares: the older system's forecast (SPEC A4.4)."""
    since = max(demand.days - LINEAR_DAYS, 0)
    units, observed = demand.units[:, since:], demand.observed[:, since:]
    day = np.arange(units.shape[1]) - units.shape[1]
    count = np.maximum(observed.sum(axis=1), 1)
    filled = np.where(observed, units, 0.0)
    middle_day = (observed * day).sum(axis=1) / count
    middle = filled.sum(axis=1) / count
    centred = np.where(observed, day - middle_day[:, None], 0.0)
    slope = (centred * filled).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-9)
    ahead = np.arange(demand.horizon)
    mean = np.maximum(middle[:, None] + slope[:, None] * (ahead - middle_day[:, None]), 0.0)
    residual = np.where(observed, units - middle[:, None] - slope[:, None] * centred, 0.0)
    variance = (residual**2).sum(axis=1) / np.maximum(count - 2, 1)
    return Expected(mean, np.maximum(variance[:, None], mean))


def _carried(units: Floats, period: int) -> Floats:
    """Days that were not observed take the value of the same place one period earlier; 0 where there is none."""
    filled = units.copy()
    for day in range(filled.shape[1]):
        before = filled[:, day - period] if day >= period else np.zeros(len(filled))
        filled[:, day] = np.where(np.isfinite(filled[:, day]), filled[:, day], before)
    return filled


def _mean_known(values: Floats) -> Floats:
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
