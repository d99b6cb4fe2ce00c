"""Histories for tests: planted demand, with or without guests."""

from datetime import date

import numpy as np
import pandas as pd

from pipeline.forecasting.demand import Demand
from pipeline.forecasting.history import History
from pipeline.forecasting.occupancy import books

FIRST = date(2026, 1, 5)  # a Monday


def no_stays() -> pd.DataFrame:
    return stays([])


def stays(rows: list[tuple[int, int, int, float]]) -> pd.DataFrame:
    """(arrival, departure, known, guests) in day numbers."""
    return pd.DataFrame(rows, columns=["arrival", "departure", "known", "guests"]).astype(
        {"arrival": "int64", "departure": "int64", "known": "int64", "guests": float}
    )


def history(units: np.ndarray, booked: pd.DataFrame | None = None, horizon: int = 28) -> History:
    known = books(no_stays() if booked is None else booked, units.shape[1], horizon)
    return History(np.arange(1, len(units) + 1), FIRST, units.astype(float), known)


def demand(units: np.ndarray, horizon: int = 7) -> Demand:
    return history(units, horizon=max(horizon, 28)).at(units.shape[1], horizon)


def counts(mean: np.ndarray | float, shape: float, size: tuple[int, int], seed: int) -> np.ndarray:
    """Negative-binomial units with variance mean + mean²/shape."""
    generator = np.random.default_rng(seed)
    means = np.broadcast_to(mean, size)
    return generator.negative_binomial(shape, shape / (shape + means)).astype(float)
