"""Forecasts by day as charts need them: what left and what will leave, the shelf without a delivery, the outcome."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline.forecasting.demand import WEEK, Floats
from pipeline.forecasting.distribution import quantiles
from pipeline.forecasting.shelf import Outlook

DAY_COLUMNS = ["day", "value", "expected", "lower", "upper"]
BAND = np.array([0.1, 0.9])


@dataclass(frozen=True)
class Week:
    """Units that leave in seven days, the rest of today included, with the 80 % band; ``before``: in the last seven."""

    expected: float
    lower: float
    upper: float
    before: float


def demand_days(happened: pd.DataFrame, stored: pd.DataFrame, today: date) -> pd.DataFrame:
    """``DAY_COLUMNS`` of one product: past days with their units, then today and the days after with their forecast.

    ``happened``: target_on, units; ``stored``: target_on, mean, q10, q90. Days that were not observed are NaN.
    """
    past = happened.rename(columns={"target_on": "day", "units": "value"})
    to_come = stored[stored["target_on"] >= pd.Timestamp(today)].rename(
        columns={"target_on": "day", "mean": "expected", "q10": "lower", "q90": "upper"}
    )
    return _by_day([past[past["day"] < pd.Timestamp(today)], to_come])


def shelf_days(levels: pd.DataFrame, level: float, outlook: Outlook) -> pd.DataFrame:
    """``DAY_COLUMNS`` of one product's store: past closing levels and the level now, then what would be left at the
    end of today and of the days after if nothing were delivered, with the 80 % band.

    ``levels``: day, level. The demand of several days is a gamma with their moments, as in ``shelf.play``.
    """
    mean, variance = total(outlook)
    used = quantiles(mean[:, None], variance[:, None], BAND[None, :])
    days = pd.date_range(pd.Timestamp(outlook.starts_on), periods=len(mean), unit="us")
    now = np.full(len(mean), np.nan)
    now[0] = level
    to_come = pd.DataFrame({
        "day": days, "value": now, "expected": np.maximum(level - mean, 0.0),
        "lower": np.maximum(level - used[:, 1], 0.0), "upper": np.maximum(level - used[:, 0], 0.0),
    })  # fmt: skip
    past = levels.rename(columns={"level": "value"})
    return _by_day([past[past["day"] < days[0]], to_come])


def total(outlook: Outlook) -> tuple[Floats, Floats]:
    """Mean and variance of the demand from now to the end of each day, of an outlook of one product."""
    mean = np.cumsum(outlook.mean[0])
    return mean, np.cumsum(outlook.variance[0]) + mean**2 * outlook.shared[0]


def week_of(outlook: Outlook) -> Week:
    """The next seven days beside the last seven, of an outlook of one product."""
    mean, variance = (part[WEEK - 1] for part in total(outlook))
    lower, upper = quantiles(np.array([mean]), np.array([variance]), BAND)
    return Week(float(mean), float(lower), float(upper), float(outlook.last_week[0].sum()))


def compared_days(days: pd.DataFrame, product_id: int) -> pd.DataFrame:
    """``DAY_COLUMNS`` and is_inside of one product: each day beside the newest forecast made for it.

    ``days`` as in ``Accuracy.days``.
    """
    mine = days[days["product_id"] == product_id].sort_values("made_on").drop_duplicates("target_on", keep="last")
    named = mine.rename(
        columns={"target_on": "day", "units": "value", "mean": "expected", "q10": "lower", "q90": "upper"}
    )
    return named.sort_values("day", ignore_index=True)[[*DAY_COLUMNS, "is_inside"]]


def _by_day(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in DAY_COLUMNS})
    days = pd.concat([part["day"] for part in filled], ignore_index=True)
    values = {name: np.concatenate([_values(part, name) for part in filled]) for name in DAY_COLUMNS[1:]}
    return pd.DataFrame({"day": days, **values}).sort_values("day", ignore_index=True)


def _values(part: pd.DataFrame, name: str) -> Floats:
    return part[name].to_numpy(dtype=float) if name in part else np.full(len(part), np.nan)
