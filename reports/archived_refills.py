"""Refills whose rows lie in the archive, as ``db.queries.refill_times`` reads the others (SPEC A3.5, A7.4)."""

import json
from typing import Any

import pandas as pd
import pyarrow as pa

from db.queries import refill_times as queries
from db.queries.consumption import Window
from db.queries.metric_values import Wanted
from pipeline.metrics.archive.service import MetricHistory

METRIC = "dolum_sure"
COLUMNS = ("metric_value", "exposure", "extra_data", "expected", "score")
BESIDE = ("items", "room_id", "floor_id")


def refills(connection: Any, history: MetricHistory, window: Window, faults: dict[str, str]) -> pd.DataFrame:
    """Of both sides of the border, by time; files that are not as they were written are told in ``faults``."""
    stored = queries.refills(connection, window)
    wanted = Wanted(window.hotel_id, METRIC, window.since, window.until)
    first_at = None if stored.empty else stored["timestamp"].iloc[0]
    spans = history.alone(
        connection, history.files(connection, wanted), wanted, COLUMNS, stored_from=first_at, faults=faults
    )
    archived = [_shaped(rows, window.time_zone) for rows in spans]
    if not archived:
        return stored
    frames = [*archived, stored] if len(stored) else archived
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
