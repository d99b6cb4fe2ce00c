"""What would not have been raised: the nearest value at which one of the two gates would have stayed shut."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.detection.calibration import START, on_scale
from pipeline.training.tails import evidence, nb_upper

UNITS_FLOOR = 1.0  # of the effect of counts, see ``detection.counts``
MOST_TRIED = 2_000  # units below the recorded ones


def quiet_value(row: dict[Any, Any], effect_gate_ratio: float) -> float | None:
    """The recorded value nearest to ``row['value']`` that would surely have been let pass; None where none is known.

    ``row``: value, expected, threshold, deviation_ratio; ``dispersion`` where the test is a negative-binomial tail,
    ``scale_base`` and ``scale_slope`` where the hotel's past scales its evidence, ``least_excess`` where fewer units
    than that beyond the expected are no effect. With a dispersion the value is exact: the largest count below
    the recorded one that fails either gate, the guests' other products being what they were. Without it the effect gate
    alone is undone, so the true limit may lie nearer to the recorded value, never further away. Facts
    (``certain``) and tests whose effect is not the deviation of the value have none.
    """
    value, expected = float(row["value"]), float(row["expected"])
    if row.get("certain") or not np.isfinite(value) or not np.isfinite(expected):
        return None
    if _is_known(row.get("dispersion")) and value > expected:
        return _largest_quiet_count(row, value, expected, effect_gate_ratio)
    if "effect" in row or effect_gate_ratio <= 0 or float(row["deviation_ratio"]) == 0:
        return None
    return expected + (value - expected) * effect_gate_ratio / abs(float(row["deviation_ratio"]))


def _largest_quiet_count(row: dict[Any, Any], value: float, expected: float, gate: float) -> float:
    """The largest whole number below ``value`` with too little evidence or too small an effect."""
    lowest = max(np.floor(expected), value - MOST_TRIED, 0.0)
    counts = np.arange(lowest, value)
    if counts.size == 0:
        return float(lowest)
    means, spread = (np.full(counts.size, each) for each in (expected, float(row["dispersion"])))
    worth, slope = (np.full(counts.size, each) for each in _scale(row))
    strength = on_scale(evidence(nb_upper(counts, means, spread)), worth, slope)
    effect = (counts - expected) / max(abs(expected), UNITS_FLOOR)
    small = (effect < gate) | (counts - expected < float(row.get("least_excess", 0.0)))
    quiet = np.flatnonzero((strength < float(row["threshold"])) | small)
    return float(counts[quiet[-1]]) if quiet.size else float(lowest)


def _scale(row: dict[Any, Any]) -> tuple[float, float]:
    return float(row.get("scale_base", START)), float(row.get("scale_slope", 1.0))


def _is_known(value: Any) -> bool:
    return value is not None and not pd.isna(value)
