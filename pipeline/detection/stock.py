"""Stock, judged by its flows: what left the store in 24 hours, what a count corrected, and negative levels (A1)."""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.detection.channels import combined
from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.experts import LOOKBACK_STEPS, Expected, expect
from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed, trailing_sum
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, t_two_sided, t_upper

DAY_HOURS = 24
LOOKBACK_DAYS = LOOKBACK_STEPS + 2
LEARNING_STEPS = 14  # days of the same hour before a flow is judged
FLOW_FLOOR_UNITS = 3.0
FLOW_FLOOR_RATIO = 0.25
FLOW_MEMORY = 28  # days of which shares and the largest flow are taken
DELIVERY_SPREAD = 0.5  # of the logarithm; deliveries come in cases
MIN_DELIVERIES = 4
MAIN_STREAM = 0.5  # share of what came in that comes at that time of day: else it is what attendants bring back
SAME_HOURS = 2  # deliveries are compared with those of the same time of day; returns come at another one
DELIVERY_GATE_RATIO = 0.7
COUNT_MEMORY = 60  # days of corrections that tell how exact counts usually are
COUNT_FLOOR_UNITS = 2.0
COUNT_GATE_RATIO = 0.20  # a loss of a fifth of what left the store is material (the specification's custody loss)
COUNT_LEVEL_FLOOR = 5.0
MIN_COUNTS = 2


def detect_stock(frame: pd.DataFrame, context: Context) -> Detected:
    """Robust z of the trailing 24-hour outflow against the same hour of earlier days; counts; negative levels.

    ``frame``: entity_id (product), interval_start, timestamp, metric_value (level), outflow, inflow,
    count_correction. Expected values are told as levels: the level a usual day would have left.
    """
    rows = prepare(frame, context.time_zone)
    hours = _local_hours(rows, context.time_zone)
    outflow, usual = _flows(rows, hours)
    level = rows["metric_value"].to_numpy(dtype=float)
    expected = level + outflow - usual.value
    z = (outflow - usual.value) / usual.scale
    ready = (usual.seen >= LEARNING_STEPS) & np.isfinite(z)
    score, model_id, detector = combined(rows, evidence(t_upper(np.nan_to_num(z))), context.channel)
    tests = rows.assign(
        value=level, expected=rounded(expected), lower=rounded(expected - 3.0 * usual.scale),
        upper=rounded(expected + 3.0 * usual.scale), score=np.where(ready, score, np.nan),
        deviation_ratio=deviation(level, expected, 1.0), effect=deviation(outflow, usual.value, FLOW_FLOOR_UNITS),
        observations=usual.seen, flow=outflow, usual_flow=usual.value, product_id=rows["entity_id"], model_id=model_id,
    )  # fmt: skip
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations", "model_id"]
    families = (
        Family("outflow", context.alert_type, "product", context.effect_gate_ratio, tests, share=0.01, is_banded=True),
        Family(
            "delivery",
            "teslimat_sapma",
            "product",
            DELIVERY_GATE_RATIO,
            _deliveries(tests.assign(hour=hours % DAY_HOURS)),
            share=0.02,
        ),
        Family("count", "stok_sayim_farki", "product", COUNT_GATE_RATIO, _counts(rows, level), share=0.1),
        Family("stock_negative", "stok_tutarsizlik", "product", 0.0, _negative(tests)),
    )
    return Detected(tests[names].assign(detector=detector), families)


def _local_hours(rows: pd.DataFrame, time_zone: str) -> Ints:
    """Hours of the hotel's clock since 1970 that each row closes: people keep their hours when the clock changes."""
    local = (rows["timestamp"] - pd.Timedelta(microseconds=1)).dt.tz_convert(time_zone).dt.tz_localize(None)
    return np.asarray(local.to_numpy(dtype="datetime64[h]").astype(np.int64))


