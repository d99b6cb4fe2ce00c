"""The store's shelf played forward: demand, returns and expected deliveries, many times (SPEC A4.2)."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.forecasting.demand import WEEK, Floats, Ints
from pipeline.forecasting.run_out import HORIZON_DAYS, SOON_DAYS, RunOut, first_day
from pipeline.forecasting.supply import Supply

PATHS = 400


@dataclass(frozen=True)
class Outlook:
    """The demand of P products from day 0, ``starts_on``, on, as a forecast says it.

    ``mean`` and ``variance`` (P × H) by day, ``shared`` (P) the relative variance all days have in common; NaN for
    products that are still learnt. ``last_week`` (P × 7): the outflow of the days before, which returns depend on.
    """

    product_ids: Ints
    starts_on: date
    mean: Floats
    variance: Floats
    shared: Floats
    last_week: Floats


def play(levels: Floats, outlook: Outlook, supply: Supply) -> tuple[RunOut, RunOut]:
    """When each of P products is empty, from ``PATHS`` plays: with ``supply``, and if nothing came.

    The same question always gets the same answer. Every play draws each day's demand (gamma, rounded at random so that
    its mean stays) and, for the first answer, what comes back of it and deliveries as they came before: gaps and
    quantities in pairs, the running gap given that it has lasted so long. Demand of a day comes before its deliveries.
    Beyond the forecast its last week repeats. Both answers meet the same demand; drawing it takes longest.
    """
    demand, arriving = _draws(outlook, supply)
    return _played(levels, outlook, demand, (supply.returns, arriving)), _played(levels, outlook, demand, None)


def _played(levels: Floats, outlook: Outlook, demand: Floats, comes: tuple[Floats, Floats] | None) -> RunOut:
    """``comes``: the shares returned (P × 7), and deliveries drawn as ``demand`` is."""
    stock = np.repeat(levels[:, None].astype(float), PATHS, axis=1)
    week = outlook.last_week.sum(axis=1)[:, None]
    never = HORIZON_DAYS + 1
    ended = np.where(stock <= 0, 0, never)
    for day in range(HORIZON_DAYS):
        stock = stock - demand[day]
        ended = np.minimum(ended, np.where(stock <= 0, day + 1, never))
        if comes is not None:
            returns, arriving = comes
            weekday = (outlook.starts_on.weekday() + day) % WEEK
            week = week + demand[day] - (demand[day - WEEK] if day >= WEEK else outlook.last_week[:, day : day + 1])
            stock = stock + week * returns[:, weekday : weekday + 1] + arriving[day]
    return _run_out(outlook, ended)


def _run_out(outlook: Outlook, ended: Ints) -> RunOut:
    """From the day (P × PATHS) on which each play ended; NaN for products that are still learnt."""
    plays = np.zeros((len(ended), HORIZON_DAYS + 2))
    np.add.at(plays, (np.arange(len(ended))[:, None], ended), 1.0)
    empty_by = np.cumsum(plays[:, :-1], axis=1) / PATHS
    hidden = np.where(np.isfinite(outlook.mean[:, 0]), 1.0, np.nan)
    low, middle, high = (first_day(empty_by, level) * hidden for level in (0.1, 0.5, 0.9))
    daily = outlook.mean[:, :WEEK].mean(axis=1)
    return RunOut(daily, middle, low, high, empty_by[:, SOON_DAYS] * hidden, empty_by * hidden[:, None])


def _draws(outlook: Outlook, supply: Supply) -> tuple[Floats, Floats]:
    """(HORIZON_DAYS × P × PATHS) demand and deliveries; each product has its own stream of numbers."""
    count = len(outlook.product_ids)
    demand, arriving = np.zeros((2, HORIZON_DAYS, count, PATHS))
    days = _days(outlook.mean.shape[1])
    for place, product_id in enumerate(outlook.product_ids):
        random = np.random.default_rng([int(product_id), outlook.starts_on.toordinal()])
        mean, variance = outlook.mean[place, days], outlook.variance[place, days]
        if np.isfinite(mean).all() and mean.max() > 0:
            demand[:, place] = _demand(mean, variance, float(outlook.shared[place]), random).T
        if supply.is_known[place]:
            known = np.isfinite(supply.gaps[place])
            gaps, units = supply.gaps[place, known].astype(np.int64), supply.quantities[place, known]
            arriving[:, place] = _arrivals(gaps, units, int(supply.days_since[place]), random).T
    return demand, arriving


def _days(known: int) -> Ints:
    """For every day to come the forecast day that stands for it."""
    day = np.arange(HORIZON_DAYS)
    return np.where(day < known, day, known - WEEK + (day - known) % WEEK).clip(0)


def _demand(mean: Floats, variance: Floats, shared: float, random: np.random.Generator) -> Floats:
    level = random.gamma(1 / shared, shared, (PATHS, 1)) if shared > 1e-6 else np.ones((PATHS, 1))
    spread = np.maximum(variance / np.maximum(mean, 1e-9), 1e-6)
    drawn = random.standard_gamma(np.maximum(mean / spread, 1e-12), (PATHS, HORIZON_DAYS)) * spread * level
    return np.asarray(np.floor(drawn + random.random(drawn.shape)))


def _arrivals(gaps: Ints, units: Floats, days_since: int, random: np.random.Generator) -> Floats:
    """Deliveries by play and day, drawn from the past ones."""
    arriving = np.zeros((PATHS, HORIZON_DAYS))
    possible = np.flatnonzero(gaps >= days_since)
    most = HORIZON_DAYS // int(gaps.min()) + 1
    first = random.choice(possible, (PATHS, 1))
    drawn = np.concatenate([first, random.integers(0, len(gaps), (PATHS, most))], axis=1)
    day = np.cumsum(gaps[drawn], axis=1) - days_since
    path, number = np.nonzero(day < HORIZON_DAYS)
    np.add.at(arriving, (path, day[path, number]), units[drawn[path, number]])
    return arriving
