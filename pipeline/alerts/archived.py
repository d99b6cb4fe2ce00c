"""The series behind an alert whose rows went to the archive, shaped as ``db.queries.alert_series`` reads the others."""

import json
from collections.abc import Collection

import pandas as pd
import pyarrow as pa

from db.queries.alert_series import BESIDE_FIELDS, SUMS

COLUMNS = ["timestamp", "value", "expected", "lower", "upper"]
Key = tuple[str, str, str, int]  # metric_type, alert_type, entity_type, entity_id
INSTANT = "datetime64[us, UTC]"


def shaped(rows: pa.Table, key: Key, time_zone: str, parts: Collection[int] | None) -> pd.DataFrame:
    """timestamp, value, expected, lower, upper; ``parts``: slots of the key's room, or visits of its attendant."""
    metric_type, alert_type, entity_type, entity_id = key
    frame = rows.to_pandas(date_as_object=False).rename(columns={"metric_value": "value"})
    if alert_type in BESIDE_FIELDS:
        own = frame[frame["entity_id"] == entity_id]
        beside = _extra(own, BESIDE_FIELDS[alert_type])
        return _plain(own.assign(value=beside, expected=float("nan"), lower=float("nan"), upper=float("nan")))
    if (metric_type, entity_type) in SUMS or (metric_type == "tuketim_miktar" and entity_type != "minibar_slot"):
        return _summed(_of(frame, key, parts), by_instant=entity_type in ("room", "floor"), time_zone=time_zone)
    return _plain(frame[frame["entity_id"] == entity_id])


def _of(frame: pd.DataFrame, key: Key, parts: Collection[int] | None) -> pd.DataFrame:
    _, _, entity_type, entity_id = key
    if entity_type == "room":
        return frame[frame["entity_id"].isin(parts or ())]
    if entity_type == "staff":
        return frame[_extra(frame, "visit_id").isin(parts or ())]
    return frame[_extra(frame, "floor_id") == entity_id] if entity_type == "floor" else frame


def _extra(frame: pd.DataFrame, name: str) -> "pd.Series[float]":
    found = [json.loads(one).get(name) if one else None for one in frame["extra_data"]]
    return pd.Series(pd.to_numeric(pd.Series(found, dtype=object), errors="coerce").to_numpy(float), index=frame.index)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[COLUMNS].sort_values("timestamp", ignore_index=True)


def _summed(frame: pd.DataFrame, *, by_instant: bool, time_zone: str) -> pd.DataFrame:
    """Sums over many entities: the expected values add up where all are known, the bands do not."""
    at = frame["timestamp"]
    by = at if by_instant else (at - pd.Timedelta(microseconds=1)).dt.tz_convert(time_zone).dt.date
    groups = frame.groupby(by)
    found = groups.agg(timestamp=("timestamp", "max"), value=("value", "sum"), expected=("expected", "sum"))
    is_known = groups["expected"].count() == groups["expected"].size()
    summed = found.assign(expected=found["expected"].where(is_known), lower=float("nan"), upper=float("nan"))
    return _plain(summed.reset_index(drop=True))
