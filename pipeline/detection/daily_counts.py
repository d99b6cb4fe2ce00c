"""Counts of closed days by entity and amount of work: write-offs, requests, scans, failures, vacant consumption."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.contract import Context, Detected, Family, deviation
from pipeline.detection.severity import severity_of
from pipeline.metrics.metric_type import MetricType
from pipeline.training.exact import EXPOSURE_UNIT, Floats, Ints, rounded, to_fixed, trailing_sum
from pipeline.training.rows import prepare
from pipeline.training.tails import evidence, nb_band, nb_lower, nb_upper

WINDOW_DAYS = 28  # of an entity's own past
SPREAD_DAYS = 56  # over which the dispersion is measured
LOOKBACK_DAYS = WINDOW_DAYS + SPREAD_DAYS + 2
LEARNING_DAYS = 14
PRIOR_DAYS = 7.0  # all entities together weigh as much as so many days of the entity's own
MEAN_FLOOR = 0.1  # units: one of anything is no sensation where nothing ever happened
SPREAD_PRIOR = (0.3, 10.0)  # dispersion before anything is seen, and the squared means it is worth
SPREAD_RANGE = (0.05, 5.0)
FAR = 5.0  # standard deviations beyond which a residual counts as so many
MOST_SEVERE = 0.79  # one day's count is "yuksek" at most: nothing here is an emergency


@dataclass(frozen=True)
class Usual:
    """Mean, dispersion and days seen before, row by row; the mean is NaN where nobody has a past."""

    mean: Floats
    dispersion: Floats
    seen: Floats


def detect_counts(frame: pd.DataFrame, context: Context, metric: MetricType) -> Detected:
    """Negative-binomial tail of each closed day against the entity's own rate, shrunk towards that of all entities.

    ``frame``: entity_id, interval_start, timestamp, metric_value (units), exposure (optional: rooms looked into, units
    in hand). Side, family name and the column that is tested come from the type. A day without any exposure is not
    judged. Scores are about the value itself.
    """
    rows = prepare(frame, context.time_zone)
    own = _tested(rows, metric, "metric_value")
    tests = own if metric.judged == "metric_value" else _tested(rows, metric, metric.judged)
    return _detected(own, tests, metric)


def detect_share(frame: pd.DataFrame, context: Context, metric: MetricType) -> Detected:
    """The failures behind a share of successes, by the same test; scores are told as shares.

    ``frame``: entity_id, interval_start, timestamp, metric_value (share), exposure (tries), and the failures.
    """
    tests = _tested(prepare(frame, context.time_zone), metric, metric.judged, side="upper")
    tries = np.maximum(tests["exposure"].to_numpy(dtype=float), 1.0)
    shares = {
        name: rounded(np.clip(1.0 - tests[other].to_numpy(dtype=float) / tries, 0.0, 1.0))
        for name, other in (("expected", "expected"), ("lower", "upper"), ("upper", "lower"))
    }
    return _detected(tests.assign(**shares), tests, metric)


def _detected(scores: pd.DataFrame, tests: pd.DataFrame, metric: MetricType) -> Detected:
    if metric.entity_type == "staff":
        tests = tests.assign(staff_id=tests["entity_id"])
    family = Family(
        metric.name, metric.alert_type, metric.entity_type, metric.effect_gate_ratio, tests,
        share=metric.alert_share, is_banded=True,
    )  # fmt: skip
    names = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations"]
    return Detected(scores[names].assign(detector="negative_binomial", model_id=0), (family,))


def _tested(rows: pd.DataFrame, metric: MetricType, counted: str, side: str | None = None) -> pd.DataFrame:
    """The rows with the test of one of their columns on one side."""
    count = rows[counted].to_numpy(dtype=float)
    exposure = _exposure(rows)
    usual = _usual(rows, count, exposure)
    mean = np.maximum(np.nan_to_num(usual.mean), MEAN_FLOOR)
    lower, upper = nb_band(mean, usual.dispersion)
    ready = (usual.seen >= LEARNING_DAYS) & np.isfinite(usual.mean) & ((exposure > 0) | (count > 0))
    rises = (side or metric.direction) == "upper"
    tail = nb_upper(count, mean, usual.dispersion) if rises else nb_lower(count, mean, usual.dispersion)
    base = exposure if metric.effect_of == "exposure" else mean
    effect = np.maximum(count - mean if rises else mean - count, 0.0) / np.maximum(base, metric.scale_floor)
    tested: pd.DataFrame = rows.assign(
        value=count, expected=rounded(mean), lower=lower, upper=upper, observations=usual.seen, exposure=exposure,
        score=np.where(ready, rounded(evidence(tail)), np.nan), deviation_ratio=deviation(count, mean, 1.0),
        effect=rounded(effect), severity=[severity_of(min(size, MOST_SEVERE)) for size in effect.tolist()],
    )  # fmt: skip
    return tested


def _exposure(rows: pd.DataFrame) -> Floats:
    """Units of work; a type without any counts days."""
    stored = rows["exposure"].to_numpy(dtype=float) if "exposure" in rows else np.full(len(rows), np.nan)
    return np.asarray(np.where(np.isfinite(stored), np.maximum(stored, 0.0), 1.0))


def _usual(rows: pd.DataFrame, count: Floats, exposure: Floats) -> Usual:
    """From strictly earlier days only, in integer sums, so that no batch and no later day changes a digit."""
    if rows.empty:
        nothing = np.zeros(0)
        return Usual(nothing, nothing, nothing)
    ids, entity = np.unique(rows["entity_id"].to_numpy(np.int64), return_inverse=True)
    day = rows["day"].to_numpy(np.int64) - int(rows["day"].min())
    grid: Ints = np.zeros((int(day.max()) + 1, ids.size, 3), dtype=np.int64)
    parts = np.stack([to_fixed(count, 1), to_fixed(exposure, EXPOSURE_UNIT), np.ones_like(day)], axis=1)
    np.add.at(grid, (day, entity), parts)
    own = trailing_sum(grid, WINDOW_DAYS)
    everyone = own.sum(axis=1)
    work, days = everyone[:, 1] / EXPOSURE_UNIT, everyone[:, 2]
    rate = np.where(work > 0, everyone[:, 0] / np.where(work > 0, work, 1.0), np.nan)
    prior = PRIOR_DAYS * work / np.maximum(days, 1)
    mine = (own[..., 0] + (prior * rate)[:, None]) / np.maximum(own[..., 1] / EXPOSURE_UNIT + prior[:, None], 1e-9)
    mean = np.asarray(mine[day, entity] * exposure)
    return Usual(mean, _dispersion(day, count, mean)[day], own[day, entity, 2].astype(float))


def _dispersion(day: Ints, count: Floats, mean: Floats) -> Floats:
    """φ of variance μ + φ μ² by moments over all entities, day by day from earlier days; one outlier is cut off."""
    known = np.isfinite(mean)
    expected = np.maximum(np.where(known, mean, 0.0), MEAN_FLOOR)
    limit = FAR**2 * (expected + SPREAD_PRIOR[0] * expected**2)
    excess = np.where(known, np.minimum((count - expected) ** 2, limit) - expected, 0.0)
    squares = np.where(known, expected**2, 0.0)
    daily: Ints = np.zeros((int(day.max()) + 1, 2), dtype=np.int64)
    np.add.at(daily, day, np.stack([to_fixed(excess, 2**16), to_fixed(squares, 2**16)], axis=1))
    past = trailing_sum(daily, SPREAD_DAYS) / 2**16
    spread = (past[:, 0] + SPREAD_PRIOR[0] * SPREAD_PRIOR[1]) / (past[:, 1] + SPREAD_PRIOR[1])
    return np.asarray(np.clip(spread, *SPREAD_RANGE))
