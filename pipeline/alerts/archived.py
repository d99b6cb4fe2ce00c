"""The series behind an alert on both sides of the border: rows of the archive as ``db.queries.alert_series`` shapes the
others, and both together (SPEC A5.2, A7.4)."""

import json
from collections.abc import Collection, Sequence

import pandas as pd
import pyarrow as pa

from db.queries.alert_series import BESIDE_FIELDS, Key, is_summed

COLUMNS = ["timestamp", "value", "expected", "lower", "upper"]


def needed(key: Key, parts: Collection[int]) -> tuple[tuple[str, ...], Collection[int] | None]:
    """Columns and entities that ``shaped`` looks at; None: all. ``parts``: as there."""
    _, alert_type, entity_type, entity_id = key
    if not is_summed(key):
        beside = ("extra_data",) if alert_type in BESIDE_FIELDS else ()
        return ("metric_value", "expected", "lower", "upper", *beside), [entity_id]
    extra = ("extra_data",) if entity_type in ("staff", "floor") else ()
    return ("metric_value", "expected", *extra), parts if entity_type == "room" else None


def shaped(rows: pa.Table, key: Key, time_zone: str, parts: Collection[int]) -> pd.DataFrame:
    """As ``alert_series.read_series``; ``parts``: slots of the key's room, or visits of its attendant."""
    _, alert_type, entity_type, entity_id = key
    frame = rows.to_pandas(date_as_object=False).rename(columns={"metric_value": "value"})
    if is_summed(key):
        return _sums(_of(frame, key, parts), entity_type in ("room", "floor"), time_zone)
    own: pd.DataFrame = frame[frame["entity_id"] == entity_id]
    if alert_type in BESIDE_FIELDS:
        beside = _extra(own, BESIDE_FIELDS[alert_type])
        own = own.assign(value=beside, expected=float("nan"), lower=float("nan"), upper=float("nan"))
    return own[COLUMNS]


def joined(frames: Sequence[pd.DataFrame], key: Key) -> pd.DataFrame:
    """timestamp, value, expected, lower, upper of the database's rows and of spans of the archive, by time."""
    filled = [frame for frame in frames if len(frame)] or [frames[0]]
    whole = pd.concat(filled, ignore_index=True)
    if is_summed(key):
        whole = _added(whole)
    return whole[COLUMNS].sort_values("timestamp", ignore_index=True)


def _of(frame: pd.DataFrame, key: Key, parts: Collection[int]) -> pd.DataFrame:
    _, _, entity_type, entity_id = key
    if entity_type == "room":
        return frame[frame["entity_id"].isin(parts)]
    if entity_type == "staff":
        return frame[_extra(frame, "visit_id").isin(parts)]
    return frame[_extra(frame, "floor_id") == entity_id] if entity_type == "floor" else frame


def _extra(frame: pd.DataFrame, name: str) -> "pd.Series[float]":
    found = [json.loads(one).get(name) if one else None for one in frame["extra_data"]]
    return pd.Series(pd.to_numeric(pd.Series(found, dtype=object), errors="coerce").to_numpy(float), index=frame.index)


def _sums(frame: pd.DataFrame, by_instant: bool, time_zone: str) -> pd.DataFrame:
    """at, timestamp, value, expected, judged, rows: sums over many entities, by instant or by local day."""
    at = frame["timestamp"]
    days = (at - pd.Timedelta(microseconds=1)).dt.tz_convert(time_zone).dt.tz_localize(None).dt.normalize()
    by = at if by_instant else days.astype("datetime64[s]")
    groups = frame.groupby(by.rename("at"))
    return groups.agg(
        timestamp=("timestamp", "max"), value=("value", "sum"), expected=("expected", "sum"),
        judged=("expected", "count"), rows=("value", "size"),
    ).reset_index()  # fmt: skip


def _added(sums: pd.DataFrame) -> pd.DataFrame:
    """Of a day that lies in two spans; the expected values add up where all are known, the bands do not."""
    found = sums.groupby("at", as_index=False).agg(
        {"timestamp": "max", "value": "sum", "expected": "sum", "judged": "sum", "rows": "sum"}
    )
    expected = found["expected"].where(found["judged"] == found["rows"])
    return found.assign(expected=expected, lower=float("nan"), upper=float("nan"))
