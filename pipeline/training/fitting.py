"""What is fitted for each family of metric types, and how a fit is checked on what came right after it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.training.autoencoder import fit_autoencoder
from pipeline.training.choice import Choice
from pipeline.training.count_model import CountModel, fit
from pipeline.training.count_window import EPOCH_WEEKDAY, WINDOW_DAYS, CountRows, CountWindow, count_rows
from pipeline.training.isolation import fit_forest, split_by_time, validate_forest
from pipeline.training.rows import prepare
from pipeline.training.tails import nb_upper
from pipeline.training.zscore import fit_robust_z

VALIDATION_DAYS = 7
RARE = 1e-3
BATCH_ROWS = 32  # of the reference batch that travels with a model file


@dataclass(frozen=True)
class Fitted:
    """An estimator, its inputs, and measured figures; no accuracy is claimed without verdicts or labels."""

    estimator: Any
    feature_names: list[str]
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    rows: int
    series: int
    batch: pd.DataFrame | None = None  # inputs of ``estimator.scores``, for its reference scores


@dataclass(frozen=True)
class CountParameters:
    """The count model as of a day, by ids instead of positions."""

    model: CountModel
    room_ids: np.ndarray
    product_ids: np.ndarray

    def scores(self, batch: pd.DataFrame) -> np.ndarray:
        """Expected units of rows (product, state, room as positions; exposure), each as on a Monday."""
        product, state, room = (batch[name].to_numpy(np.int64) for name in ("product", "state", "room"))
        return self.model.means(product, state, room, batch["exposure"].to_numpy(dtype=float), 0)


def fit_isolation_forest(rows: pd.DataFrame, time_zone: str, choice: Choice) -> Fitted:
    """``rows``: stored features. Calendar columns may stay: a Sunday's value is normal on Sundays."""
    checked = validate_forest(rows, choice.names, parameters=choice.parameters)
    model = fit_forest(rows, choice.names, parameters=choice.parameters)
    metrics = {
        "validation_rows": checked.rows,
        "alarm_ratio": _known(checked.alarm_ratio),
        "drift": _known(checked.drift),
    }
    parameters = {"trees": len(model.forest.estimators_), "contamination": "auto", "time_zone": time_zone}
    return Fitted(
        model, list(model.names), parameters | _chosen(choice, "isolation_forest"), metrics, len(rows),
        rows["entity_id"].nunique(), _batch(rows),
    )  # fmt: skip


def fit_deep(rows: pd.DataFrame, time_zone: str, choice: Choice) -> Fitted:
    """``rows``: stored features. Checked like the forest: how many of the newest days lie beyond its 99 %."""
    older, newer = split_by_time(rows)
    metrics: dict[str, Any] = {"validation_rows": len(newer)}
    if len(newer):
        past = fit_autoencoder(older, choice.names)
        metrics["alarm_ratio"] = round(float((past.scores(newer) > past.quantiles[-1]).mean()), 4)
    model = fit_autoencoder(rows, choice.names)
    parameters = {"layers": list(model.network.hidden_layer_sizes), "time_zone": time_zone}
    return Fitted(
        model, list(model.names), parameters | _chosen(choice, "autoencoder"), metrics, len(rows),
        rows["entity_id"].nunique(), _batch(rows),
    )  # fmt: skip


def _chosen(choice: Choice, kind: str) -> dict[str, Any]:
    """What detection must know (``votes``), and what people may want to (how it was decided)."""
    return {"votes": choice.kind == kind, "choice": choice.stored()}


def fit_zscore(rows: pd.DataFrame, time_zone: str, choice: Choice) -> Fitted:
    """``rows``: metric rows. Checked on the last days with a fit on those before them."""
    cut = rows["timestamp"].max() - pd.Timedelta(days=VALIDATION_DAYS)
    older, newer = rows[rows["timestamp"] <= cut], rows[rows["timestamp"] > cut]
    metrics: dict[str, Any] = {"validation_rows": len(newer)}
    if len(older) and len(newer):
        z = fit_robust_z(older).z(newer["entity_id"].to_numpy(np.int64), newer["metric_value"].to_numpy(dtype=float))
        metrics["beyond_three_ratio"] = round(float((np.abs(z) > 3.0).mean()), 4)
    model = fit_robust_z(rows)
    batch = _batch(rows[["entity_id", "metric_value"]])
    return Fitted(model, ["metric_value"], {"time_zone": time_zone}, metrics, len(rows), model.entities.size, batch)


def fit_negative_binomial(rows: pd.DataFrame, time_zone: str, choice: Choice) -> Fitted:
    """``rows``: consumption rows. The parameters that detection would use for the day after the last row."""
    arrays = count_rows(prepare(rows, time_zone))
    last = int(arrays.day.max())
    model = fit(_window(arrays, last - WINDOW_DAYS + 1, last), last + 1)
    metrics = _check_counts(arrays, last - VALIDATION_DAYS)
    parameters = {
        "window_days": WINDOW_DAYS,
        "visit_dispersion": round(model.visit_dispersion, 4),
        "dispersion": round(float(np.median(model.dispersion)), 4),
        "level": round(model.level, 4),
    }
    estimator = CountParameters(model, arrays.room_ids, arrays.product_ids)
    columns = {name: getattr(arrays, name)[-BATCH_ROWS:] for name in ("product", "state", "room", "exposure")}
    return Fitted(
        estimator, ["metric_value"], parameters, metrics, len(rows), rows["entity_id"].nunique(), pd.DataFrame(columns)
    )


def _window(rows: CountRows, first: int, last: int) -> CountWindow:
    window = CountWindow(rows.room_ids.size, rows.product_ids.size)
    days, starts = np.unique(rows.day, return_index=True)
    for day, start, end in zip(days.tolist(), starts, [*starts[1:], rows.day.size], strict=True):
        if first <= day <= last:
            window.move(rows, slice(int(start), int(end)), +1)
    return window


def _check_counts(rows: CountRows, cut: int) -> dict[str, Any]:
    """Expected against recorded units after ``cut``, and how often the rare tail came (0.001 when exact)."""
    at = np.flatnonzero(rows.day > cut)
    if cut < int(rows.day.min()) or at.size == 0:
        return {"validation_rows": 0}
    model = fit(_window(rows, cut - WINDOW_DAYS + 1, cut), cut + 1)
    weekday = (rows.day[at] + EPOCH_WEEKDAY) % 7
    means = np.zeros(at.size)
    for number in range(7):
        part = at[weekday == number]
        means[weekday == number] = model.means(
            rows.product[part], rows.state[part], rows.room[part], rows.exposure[part], number
        )
    tail = nb_upper(rows.units[at].astype(np.float64), means, model.dispersion[rows.product[at]])
    return {
        "validation_rows": int(at.size),
        "recorded_over_expected": round(float(rows.units[at].sum() / max(means.sum(), 1e-9)), 4),
        "rare_ratio": round(float((tail < RARE).mean()), 6),
    }


def _batch(rows: pd.DataFrame) -> pd.DataFrame:
    """A few rows from all over the frame."""
    at = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), BATCH_ROWS)).astype(np.int64))
    return rows.iloc[at].drop(columns="timestamp", errors="ignore").reset_index(drop=True)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


CHANNELS = ("isolation_forest", "autoencoder")  # fitted on stored features; they speak beside the Z-Score
Fit = Callable[[pd.DataFrame, str, Choice], Fitted]
FITS: dict[str, Fit] = {
    "isolation_forest": fit_isolation_forest,
    "autoencoder": fit_deep,
    "zscore": fit_zscore,
    "negative_binomial": fit_negative_binomial,
}