def _flows(rows: pd.DataFrame, hours: Ints) -> tuple[Floats, Expected]:
    """Trailing 24-hour outflow of each row, and what the same hour of earlier days leads to expect."""
    ids, product = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    if rows.empty:
        empty = np.zeros(0)
        return empty, Expected(empty, np.ones(0), empty, empty)
    first = int(hours.min()) // DAY_HOURS * DAY_HOURS
    days = (int(hours.max()) - first) // DAY_HOURS + 1
    hourly = np.zeros((ids.size, days * DAY_HOURS), dtype=np.int64)
    observed = np.zeros(hourly.shape, dtype=bool)
    np.add.at(hourly, (product, hours - first), to_fixed(rows["outflow"].to_numpy(dtype=float), 1))
    observed[product, hours - first] = True
    trailing = _trailing_day(hourly).astype(float)
    trailing[_trailing_day(observed.astype(np.int64)) < DAY_HOURS] = np.nan
    grid = trailing.reshape(ids.size, days, DAY_HOURS).transpose(0, 2, 1).reshape(-1, days)
    usual = expect(grid, FLOW_FLOOR_RATIO, FLOW_FLOOR_UNITS)
    value = _with_the_others(trailing, _by_hour(usual.value, ids.size), hourly)
    scale = np.maximum(_by_hour(usual.scale, ids.size), FLOW_FLOOR_RATIO * np.abs(value))
    parts = (value, scale, _by_hour(usual.seen, ids.size), _by_hour(usual.expert, ids.size))
    return trailing[product, hours - first], Expected(*(part[product, hours - first] for part in parts))


def _by_hour(grid: np.ndarray, products: int) -> np.ndarray:
    """(product × hour of day) × days as products × hours."""
    return np.asarray(grid.reshape(products, DAY_HOURS, -1).transpose(0, 2, 1).reshape(products, -1))


def _with_the_others(trailing: Floats, usual: Floats, hourly: Ints) -> Floats:
    """Usual flows plus the product's share of what all the others had beyond theirs in the same 24 hours.

    Attendants are issued everything at once, on another day after a holiday, and more when the hotel is full. What is
    granted this way never exceeds the largest flow of the product in the four weeks before.
    """
    days = hourly.shape[1] // DAY_HOURS
    daily = hourly.reshape(hourly.shape[0], days, DAY_HOURS).sum(axis=2)
    past = np.repeat(trailing_sum(daily.T, FLOW_MEMORY).T, DAY_HOURS, axis=1).astype(float)
    share = past / np.maximum(past.sum(axis=0) - past, 1.0)
    beyond = to_fixed(trailing - usual) / FINE_UNIT
    others = np.maximum(beyond.sum(axis=0) - beyond, 0.0)
    top = np.nan_to_num(trailing).reshape(hourly.shape[0], days, DAY_HOURS).max(axis=2)
    before = np.concatenate([np.zeros((top.shape[0], FLOW_MEMORY)), top[:, :-1]], axis=1)
    largest = sliding_window_view(before, FLOW_MEMORY, axis=1)[:, :days].max(axis=2)
    granted = np.minimum(usual + np.minimum(share, 1.0) * others, np.repeat(largest, DAY_HOURS, axis=1))
    return np.asarray(np.maximum(usual, granted))


def _trailing_day(hourly: Ints) -> Ints:
    """Sums over each hour and the 23 before it."""
    total = np.concatenate([np.zeros((hourly.shape[0], 1), dtype=np.int64), np.cumsum(hourly, axis=1)], axis=1)
    start = np.maximum(np.arange(hourly.shape[1]) - DAY_HOURS + 1, 0)
    return np.asarray(total[:, 1:] - total[:, start])


def _counts(rows: pd.DataFrame, level: Floats) -> pd.DataFrame:
    """Rows with a count: its correction against the usual loss of the product between two counts.

    The effect is the loss beyond the usual, in relation to what left the store since the count before.
    """
    ordered = rows.assign(level=level).sort_values(["entity_id", "timestamp"], kind="stable")
    gone = ordered.groupby("entity_id")["outflow"].cumsum().to_numpy(dtype=float)
    correction = np.nan_to_num(ordered["count_correction"].to_numpy(dtype=float))
    at = np.flatnonzero(correction != 0.0)
    counted = ordered.iloc[at].assign(gone=gone[at], correction=correction[at])
    left = counted["gone"] - counted.groupby("entity_id")["gone"].shift().fillna(np.nan)
    since = counted.groupby("entity_id")["timestamp"].shift().fillna(counted["interval_start"])
    usual, scale, seen = _usual_corrections(counted)
    before = counted["level"].to_numpy(dtype=float) - correction[at]
    surprise = correction[at] - usual
    return counted.assign(
        value=counted["level"], expected=before + usual, lower=before + usual - 3.0 * scale, observations=seen,
        upper=before + usual + 3.0 * scale, usual_correction=usual,
        score=np.where(seen >= MIN_COUNTS, rounded(evidence(t_two_sided(surprise / scale))), np.nan),
        deviation_ratio=deviation(counted["level"].to_numpy(dtype=float), before + usual, COUNT_LEVEL_FLOOR),
        effect=surprise / np.maximum(np.nan_to_num(left.to_numpy(dtype=float)), COUNT_LEVEL_FLOOR),
        product_id=counted["entity_id"],
        interval_start=since,  # what a count finds happened since the one before it
    )  # fmt: skip


