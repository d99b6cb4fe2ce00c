"""Custody of attendants by day: units used against their own past; a negative balance is a contradiction."""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.detection.channels import combined
from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.experts import LOOKBACK_STEPS, expect
from pipeline.training.exact import EXPOSURE_UNIT, Floats, rounded, to_fixed
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, t_upper

LOSS_SPANS = (14, 28)
LOSS_WEEK = 7
LOSS_MEMORY = 42  # days of changes that tell how much balances wander
LOSS_SEEN = 28  # changes of attendants and days before a loss is judged
LOSS_FLOOR_UNITS = 2.0
LOSS_FLOOR_RATIO = 0.07  # of what was used meanwhile
OTHERS_PRIOR_UNITS = 20.0
OTHERS_RANGE = (0.5, 4.0)
LOOKBACK_DAYS = max(LOOKBACK_STEPS, LOSS_MEMORY + max(LOSS_SPANS) + LOSS_WEEK) + 2
USE_FLOOR_UNITS = 3.0
USE_FLOOR_RATIO = 0.6


def detect_custody(frame: pd.DataFrame, context: Context) -> Detected:
    """Robust z (upper) of the units used in a day; certain where the balance is negative.

    ``frame``: entity_id (staff), interval_start, timestamp, metric_value (units used), issued, balance.
    """
    rows = prepare(frame, context.time_zone)
    ids, staff = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    day = rows["day"].to_numpy(np.int64)
    used = rows["metric_value"].to_numpy(dtype=float)
    grid = np.full((ids.size, int(np.ptp(day)) + 1 if day.size else 0), np.nan)
    grid[staff, day - day.min(initial=day[0] if day.size else 0)] = used
    usual = expect(grid, USE_FLOOR_RATIO, USE_FLOOR_UNITS)
    place = (staff, day - (day.min() if day.size else 0))
    value = usual.value * _others(grid, usual.value)
    expected, seen = value[place], usual.seen[place]
    scale = np.maximum(usual.scale[place], USE_FLOOR_RATIO * np.abs(np.nan_to_num(expected)))
    z = np.nan_to_num((used - expected) / scale)
    ready = (seen >= min(context.min_observations, LOOKBACK_STEPS)) & np.isfinite(expected)
    score, model_id, detector = combined(rows, evidence(t_upper(z)), context.channel)
    tests = rows.assign(
        value=used, expected=rounded(expected), lower=rounded(np.maximum(expected - 3.0 * scale, 0.0)),
        upper=rounded(expected + 3.0 * scale), score=np.where(ready, score, np.nan), observations=seen,
        deviation_ratio=deviation(used, expected, USE_FLOOR_UNITS), staff_id=rows["entity_id"], model_id=model_id,
    )  # fmt: skip
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations", "model_id"]
    families = (
        Family("custody", context.alert_type, "staff", context.effect_gate_ratio, tests, share=0.0003, is_banded=True),
        Family("custody_loss", context.alert_type, "staff", context.effect_gate_ratio, _losses(tests), share=0.1),
        Family("custody_negative", "zimmet_tutarsizlik", "staff", 0.0, _negative(tests)),
    )
    return Detected(tests[names].assign(detector=detector), families)


def _others(grid: Floats, usual: Floats) -> Floats:
    """How much more or less than usual the others used on the same day: full houses raise everybody's use."""
    known = np.isfinite(grid) & np.isfinite(usual)
    used = to_fixed(np.where(known, grid, 0.0), EXPOSURE_UNIT)
    normal = to_fixed(np.where(known, usual, 0.0), EXPOSURE_UNIT)
    prior = OTHERS_PRIOR_UNITS * EXPOSURE_UNIT
    factor = (used.sum(axis=0) - used + prior) / (normal.sum(axis=0) - normal + prior)
    return np.asarray(np.clip(factor, *OTHERS_RANGE))


