"""Rows that a verdict called anomalous are left out of fits: no model may learn that they are normal (SPEC A6.3)."""

from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pandas as pd

COLUMNS = ("metric_type", "entity_id", "since", "until")


class ConfirmedAnomalies(Protocol):
    """Who knows the confirmed anomalies of a metric type.

    ``excluded``: metric_type, entity_id, since, until (UTC instants), one row an anomaly. ``entity_id`` is an id of
    the metric rows (``MetricType.entity_type``); rows whose end lies in (since, until] are meant.
    """

    def excluded(
        self, connection: Any, hotel_id: int, metric_type: str, since: datetime, until: datetime
    ) -> pd.DataFrame: ...


class NothingConfirmed:
    """The default: nobody has confirmed anything."""

    def excluded(
        self, connection: Any, hotel_id: int, metric_type: str, since: datetime, until: datetime
    ) -> pd.DataFrame:
        return pd.DataFrame(columns=list(COLUMNS))


def without(rows: pd.DataFrame, excluded: pd.DataFrame) -> pd.DataFrame:
    """``rows`` (entity_id, timestamp) without those of an excluded entity and time, in their order."""
    if rows.empty or excluded.empty:
        return rows
    gone = np.zeros(len(rows), dtype=bool)
    touched = np.flatnonzero(rows["entity_id"].isin(excluded["entity_id"]).to_numpy())
    entity, ends = rows["entity_id"].to_numpy()[touched], rows["timestamp"].iloc[touched]
    for span in excluded.itertuples(index=False):
        inside = (entity == span.entity_id) & (ends > span.since).to_numpy() & (ends <= span.until).to_numpy()
        gone[touched[inside]] = True
    return rows[~gone]
