"""Refills whose rows lie in the archive, as ``db.queries.refill_times`` reads the others (SPEC A3.5, A7.4)."""

import json
from typing import Any

import pandas as pd
import pyarrow as pa

from db.queries import refill_times as queries
from db.queries.consumption import Window
from db.queries.metric_values import Wanted
from pipeline.metrics.archive.service import MetricHistory, unstored

METRIC = "dolum_sure"
COLUMNS = ("metric_value", "exposure", "extra_data", "expected", "score")
BESIDE = ("items", "room_id", "floor_id")


def refills(connection: Any, history: MetricHistory, window: Window, faults: dict[str, str]) -> pd.DataFrame:
    """Of both sides of the border, by time; files that are not as they were written are told in ``faults``."""
    stored = queries.refills(connection, window)
    wanted = Wanted(window.hotel_id, METRIC, window.since, window.until)
    files = history.files(connection, wanted)
    first_at = None if stored.empty else stored["timestamp"].iloc[0]
    frames = [stored] if len(stored) or not files else []
    for rows in history.spans(files, wanted, COLUMNS, faults=faults):
        is_apart = first_at is None or rows["timestamp"][-1].as_py() < first_at
        frames.append(_shaped(rows if is_apart else unstored(connection, wanted, rows), window.time_zone))
    if not frames:
        return stored
    return pd.concat(frames, ignore_index=True).sort_values(["timestamp", "staff_id"], ignore_index=True)


def _shaped(rows: pa.Table, time_zone: str) -> pd.DataFrame:
    frame = rows.to_pandas()
    extra = [json.loads(one) if one else {} for one in frame["extra_data"]]
    days = frame["timestamp"].dt.tz_convert(time_zone).dt.tz_localize(None).dt.normalize()
    return pd.DataFrame(
        {
            "staff_id": frame["entity_id"], "timestamp": frame["timestamp"], "day": days.astype("datetime64[s]"),
            "minutes": frame["metric_value"], "units": frame["exposure"],
            **{name: pd.array([one.get(name) for one in extra], dtype="Int64") for name in BESIDE},
            "expected": frame["expected"].where(frame["score"].notna()),
        }
    )  # fmt: skip