def _losses(tests: pd.DataFrame) -> pd.DataFrame:
    """What an attendant carries when least is carried: goods that are gone stay in the balance for ever.

    The lowest balance of a week against that of two and four weeks before, in units of how much such differences
    usually are in this hotel; the effect is the rise in relation to what was used meanwhile. More than was used at
    all is no loss but goods that were issued and wait.
    """
    if tests.empty:
        return tests
    ids, staff = np.unique(tests["entity_id"].to_numpy(np.int64), return_inverse=True)
    day = tests["day"].to_numpy(np.int64)
    place = (staff, day - day.min())
    shape = (ids.size, int(np.ptp(day)) + 1)
    balance, used = np.full(shape, np.nan), np.zeros(shape)
    balance[place], used[place] = tests["balance"].to_numpy(float), np.nan_to_num(tests["value"].to_numpy(float))
    lowest = _lowest(balance)
    total = np.concatenate([np.zeros((ids.size, 1)), np.cumsum(used, axis=1)], axis=1)
    lately = (
        lowest - np.concatenate([np.full((ids.size, LOSS_WEEK), np.nan), lowest[:, :-LOSS_WEEK]], axis=1)[:, : shape[1]]
    )
    best, rise, meanwhile, seen = (np.zeros(shape) for _ in range(4))
    for span in LOSS_SPANS:
        before = np.concatenate([np.full((ids.size, span), np.nan), lowest[:, :-span]], axis=1)[:, : shape[1]]
        change = lowest - before
        spent = total[:, 1:] - total[:, np.maximum(np.arange(shape[1]) - span + 1, 0)]
        scale, known = _usual_change(change)
        z = np.nan_to_num(change / np.maximum(scale, np.maximum(LOSS_FLOOR_UNITS, LOSS_FLOOR_RATIO * spent)))
        better = (z > best) & (np.nan_to_num(lately) > 0)
        best, rise = np.where(better, z, best), np.where(better, change, rise)
        meanwhile, seen = np.where(better, spent, meanwhile), np.maximum(seen, known)
    score = np.maximum(evidence(t_upper(best)) - np.log10(len(LOSS_SPANS)), 0.0)[place]
    level = np.nan_to_num(lowest[place])
    return tests.assign(
        value=level, expected=rounded(level - rise[place]), lower=0.0, upper=rounded(level - rise[place]),
        score=np.where(seen[place] >= LOSS_SEEN, rounded(score), np.nan), observations=seen[place],
        effect=np.where(rise <= meanwhile, rise / np.maximum(meanwhile, 1.0), 0.0)[place],
        deviation_ratio=deviation(level, level - rise[place], USE_FLOOR_UNITS),
    )  # fmt: skip


def _lowest(balance: Floats) -> Floats:
    """The lowest balance of the last seven days, NaN where none was known."""
    known = np.where(np.isnan(balance), np.inf, balance)
    padded = np.concatenate([np.full((balance.shape[0], LOSS_WEEK - 1), np.inf), known], axis=1)
    lowest = sliding_window_view(padded, LOSS_WEEK, axis=1).min(axis=2)
    return np.where(np.isfinite(lowest), lowest, np.nan)


def _usual_change(change: Floats) -> tuple[Floats, Floats]:
    """Median size of the changes of all attendants on the days before each, as a standard deviation; how many."""
    days = change.shape[1]
    scale, known = np.zeros(days), np.zeros(days)
    for at in range(days):
        past = np.abs(change[:, max(at - LOSS_MEMORY, 0) : at])
        past = past[np.isfinite(past)]
        known[at] = past.size
        scale[at] = 1.4826 * float(np.median(past)) if past.size else np.nan
    return np.broadcast_to(scale, change.shape), np.broadcast_to(known, change.shape)


def _negative(tests: pd.DataFrame) -> pd.DataFrame:
    """Every row; certain where more was used and returned than was ever issued. Told as a balance."""
    balance = tests["balance"].to_numpy(dtype=float)
    negative = balance < 0
    return tests.assign(
        value=balance, expected=0.0, lower=0.0, upper=np.maximum(balance, 0.0), certain=negative,
        score=np.where(negative, 12.0, 0.0), deviation_ratio=np.where(negative, -1.0, 0.0), effect=1.0,
    )  # fmt: skip
