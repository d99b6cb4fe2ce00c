"""Labelled anomalies for hotels that have none: put into copies of stored rows, never into the database (A6.4).

The changed rows lie in a time that is held out at the end of what is read; detection is causal, so what was before
them is as it was. A hotel's own noise stays in, so that every figure is of this hotel. What really happened to it in
that time and was no injection counts as a false alarm: precision is a lower bound.
"""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pandas as pd

from pipeline.metrics.metric_type import MetricType

EVENTS = 40
SEED = 11
TENFOLD = 10.0
SURGE_UNITS = (4, 9)  # units beyond what was recorded, at one check
SILENT_CHECKS = 10  # a room of which nothing is recorded, check after check
STRETCH = (2.0, 5.0)  # times the value, of durations, uses, rates
FALL = (0.6, 1.0)  # lost of what a week brings, where only less is worth an alert
FALLEN_DAYS, LEAST_DAYS = 7, 5
LABELS = [
    "id", "metric_type", "anomaly_type", "entity_type", "room_id", "product_id", "staff_id", "started_at", "ended_at",
]  # fmt: skip
OF_PLACES = {"room": "room_id", "product": "product_id", "staff": "staff_id"}
Rows = tuple[pd.DataFrame, pd.DataFrame]


def inject(metric: MetricType, rows: pd.DataFrame, since: datetime, seed: int = SEED) -> Rows:
    """(rows with changed values, labels of what was changed after ``since``); ``rows`` stays as it is.

    ``rows``: as detection reads them, sorted. At most ``EVENTS`` events, at most one an entity. Deterministic.
    """
    changed = rows.copy().reset_index(drop=True)
    late = np.flatnonzero((changed["timestamp"] > pd.Timestamp(since)).to_numpy())
    rng = np.random.default_rng(seed)
    if late.size == 0:
        return changed, pd.DataFrame(columns=LABELS)
    inject_one: Callable[[pd.DataFrame, int, np.random.Generator], dict[str, object] | None] = {
        "tuketim_miktar": _consumption, "stok_seviye": _stock,
    }.get(metric.name, _fallen if metric.direction == "lower" else _stretched)  # fmt: skip
    labels: list[dict[str, object]] = []
    touched: set[object] = set()
    for position in rng.permutation(late).tolist():
        entity = changed.at[position, "room_id" if "room_id" in changed else "entity_id"]
        if len(labels) == EVENTS or entity in touched:
            continue
        label = inject_one(changed, position, rng)
        if label is not None:
            touched.add(entity)
            labels.append({"id": len(labels), "metric_type": metric.name, **_place(metric, changed, position), **label})
    return changed, _frame(labels)


def _place(metric: MetricType, rows: pd.DataFrame, position: int) -> dict[str, object]:
    own = OF_PLACES.get(metric.entity_type)
    place = {name: rows.at[position, name] if name in rows else np.nan for name in OF_PLACES.values()}
    if own is not None:
        place[own] = rows.at[position, "entity_id"]
    if metric.entity_type in ("room", "minibar_slot"):
        place["staff_id"] = np.nan  # the label is about the room, whoever was there
    return {"entity_type": metric.entity_type, **place}


def _consumption(rows: pd.DataFrame, position: int, rng: np.random.Generator) -> dict[str, object] | None:
    """A slip of the keyboard, a sudden surge, or a room of which nothing is recorded any more."""
    kind = int(rng.integers(3))
    value = _number(rows, position)
    if kind == 0 and value > 0:
        rows.at[position, "metric_value"] = value * TENFOLD
        return _at(rows, position, "tenfold_entry")
    if kind == 1:
        rows.at[position, "metric_value"] = value + int(rng.integers(*SURGE_UNITS))
        return _at(rows, position, "surge")
    return _silent_room(rows, position) if kind == 2 else None


