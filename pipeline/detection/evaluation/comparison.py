"""Detectors that ours is compared with on continuous series; all past only, other libraries only where installed."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from pipeline.detection.series.causal import blocks
from pipeline.detection.series.engine import score_series
from pipeline.detection.series.forest import FIRST_FIT, GROWTH, LONGEST_BLOCK
from pipeline.training.exact import Floats, Ints

Scorer = Callable[[Ints, Floats], Floats]  # (microseconds, values) → score; NaN where it has none
WARM_UP_RATIO, WARM_UP_MOST, WARM_UP_LEAST = 0.15, 750, 20
LAGS = 10


@dataclass(frozen=True)
class Compared:
    """A named detector, or why it cannot run here."""

    name: str
    scorer: Scorer | None
    absent: str = ""


def detectors() -> list[Compared]:
    """Ours first, then the references; the other libraries' models learn from a series' warm-up only."""
    return [
        Compared("Barometer", lambda times, values: score_series(_instants(times), values).score),
        Compared("Barometer without Isolation Forest", _without_forest),
        Compared("rolling z, 100 points", _rolling_z),
        Compared("Isolation Forest on the value", _plain_forest),
        _optional("PyOD KNN, 10 lags", "pyod.models.knn", "KNN"),
        _optional("PyOD ECOD, 10 lags", "pyod.models.ecod", "ECOD"),
        _optional("ADTK PersistAD", "adtk.detector", "PersistAD"),
    ]


def _optional(name: str, module: str, attribute: str) -> Compared:
    """The library's model where it is installed and works here, proven on a short series."""
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        return Compared(name, None, f"not installed ({error.name or error})")
    judge = _adtk if attribute == "PersistAD" else _pyod
    try:
        judge(found, np.arange(60, dtype=np.int64) * 3_600_000_000, np.sin(np.arange(60.0)))
    except (TypeError, ValueError, AttributeError) as error:
        return Compared(name, None, f"installed, but fails with pandas {pd.__version__} ({str(error)[:60]})")
    return Compared(name, lambda times, values: judge(found, times, values))


def score_all(table: pd.DataFrame, scorer: Scorer) -> pd.DataFrame:
    """``file, timestamp, value`` with the scorer's ``score``: rows in their own order."""
    score = np.full(len(table), np.nan)
    files = table["file"].astype(str).reset_index(drop=True)
    for _, group in files.groupby(files, sort=True):
        rows = group.index.to_numpy()
        times = table["timestamp"].to_numpy("datetime64[us]")[rows].astype(np.int64)
        score[rows] = scorer(times, table["value"].to_numpy(dtype=float)[rows])
    return table[["file", "timestamp", "value"]].assign(score=score)


def _instants(times: Ints) -> np.ndarray:
    return np.asarray(times).astype("datetime64[us]")


def _without_forest(times: Ints, values: Floats) -> Floats:
    return score_series(_instants(times), values, with_forest=False).score


def _filled(values: Floats) -> Floats:
    return np.asarray(pd.Series(values).ffill().fillna(0.0).to_numpy(dtype=float))


def _rolling_z(_: Ints, values: Floats) -> Floats:
    series = pd.Series(values)
    past = series.shift().rolling(100, min_periods=5)
    z = (series - past.mean()).abs() / (past.std() + 1e-9)
    return np.asarray(np.nan_to_num(np.minimum(z.to_numpy(dtype=float), 1e6)))


def _plain_forest(_: Ints, values: Floats) -> Floats:
    """Refitted by block on the values before it, so that a longer file does not change its beginning."""
    rows, score = _filled(values)[:, None], np.zeros(values.size)
    for start, end in blocks(values.size, FIRST_FIT, GROWTH, LONGEST_BLOCK):
        model = IsolationForest(random_state=7).fit(rows[:start])
        score[start:end] = -model.score_samples(rows[start:end])
    return score


def _warm_up(size: int) -> int:
    return min(max(int(WARM_UP_RATIO * size), WARM_UP_LEAST), WARM_UP_MOST, size)


def _pyod(model: Any, _: Ints, values: Floats) -> Floats:
    """Fitted on the last ten values of each warm-up point; the warm-up itself scores the lowest."""
    filled = _filled(values)
    rows = np.stack([np.roll(filled, lag) for lag in range(LAGS)], axis=1)
    first = max(_warm_up(filled.size), LAGS + 2)
    score = np.zeros(filled.size)
    if filled.size > first:
        rows = (rows - filled[:first].mean()) / (filled[:first].std() + 1e-9)
        fitted = model()
        fitted.fit(rows[LAGS:first])
        score[first:] = np.nan_to_num(fitted.decision_function(rows[first:]))
        score[first:] -= min(0.0, float(fitted.decision_scores_.min()))
    return score


def _adtk(model: Any, times: Ints, values: Floats) -> Floats:
    """0 or 1 a point: the library has no ranking; repeated instants are moved by a microsecond."""
    filled, order = _filled(values), np.argsort(times, kind="stable")
    index = pd.DatetimeIndex(np.maximum.accumulate(times[order]).astype("datetime64[us]"))
    index = index + pd.to_timedelta(np.arange(index.size), unit="us")
    series = pd.Series(filled[order], index=index)
    first, score = _warm_up(filled.size), np.zeros(filled.size)
    detector = model()
    detector.fit(series.iloc[:first])
    score[order] = np.nan_to_num(detector.detect(series).astype(float).to_numpy())
    return score
