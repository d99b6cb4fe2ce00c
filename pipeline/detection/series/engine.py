"""Scores of continuous series: one configuration for every cadence and unit, strictly from the past.

The score of a point depends on points with an earlier or the same timestamp only, never on the series' name, on other
series or on how many points follow; equal input gives equal bits.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.series import alarms, channels, forest
from pipeline.detection.series.experts import Expected, expect
from pipeline.training.exact import Floats

BAND_Z = 4.0
SMALLEST_SCALE = 1e-300
STRENGTH_OF_NOVELTY = 0.1  # mean squashed novelty at which it alarms alone
DRIFT_OF_SLOT, DRIFT_OF_RESIDUAL = 7.2, 8.8  # standard deviations at which a drift alarms alone


@dataclass(frozen=True)
class SeriesScores:
    """Per point, in the order of the input: score (0–1 evidence, ≥ 1 a new alarm), expected value and its band.

    NaN where the value was missing; expected and band are NaN, the score 0, while nothing is known yet.
    """

    score: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    evidence: Floats
    is_alarm: np.ndarray


def score_series(timestamps: object, values: object, *, with_forest: bool = True) -> SeriesScores:
    """Score one series. Rows may be unsorted and timestamps may repeat; NaN and infinite values are not learned from.

    ``timestamps``: naive (taken as UTC) or with a time zone; ``values``: numbers. ``with_forest=False`` leaves out the
    Isolation Forest channel: an eighth of the time, for hotels with very many series.
    """
    instants = instants_us(timestamps)
    numbers = np.asarray(values, dtype=np.float64)
    if instants.size != numbers.size:
        raise ValueError("as many timestamps as values are needed")
    observed = np.flatnonzero(np.isfinite(numbers))
    order = observed[np.argsort(instants[observed], kind="stable")]
    found = np.full((5, numbers.size), np.nan)
    if order.size:
        found[:, order] = _score_observed(instants[order], numbers[order], with_forest)
    score, expected, lower, upper, evidence = found
    return SeriesScores(score, expected, lower, upper, evidence, np.nan_to_num(score) >= alarms.ALARM_AT)


def instants_us(timestamps: object) -> np.ndarray:
    """Microseconds since 1970 in UTC."""
    index = pd.DatetimeIndex(timestamps)  # type: ignore[arg-type]
    if index.tz is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    return np.asarray(index.to_numpy("datetime64[us]").astype(np.int64))


def _score_observed(instants: np.ndarray, numbers: Floats, with_forest: bool) -> Floats:
    start, unit = float(numbers[0]), _unit(numbers)
    values = numbers / unit - start / unit
    expected = expect(instants, values, start / unit)
    scale = channels.residual_scale(expected)
    evidence = _evidence(values, expected, scale, with_forest)
    score = alarms.final_score(evidence, _strength(values, expected))
    value = (expected.value + start / unit) * unit
    half = BAND_Z * scale * unit
    lowest = np.minimum.accumulate(numbers)
    lowest = np.concatenate([[-np.inf], lowest[:-1]])
    lower = np.where(lowest >= 0.0, np.maximum(value - half, 0.0), value - half)
    return np.stack([score, value, lower, value + half, evidence])


def _unit(numbers: Floats) -> float:
    """A power of two near the first change: scales of 1e-200 and 1e200 are the same to all that follows.

    Before the first change every difference is 0 whatever the unit, so it depends on the past only.
    """
    changes = np.flatnonzero(numbers != numbers[0])
    if changes.size == 0:
        return 1.0
    size = max(abs(numbers[changes[0]] / 2.0 - numbers[0] / 2.0), SMALLEST_SCALE)
    return float(2.0 ** np.clip(np.floor(np.log2(size)), -1000, 1000))


def _evidence(values: Floats, expected: Expected, scale: Floats, with_forest: bool) -> Floats:
    """Quadratic mean of the channels: one that is certain counts more than two that wonder."""
    z = channels.robust_z(expected, scale)
    found = [
        channels.squash(z, channels.HALF_Z),
        channels.squash(channels.likelihood(expected), channels.HALF_LIKELIHOOD),
        channels.squash(channels.neighbour_distance(values, expected), channels.HALF_DISTANCE),
    ]
    if with_forest:
        found.append(forest.isolation(forest.features(values, expected, z)))
    total = np.zeros(values.size)
    for channel in found:
        total += channel * channel
    return np.sqrt(total / len(found))


def _strength(values: Floats, expected: Expected) -> Floats:
    """What alarms: a value unlike all before, or a drift from the daily slot or the expected value; 1 is enough."""
    from_slot = channels.drift(expected.slot_residual, 20, 300, 0.03 * expected.spread)
    from_expected = channels.drift(expected.residual, 10, 50, 0.01 * expected.spread)
    strongest = np.maximum.reduce(
        [
            channels.novelty(values, expected) / STRENGTH_OF_NOVELTY,
            from_slot / DRIFT_OF_SLOT,
            from_expected / DRIFT_OF_RESIDUAL,
        ]
    )
    return np.asarray(strongest, dtype=float)
