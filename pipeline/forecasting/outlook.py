"""Stored forecasts as of today: what is left of the day, and the order that follows."""

from datetime import date

import numpy as np
import pandas as pd

from pipeline.forecasting.demand import WEEK, Floats, Ints
from pipeline.forecasting.history import EPOCH, day_numbers
from pipeline.forecasting.reorder import reorder
from pipeline.forecasting.shelf import Outlook
from pipeline.forecasting.supply import Supply


def outlook_of(product_ids: Ints, stored: pd.DataFrame, flows: pd.DataFrame, today: date) -> Outlook:
    """The outlook from today on; NaN for products without a stored forecast.

    ``stored``: product_id, target_on, mean, variance, shared_variance; ``flows``: product_id, moved_on, outflow. What
    left the store today already is taken off today's forecast.
    """
    zero = (today - EPOCH).days
    place = pd.Index(product_ids).get_indexer(pd.Index(stored["product_id"]))
    day = day_numbers(stored["target_on"]) - zero
    kept = (place >= 0) & (day >= 0)
    size = (len(product_ids), int(day[kept].max()) + 1 if kept.any() else WEEK)
    mean, variance, shared = np.full(size, np.nan), np.full(size, np.nan), np.full(size[0], np.nan)
    mean[place[kept], day[kept]] = stored["mean"].to_numpy(dtype=float)[kept]
    variance[place[kept], day[kept]] = stored["variance"].to_numpy(dtype=float)[kept]
    shared[place[kept]] = stored["shared_variance"].to_numpy(dtype=float)[kept]
    recent = _last_days(product_ids, flows, zero)
    mean[:, 0] = np.maximum(mean[:, 0] - recent[:, WEEK], 0.0)
    return Outlook(product_ids, today, *_whole_weeks(mean, variance), shared, recent[:, :WEEK])


def _last_days(product_ids: Ints, flows: pd.DataFrame, zero: int) -> Floats:
    """Outflow (P × 8) of the seven days before today, oldest first, and of today."""
    units = np.zeros((len(product_ids), WEEK + 1))
    place = pd.Index(product_ids).get_indexer(pd.Index(flows["product_id"]))
    day = day_numbers(flows["moved_on"]) - zero + WEEK
    inside = (place >= 0) & (day >= 0) & (day <= WEEK)
    np.add.at(units, (place[inside], day[inside]), flows["outflow"].to_numpy(dtype=float)[inside])
    return units


def _whole_weeks(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Forecasts of different mornings end on different days: products keep what all of them have, a week at least."""
    ends = np.isfinite(mean).all(axis=0)
    known = np.isfinite(mean).any(axis=1)
    complete = np.isfinite(mean[known]).all(axis=0) if known.any() else ends
    days = max(int(np.argmin(complete)) if not complete.all() else mean.shape[1], WEEK)
    return mean[:, :days], variance[:, :days]


def proposals(levels: pd.DataFrame, outlook: Outlook, supply: Supply, service_level: float) -> pd.DataFrame:
    """``levels`` (product_id, hotel_id, name, level, case_size) with the order proposed for each product."""
    gaps = np.where(np.isfinite(supply.gaps), supply.gaps, 0.0).sum(axis=1)
    count = np.isfinite(supply.gaps).sum(axis=1)
    review = np.where(count > 0, gaps / np.maximum(count, 1), float(WEEK))
    found = reorder(
        levels["level"].to_numpy(dtype=float), outlook.mean, outlook.variance, shared=outlook.shared,
        lead=(supply.lead_days, supply.lead_sd), review_days=review,
        case_sizes=levels["case_size"].to_numpy(dtype=float), service_level=service_level,
    )  # fmt: skip
    columns = levels[["product_id", "hotel_id", "name", "level", "case_size"]]
    lead = {"lead_days": supply.lead_days, "lead_sd": supply.lead_sd, "is_lead_known": supply.is_lead_known}
    return columns.assign(**lead, **vars(found))
