"""Revenue of rooms and products: what a week brought in against the four weeks before it, per room looked into.

A single room or day is explained by its consumption, which has its own alerts. What nobody sees there is a product, or
the hotel, that earns less for a week.
"""

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.metrics.metric_type import MetricType
from pipeline.training.exact import EXPOSURE_UNIT, Floats, Ints, rounded, to_fixed, trailing_sum
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, t_two_sided, t_upper

WEEK = 7
USUAL_DAYS = 28  # that end with the day before the week
LOOKBACK_DAYS = USUAL_DAYS + WEEK + 2
LEARNING_DAYS = 21
MIN_WEEK_DAYS = 5
PRIOR_DAYS = 7.0
WEEK_SPREAD = 0.15  # relative: the hotel's own good and bad weeks, beyond what chance does to single units
MONEY_UNIT = 1000
MONEY_FLOOR = 1.0
BAND_Z = 3.0


def detect_revenue(frame: pd.DataFrame, context: Context, metric: MetricType) -> Detected:
    """A score for every room or product and day, and one family: the week of each product, or of the whole hotel.

    ``frame``: entity_id, interval_start, timestamp, metric_value (money), units, exposure (rooms looked into that day;
    missing: one). Rooms raise nothing by themselves.
    """
    rows = prepare(frame, context.time_zone)
    looked = rows["exposure"].to_numpy(dtype=float) if "exposure" in rows else np.ones(len(rows))
    rows = rows.assign(exposure=np.where(np.isfinite(looked), looked, 1.0))
    of_hotel = metric.entity_type == "room"
    weekly = _hotel(rows, context.hotel_id) if of_hotel else rows
    entity_type = "hotel" if of_hotel else metric.entity_type
    family = Family(
        metric.name, metric.alert_type, entity_type, metric.effect_gate_ratio, _weeks(weekly, of_hotel),
        share=metric.alert_share, is_banded=True, daily=True,
    )  # fmt: skip
    return Detected(_scores(rows), (family,))


def _hotel(rows: pd.DataFrame, hotel_id: int) -> pd.DataFrame:
    summed = rows.assign(money=to_fixed(rows["metric_value"].to_numpy(dtype=float), MONEY_UNIT))
    days = summed.groupby("day", as_index=False).agg(
        money=("money", "sum"), units=("units", "sum"), exposure=("exposure", "sum"),
        interval_start=("interval_start", "min"), timestamp=("timestamp", "max"),
    )  # fmt: skip
    return days.assign(metric_value=days["money"] / MONEY_UNIT, entity_id=hotel_id)


def _grid(rows: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """(days, entities, [money, exposure, units, rows]) as integers, and each row's place in it."""
    ids, entity = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    day = rows["day"].to_numpy(np.int64) - (int(rows["day"].min()) if len(rows) else 0)
    grid: Ints = np.zeros((int(day.max(initial=-1)) + 1, ids.size, 4), dtype=np.int64)
    money, units = rows["metric_value"].to_numpy(dtype=float), np.nan_to_num(rows["units"].to_numpy(dtype=float))
    exposure = to_fixed(rows["exposure"].to_numpy(dtype=float), EXPOSURE_UNIT)
    parts = [to_fixed(money, MONEY_UNIT), exposure, to_fixed(units, 1), np.ones_like(day)]
    np.add.at(grid, (day, entity), np.stack(parts, axis=1))
    return grid, day, entity


def _weeks(rows: pd.DataFrame, of_hotel: bool) -> pd.DataFrame:
    """One row an entity and day: the seven days that end with it."""
    grid, day, entity = _grid(rows)
    shifted = np.concatenate([grid, np.zeros_like(grid[:1])]) if len(grid) else grid
    week = trailing_sum(shifted, WEEK)[1:] if len(grid) else grid
    before = trailing_sum(grid, USUAL_DAYS + WEEK - 1) - trailing_sum(grid, WEEK - 1) if len(grid) else grid
    now, past = week[day, entity], before[day, entity]
    looked = np.maximum(past[:, 1] / EXPOSURE_UNIT, 1e-9)
    work = now[:, 1] / EXPOSURE_UNIT
    expected, units = past[:, 0] / MONEY_UNIT / looked * work, past[:, 2] / looked * work
    spread = np.sqrt(1.0 / np.maximum(units, 1.0) + WEEK_SPREAD**2)
    scale = np.maximum(expected * spread, MONEY_FLOOR)
    value = now[:, 0] / MONEY_UNIT
    ready = (past[:, 3] >= LEARNING_DAYS) & (now[:, 3] >= MIN_WEEK_DAYS)
    off = deviation(value, expected, MONEY_FLOOR)
    found = rows.assign(
        value=value, expected=rounded(expected), lower=rounded(np.maximum(expected - BAND_Z * scale, 0.0)),
        upper=rounded(expected + BAND_Z * scale), observations=past[:, 3].astype(float), usual=rounded(expected),
        score=np.where(ready, rounded(evidence(t_upper((expected - value) / scale))), np.nan), deviation_ratio=off,
        effect=np.maximum(-off, 0.0),
    )  # fmt: skip
    return found if of_hotel else found.assign(product_id=found["entity_id"])


def _scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Expected revenue of each row's day: the entity's own rate, shrunk towards that of all; told with a wide band."""
    grid, day, entity = _grid(rows)
    own = trailing_sum(grid, USUAL_DAYS) if len(grid) else grid
    everyone = own.sum(axis=1)
    work, days = everyone[:, 1] / EXPOSURE_UNIT, np.maximum(everyone[:, 3], 1)
    rate = everyone[:, 0] / MONEY_UNIT / np.maximum(work, 1e-9)
    price = everyone[:, 0] / MONEY_UNIT / np.maximum(everyone[:, 2], 1)
    prior = PRIOR_DAYS * work / days
    mine = (own[..., 0] / MONEY_UNIT + (prior * rate)[:, None]) / np.maximum(
        own[..., 1] / EXPOSURE_UNIT + prior[:, None], 1e-9
    )
    expected = mine[day, entity] * rows["exposure"].to_numpy(dtype=float) if len(rows) else np.zeros(0)
    of_unit = np.maximum(price[day], MONEY_FLOOR) if len(rows) else np.zeros(0)
    scale: Floats = np.sqrt(np.maximum(expected, 0.0) * of_unit + (WEEK_SPREAD * expected) ** 2) + 0.5 * of_unit
    seen = own[day, entity, 3].astype(float) if len(rows) else np.zeros(0)
    z = (rows["metric_value"].to_numpy(dtype=float) - expected) / np.maximum(scale, MONEY_FLOOR)
    return rows[["entity_id", "timestamp"]].assign(
        expected=rounded(expected), lower=rounded(np.maximum(expected - BAND_Z * scale, 0.0)),
        upper=rounded(expected + BAND_Z * scale), observations=seen, detector="zscore", model_id=0,
        score=np.where(seen >= LEARNING_DAYS, rounded(evidence(t_two_sided(z))), np.nan),
    )  # fmt: skip
