"""Expected consumption from past days: product rate × room effect × weekday × recent level, given the occupancy."""

from dataclasses import dataclass

import numpy as np

from pipeline.training.count_window import BUCKETS, UNKNOWN, VACANT, CountWindow
from pipeline.training.exact import EXPOSURE_UNIT, Floats, Ints, exact_sum

RATE_PRIOR_UNITS = 4.0  # units of prior weight of a product's rate in one occupancy state
LEVEL_PRIOR_UNITS = 60.0  # shrinks the level of the last week and the weekdays towards 1
DISPERSION_PRIOR = 40.0  # expected pairs (Σμ²) of prior weight of a product's dispersion
ROOM_VARIANCE_RANGE = (0.02, 1.0)
DISPERSION_RANGE = (0.05, 20.0)
VISIT_EXCESS = 2.0  # variance over mean of a room's totals: guests who take, take several things
MIN_RATE = 1e-6


@dataclass(frozen=True)
class CountModel:
    """Fitted on a window of strictly earlier days; all arrays are indexed by the window's codes."""

    rate: Floats  # product × state: units per exposure
    room_effect: Floats
    room_effect_variance: Floats  # of what is not known about the room
    weekday: Floats
    level: float
    dispersion: Floats  # product
    visit_dispersion: float
    room_visits: Ints
    days: int

    def means(self, product: Ints, state: Ints, room: Ints, exposure: Floats, weekday: int) -> Floats:
        """Expected units of rows of one day."""
        place = np.where(state == VACANT, 1.0, self.room_effect[room] * self.weekday[weekday] * self.level)
        return np.asarray(self.rate[product, state] * exposure * place)


def fit(window: CountWindow, day: int) -> CountModel:
    """Gamma–Poisson estimates by moments (empirical Bayes); nothing of ``day`` itself is in the window."""
    exposure = window.exposure / EXPOSURE_UNIT
    units = window.cells[..., 1].sum(axis=2)
    rate = _rates(units, exposure)
    usual = _usual(window.room_exposure, rate)
    effect, spread = _room_effects(window, usual)
    weekday_usual = _usual(window.weekday_exposure, rate)
    weekday = (window.weekday_units + LEVEL_PRIOR_UNITS) / (weekday_usual + LEVEL_PRIOR_UNITS)
    recent_exposure, recent_units = window.recent_sums(day)
    recent_usual = float(_usual(recent_exposure[None], rate)[0])
    dispersion = _product_dispersion(window.cells, rate, spread)
    return CountModel(
        rate, effect, spread / (1.0 + usual * spread), weekday,
        (recent_units + LEVEL_PRIOR_UNITS) / (recent_usual + LEVEL_PRIOR_UNITS),
        dispersion, _visit_dispersion(window.visits, units, exposure, spread), window.room_visits.copy(), window.days,
    )  # fmt: skip


def _rates(units: Ints, exposure: Floats) -> Floats:
    """Units per exposure of each product and state, shrunk to the product's rate times the state's usual ratio."""
    busy = [state for state in range(exposure.shape[1]) if state != VACANT]
    total = (units[:, busy].sum() + 0.5) / (exposure[:, busy].sum() + 1.0)
    product = (units[:, busy].sum(axis=1) + 1.0) / (exposure[:, busy].sum(axis=1) + 1.0 / total)
    usual = exact_sum(product[:, None] * exposure, axis=0)
    state = (units.sum(axis=0) + 0.5) / (usual + 1.0)
    state[[0, 1, UNKNOWN]] = (units.sum(axis=0) + 10.0)[[0, 1, UNKNOWN]] / (usual + 10.0)[[0, 1, UNKNOWN]]
    prior = np.maximum(product[:, None] * state[None, :], MIN_RATE)
    return np.asarray((units + RATE_PRIOR_UNITS) / (exposure + RATE_PRIOR_UNITS / prior))


def _usual(exposure: Ints, rate: Floats) -> Floats:
    """Expected units outside vacant intervals for each entry of the first axis, at the present rates."""
    expected = exposure / EXPOSURE_UNIT * rate
    expected[..., VACANT] = 0.0
    return exact_sum(expected, axis=(-2, -1))


def _room_effects(window: CountWindow, usual: Floats) -> tuple[Floats, float]:
    """Each room's ratio to the usual, shrunk by the variance that chance does not explain."""
    surplus = (window.room_units - usual) ** 2 - VISIT_EXCESS * usual
    weight = float(exact_sum(usual**2))
    variance = float(exact_sum(surplus)) / weight if weight > 0 else 0.0
    variance = float(np.clip(variance, *ROOM_VARIANCE_RANGE))
    return np.asarray((window.room_units + 1.0 / variance) / (usual + 1.0 / variance)), variance


def _excess(moments: Ints, means: Floats) -> tuple[Floats, Floats]:
    """Σ((y − μ)² − y) and Σμ² over rows of equal expectation, from their counts, sums and sums of squares."""
    rows, total, squares = moments[..., 0], moments[..., 1], moments[..., 2]
    return squares - 2.0 * means * total + rows * means**2 - total, rows * means**2


def _product_dispersion(cells: Ints, rate: Floats, room_variance: float) -> Floats:
    """φ of each product, shrunk to the hotel's; the variance between rooms, known by now, is taken out."""
    means = rate[:, :, None] * np.arange(BUCKETS)
    busy = np.ones(rate.shape[1], dtype=bool)
    busy[VACANT] = False
    over, weight = _excess(cells[:, busy, 1:], means[:, busy, 1:])
    over, weight = exact_sum(over, axis=(1, 2)), exact_sum(weight, axis=(1, 2))
    hotel = max(float(over.sum()) / max(float(weight.sum()), 1e-9), 0.0) if weight.size else 0.0
    product = (over + DISPERSION_PRIOR * hotel) / (weight + DISPERSION_PRIOR)
    return np.asarray(np.clip((1.0 + product) / (1.0 + room_variance) - 1.0, *DISPERSION_RANGE))


def _visit_dispersion(visits: Ints, units: Ints, exposure: Floats, room_variance: float) -> float:
    """φ of a room's total at one check."""
    checks = np.maximum(visits[..., 0].sum(axis=1), 1)
    load = (visits[..., 0] * np.arange(BUCKETS)).sum(axis=1) / checks
    mean = visits[..., 1].sum(axis=1) / checks
    means = (mean / np.maximum(load, 1e-9))[:, None] * np.arange(BUCKETS)
    busy = [0, 1, UNKNOWN]
    over, weight = _excess(visits[busy, 1:], means[busy, 1:])
    hotel = max(float(exact_sum(over)), 0.0) / max(float(exact_sum(weight)), 1e-9)
    return float(np.clip((1.0 + hotel) / (1.0 + room_variance) - 1.0, *DISPERSION_RANGE))