def _silent_room(rows: pd.DataFrame, position: int) -> dict[str, object] | None:
    started = rows.at[position, "timestamp"]
    of_room = (rows["room_id"] == rows.at[position, "room_id"]) & (rows["timestamp"] >= started)
    checks = rows.loc[of_room, "timestamp"].drop_duplicates().sort_values().iloc[:SILENT_CHECKS]
    mine = of_room & rows["timestamp"].isin(checks)
    if len(checks) < SILENT_CHECKS or rows.loc[mine, "metric_value"].sum() == 0:
        return None  # nothing was taken anyway: nobody could tell
    rows.loc[mine, "metric_value"] = 0
    return _at(rows, position, "nothing_recorded") | {
        "entity_type": "room", "product_id": np.nan, "ended_at": checks.iloc[-1],
    }  # fmt: skip


def _stock(rows: pd.DataFrame, position: int, rng: np.random.Generator) -> dict[str, object] | None:
    """An outflow of several days' use at once; the ledger's identity holds, so the level stays lower."""
    mine = rows["entity_id"] == rows.at[position, "entity_id"]
    outflow = rows.loc[mine, "outflow"].to_numpy(dtype=float)
    hours = (rows.loc[mine, "timestamp"] - rows.loc[mine, "interval_start"]).dt.total_seconds().sum() / 3600
    daily = 24.0 * np.nansum(outflow) / hours if hours > 0 else 0.0
    extra = int(np.ceil(daily * rng.uniform(*STRETCH)))
    if extra < 3 or _number(rows, position) < extra:
        return None  # more than there is cannot leave
    rows.at[position, "outflow"] = _number(rows, position, "outflow") + extra
    rows.loc[mine & (rows["timestamp"] >= rows.at[position, "timestamp"]), "metric_value"] -= extra
    return _at(rows, position, "unusual_outflow")


def _stretched(rows: pd.DataFrame, position: int, rng: np.random.Generator) -> dict[str, object] | None:
    """Several times the value; what is zero has nothing to stretch."""
    value = _number(rows, position)
    if value <= 0:
        return None
    longer = value * rng.uniform(*STRETCH)
    is_whole = pd.api.types.is_integer_dtype(rows["metric_value"]) or value == np.rint(value)
    rows.at[position, "metric_value"] = float(np.rint(longer)) if is_whole else longer
    return _at(rows, position, "stretched")


def _fallen(rows: pd.DataFrame, position: int, rng: np.random.Generator) -> dict[str, object] | None:
    """A week of much less, units and money alike; what brought nothing has nothing to lose."""
    started = pd.Timestamp(str(rows.at[position, "timestamp"]))
    until = started + pd.Timedelta(days=FALLEN_DAYS) - pd.Timedelta(hours=1)
    mine = (rows["entity_id"] == rows.at[position, "entity_id"]) & rows["timestamp"].between(started, until)
    if int(mine.sum()) < LEAST_DAYS or rows.loc[mine, "metric_value"].sum() <= 0:
        return None
    left = 1.0 - rng.uniform(*FALL)
    for name in {"metric_value", "units"} & set(rows.columns):
        less = rows.loc[mine, name] * left
        rows.loc[mine, name] = np.rint(less) if pd.api.types.is_integer_dtype(rows[name]) else less
    return _at(rows, position, "fallen") | {"ended_at": rows.loc[mine, "timestamp"].max()}


def _number(rows: pd.DataFrame, position: int, column: str = "metric_value") -> float:
    return float(rows[column].iloc[position])


def _at(rows: pd.DataFrame, position: int, kind: str) -> dict[str, object]:
    return {
        "anomaly_type": kind, "started_at": rows.at[position, "interval_start"],
        "ended_at": rows.at[position, "timestamp"],
    }  # fmt: skip


def _frame(labels: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(labels, columns=LABELS)
    for name in ("started_at", "ended_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    for name in OF_PLACES.values():
        frame[name] = frame[name].astype(float)
    return frame
