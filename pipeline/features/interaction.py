"""Interactions of stored features (SPEC P4): domain combinations, and polynomials of the best columns.

They are computed from one row's stored columns alone, when the row is used: training and detection call the same
function on the same stored numbers, so they cannot differ. A name says how its column is made: a stored feature, a key
of ``DOMAIN``, ``a^2`` or ``a*b``.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.features.names import FEATURES

Floats = npt.NDArray[np.float64]

SCALE_FLOOR_RATIO = 0.1  # of the level: the spread of quantised series is often 0 (DETECTION 6)
CAP = 50.0  # in spreads; beyond it more is not more certain
TOP = 4


def _of(frame: pd.DataFrame, name: str) -> Floats:
    return np.asarray(frame[name].to_numpy(dtype=float))


def spread(frame: pd.DataFrame) -> Floats:
    """What a usual deviation is: the spread of the 30 days before, with a floor."""
    floor = SCALE_FLOOR_RATIO * np.abs(_of(frame, "rolling_mean_30"))
    return np.asarray(np.maximum(np.nan_to_num(_of(frame, "rolling_std_30")), np.maximum(floor, 1e-9)))


def _deviation(frame: pd.DataFrame, of: Floats, usual: str) -> Floats:
    return np.asarray(np.clip((of - _of(frame, usual)) / spread(frame), -CAP, CAP))


def _range_position(frame: pd.DataFrame) -> Floats:
    low, width = _of(frame, "min"), _of(frame, "max") - _of(frame, "min")
    return np.asarray(np.where(width > 0, (_of(frame, "value") - low) / np.where(width > 0, width, 1.0), 0.5 + 0 * low))


DOMAIN: dict[str, tuple[str, Callable[[pd.DataFrame], Floats]]] = {
    "deviation_7": (
        "value minus the mean of the 7 days before, in spreads of the 30 days before",
        lambda frame: _deviation(frame, _of(frame, "value"), "rolling_mean_7"),
    ),
    "deviation_30": (
        "value minus the mean of the 30 days before, in their spreads",
        lambda frame: _deviation(frame, _of(frame, "value"), "rolling_mean_30"),
    ),
    "deviation_week": (
        "value minus the value 7 days ago, in spreads",
        lambda frame: _deviation(frame, _of(frame, "value"), "lag_7"),
    ),
    "level_shift": (
        "mean of the last 7 days, today included, minus the mean of the 30 days before today, in spreads",
        lambda frame: _deviation(frame, _of(frame, "mean") + _of(frame, "momentum"), "rolling_mean_30"),
    ),
    "lag_difference": (
        "value 1 day ago minus value 7 days ago, in spreads",
        lambda frame: _deviation(frame, _of(frame, "lag_1"), "lag_7"),
    ),
    "momentum_volatility": (
        "momentum × volatility",
        lambda frame: np.asarray(_of(frame, "momentum") * _of(frame, "volatility")),
    ),
    "weekend_level": (
        "is_weekend × deviation_30",
        lambda frame: np.asarray(_of(frame, "is_weekend") * _deviation(frame, _of(frame, "value"), "rolling_mean_30")),
    ),
    "range_position": ("where value lies between min and max; 0.5 for a constant", _range_position),
}
INTERACTIONS = tuple(DOMAIN)


def polynomial(names: Sequence[str], top: int = TOP) -> tuple[str, ...]:
    """Names of all terms of degree 2 of the first ``top`` of ``names``: k squares and k (k − 1) / 2 products."""
    best = list(names)[:top]
    return (*(f"{name}^2" for name in best), *(f"{one}*{two}" for one, two in combinations(best, 2)))


def column(frame: pd.DataFrame, name: str) -> Floats:
    """The column of that name, one number a row, NaN where a part is missing. KeyError: a stored part is not there."""
    if "*" in name:
        one, two = name.split("*", 1)
        return np.asarray(column(frame, one) * column(frame, two))
    if name.endswith("^2"):
        return np.asarray(column(frame, name.removesuffix("^2")) ** 2)
    return DOMAIN[name][1](frame) if name in DOMAIN else _of(frame, name)


def matrix(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Rows × names, float64; what is not finite is NaN."""
    stored = [name for name in names if name in frame.columns]
    if len(stored) == len(names):
        found = frame[stored].to_numpy(dtype=float)
    else:
        found = np.column_stack([column(frame, name) for name in names])
    return np.where(np.isfinite(found), found, np.nan)


def all_columns() -> tuple[str, ...]:
    """Every column that a model may choose from, polynomials left out."""
    return (*FEATURES, "value", *INTERACTIONS)