def _usual_corrections(counted: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Median correction of the product's earlier counts, its scale, and how many corrections the hotel has seen.

    The scale is Poisson-like: the pooled median error in units of √(1 + usual), because large users lose more.
    """
    size = len(counted)
    usual, scale, seen = np.zeros(size), np.full(size, COUNT_FLOOR_UNITS), np.zeros(size)
    error = np.full(size, np.nan)
    product, day = counted["entity_id"].to_numpy(np.int64), counted["day"].to_numpy(np.int64)
    units = counted["correction"].to_numpy(dtype=float)
    for today in np.unique(day):
        past = (day < today) & (day >= today - COUNT_MEMORY)
        known = error[past & np.isfinite(error)]
        pooled = 1.4826 * float(np.median(known)) if known.size >= 5 else 1.0
        for position in np.flatnonzero(day == today):
            own = units[past & (product == product[position])]
            usual[position] = float(np.median(own)) if own.size else 0.0
            spread = np.sqrt(1.0 + abs(usual[position]))
            scale[position] = max(COUNT_FLOOR_UNITS, max(pooled, 0.7) * spread)
            error[position] = abs(units[position] - usual[position]) / spread if own.size else np.nan
            seen[position] = own.size
    return usual, scale, seen


def _deliveries(tests: pd.DataFrame) -> pd.DataFrame:
    """Hours in which goods came in, in logs, against the product's earlier deliveries: a case booked as a piece."""
    inflow = np.nan_to_num(tests["inflow"].to_numpy(dtype=float))
    came = tests.iloc[np.flatnonzero(inflow > 0)].sort_values(["entity_id", "timestamp"], kind="stable")
    if came.empty:
        return came
    units = came["inflow"].to_numpy(dtype=float)
    usual, seen = np.full(units.size, np.nan), np.zeros(units.size)
    scale = np.full(units.size, DELIVERY_SPREAD)
    product, day = came["entity_id"].to_numpy(np.int64), came["day"].to_numpy(np.int64)
    hour = came["hour"].to_numpy(np.int64)
    for position in range(units.size):
        past = (product == product[position]) & (day < day[position]) & (day >= day[position] - COUNT_MEMORY)
        everything = units[past].sum()
        past &= np.abs(hour - hour[position]) <= SAME_HOURS
        seen[position] = past.sum()
        if seen[position] >= MIN_DELIVERIES and units[past].sum() > MAIN_STREAM * everything:
            logs = np.log(units[past])
            usual[position] = np.median(logs)
            scale[position] = max(DELIVERY_SPREAD, 1.4826 * float(np.median(np.abs(logs - usual[position]))))
    z = (usual - np.log(units)) / scale
    expected = np.exp(usual)
    return came.assign(
        value=units, expected=rounded(expected), lower=rounded(expected * np.exp(-2.33 * scale)),
        upper=rounded(expected * np.exp(2.33 * scale)), usual_flow=rounded(expected), observations=seen,
        score=np.where(np.isfinite(z), rounded(evidence(t_upper(np.nan_to_num(z)))), np.nan),
        deviation_ratio=deviation(units, np.nan_to_num(expected), 1.0),
    ).drop(columns="effect")  # fmt: skip


def _negative(tests: pd.DataFrame) -> pd.DataFrame:
    """Every row, certain where the level is below zero: no statistics are needed (A1.6)."""
    negative = tests["value"].to_numpy() < 0
    return tests.assign(
        certain=negative, score=np.where(negative, 12.0, 0.0), expected=np.where(negative, 0.0, tests["expected"]),
        lower=np.where(negative, 0.0, tests["lower"]), deviation_ratio=np.where(negative, -1.0, 0.0), effect=1.0,
    )  # fmt: skip
