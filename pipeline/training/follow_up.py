"""What became of a model: each training first judges the model in use by what came after its own training (P9).

A drift of these figures says that the past no longer describes the present. No labels are needed, and none of the
figures is an accuracy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from pipeline.training.autoencoder import FeatureAutoencoder
from pipeline.training.count_window import EPOCH_WEEKDAY, count_rows
from pipeline.training.fitting import CountParameters
from pipeline.training.isolation import FeatureForest
from pipeline.training.rows import prepare
from pipeline.training.zscore import RobustZ

FAR = 3.0  # robust standard deviations


def follow_channel(model: FeatureForest | FeatureAutoencoder, rows: pd.DataFrame, time_zone: str) -> dict[str, Any]:
    """Share of unseen days beyond the fitted 99 % quantile: 0.01 when nothing changed."""
    return {"alarm_ratio": _share(model.scores(rows) > model.quantiles[-1])}


def follow_zscore(model: RobustZ, rows: pd.DataFrame, time_zone: str) -> dict[str, Any]:
    """Share of unseen values beyond three robust standard deviations."""
    z = model.z(rows["entity_id"].to_numpy(np.int64), rows["metric_value"].to_numpy(dtype=float))
    return {"beyond_three_ratio": _share(np.abs(z) > FAR)}


def follow_counts(fitted: CountParameters, rows: pd.DataFrame, time_zone: str) -> dict[str, Any]:
    """Recorded over expected units of the rooms and products that the model knows: 1 when nothing changed."""
    known = rows["room_id"].isin(fitted.room_ids) & rows["product_id"].isin(fitted.product_ids)
    if not known.any():
        return {"recorded_over_expected": None}
    arrays = count_rows(prepare(rows[known], time_zone))
    room = np.searchsorted(fitted.room_ids, arrays.room_ids)[arrays.room]
    product = np.searchsorted(fitted.product_ids, arrays.product_ids)[arrays.product]
    weekday = (arrays.day + EPOCH_WEEKDAY) % 7
    expected = 0.0
    for number in range(7):
        at = weekday == number
        means = fitted.model.means(product[at], arrays.state[at], room[at], arrays.exposure[at], number)
        expected += float(means.sum())
    return {"recorded_over_expected": round(float(arrays.units.sum()) / expected, 4) if expected > 0 else None}


def _share(beyond: np.ndarray) -> float | None:
    return round(float(beyond.mean()), 4) if beyond.size else None


FollowUp = Callable[[Any, pd.DataFrame, str], dict[str, Any]]
FOLLOW_UPS: dict[str, FollowUp] = {
    "isolation_forest": follow_channel,
    "autoencoder": follow_channel,
    "zscore": follow_zscore,
    "negative_binomial": follow_counts,
}
