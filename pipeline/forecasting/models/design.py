"""What a day is like: the columns of the regressions."""

import numpy as np

from pipeline.forecasting.demand import WEEK, Demand, Floats

SEASON_FROM_DAYS = 270  # fewer days do not tell a season from a trend
TREND_DAYS = 90.0  # the trend's unit
YEAR_DAYS = 365.25
TREND_RIDGE, SEASON_RIDGE, WEEKDAY_RIDGE, GUESTS_RIDGE = 20.0, 20.0, 0.5, 5.0


def columns(demand: Demand) -> tuple[Floats, Floats]:
    """(D + H) × K columns, and K ridge weights: intercept, weekdays, trend, and guests and season where known.

    The trend ends at the last observed day and is held there: a month's slope says little about next month.
    Guests enter as the log of their ratio to their mean, so that a coefficient of 1 means "in proportion".
    """
    days, total = demand.days, len(demand.weekday)
    trend = np.minimum(np.arange(total) - (days - 1), 0.0) / TREND_DAYS
    weekdays = (demand.weekday[:, None] == np.arange(WEEK)).astype(float)
    parts = [np.ones((total, 1)), weekdays, trend[:, None]]
    ridge = [0.0, *[WEEKDAY_RIDGE] * WEEK, TREND_RIDGE]
    if np.isfinite(demand.guests).all() and days and demand.guests[:days].mean() > 0:
        smallest = 0.02 * demand.guests[:days].mean()
        parts.append(np.log((demand.guests + smallest) / demand.guests[:days].mean())[:, None])
        ridge.append(GUESTS_RIDGE)
    if days >= SEASON_FROM_DAYS:
        angle = 2 * np.pi * demand.day_of_year / YEAR_DAYS
        parts += [np.sin(angle)[:, None], np.cos(angle)[:, None]]
        ridge += [SEASON_RIDGE] * 2
    return np.hstack(parts), np.array(ridge)
