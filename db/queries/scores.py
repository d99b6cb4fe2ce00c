"""Scores: which metric rows want one, and writing them."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from core.errors import AppError
from db import locks
from db.bulk import copy_frame, upsert_frame
from db.queries import consumption_days
from db.queries.frames import copy_out
from db.queries.watermarks import Window, open_window

# A row waits for a score when it has none, or was collected again after it was scored (late and corrected data).
WAITING = """
SELECT m.entity_id, m.timestamp
  FROM ml_metrics m
  LEFT JOIN ml_scores s ON s.hotel_id = m.hotel_id AND s.metric_type = m.metric_type
       AND s.entity_id = m.entity_id AND s.timestamp = m.timestamp
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND m.timestamp <= %(at)s
   AND (s.scored_at IS NULL OR s.scored_at < m.collected_at)
"""
# After the first run only newer intervals and rows collected since can be waiting.
SINCE = " AND (m.timestamp > %(since_at)s OR m.collected_at > %(recorded_since)s)"

KEYS = ("hotel_id", "metric_type", "entity_id", "timestamp")


def hotel_time_zone(connection: Connection, hotel_id: int) -> str:
    """Raises ``not_found`` (404) for a hotel that does not exist."""
    found = connection.execute(text("SELECT time_zone FROM hotels WHERE id = :id"), {"id": hotel_id}).scalar()
    if found is None:
        raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})
    return str(found)


def open_scoring(connection: Connection, hotel_id: int, metric_type: str, at: datetime) -> Window:
    """What a run may have to score. No collection of the same rows runs meanwhile: ``collected_at`` and ``scored_at``
    are compared, and a collection that began before the scoring and ended after it would be overlooked."""
    locks.wait_for(connection, f"collect/{metric_type}", hotel_id)
    return open_window(connection, hotel_id, "detect", metric_type, at)


def waiting_rows(connection: Connection, window: Window) -> pd.DataFrame:
    """entity_id and timestamp of the metric rows up to the window's instant that want a score."""
    params = {
        "hotel_id": window.hotel_id, "metric_type": window.metric_type, "at": window.at,
        "since_at": window.since_at, "recorded_since": window.recorded_since,
    }  # fmt: skip
    return copy_out(connection, WAITING if window.is_first else WAITING + SINCE, params)


def scoring_instant(connection: Connection) -> datetime:
    """The database's clock, which also stamps ``collected_at``; the two are compared."""
    found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found


def write_scores(connection: Connection, hotel_id: int, metric_type: str, scores: pd.DataFrame, at: datetime) -> int:
    """Upsert one score a metric row; ``scores``: entity_id, timestamp, detector, expected … model_id."""
    frame = scores.assign(hotel_id=hotel_id, metric_type=metric_type, scored_at=pd.Timestamp(at))
    written = _write(connection, hotel_id, metric_type, frame)
    if metric_type == "tuketim_miktar":
        consumption_days.refresh_slots(connection, hotel_id, scores[["entity_id", "timestamp"]])
    return written


def _write(connection: Connection, hotel_id: int, metric_type: str, frame: pd.DataFrame) -> int:
    stored = text("SELECT EXISTS (SELECT FROM ml_scores WHERE hotel_id = :hotel_id AND metric_type = :metric_type)")
    if not connection.execute(stored, {"hotel_id": hotel_id, "metric_type": metric_type}).scalar_one():
        return copy_frame(connection, "ml_scores", frame)  # a first run has nothing to compare with
    return upsert_frame(connection, "ml_scores", frame, KEYS)


def read_scores(
    connection: Connection, hotel_id: int, metric_type: str, since: datetime, until: datetime
) -> pd.DataFrame:
    """Scores with ``since < timestamp <= until``: entity_id, timestamp, detector, expected, lower, upper, score …"""
    query = (
        "SELECT entity_id, timestamp, detector, expected, lower, upper, score, observations, model_id, scored_at "
        "FROM ml_scores WHERE hotel_id = %(hotel_id)s AND metric_type = %(metric_type)s "
        "AND timestamp > %(since)s AND timestamp <= %(until)s ORDER BY entity_id, timestamp"
    )
    params = {"hotel_id": hotel_id, "metric_type": metric_type, "since": since, "until": until}
    return copy_out(connection, query, params)


def visit_staff(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> pd.DataFrame:
    """visit_id and staff_id of the checks whose attendant is known."""
    query = (
        "SELECT id AS visit_id, staff_id FROM visits WHERE hotel_id = %(hotel_id)s AND staff_id IS NOT NULL "
        "AND occurred_at > %(since)s AND occurred_at <= %(until)s"
    )
    return copy_out(connection, query, {"hotel_id": hotel_id, "since": since, "until": until})


def planted_anomalies(connection: Connection, hotel_id: int) -> pd.DataFrame:
    """Labels that the simulator planted; for evaluation only."""
    query = (
        "SELECT id, anomaly_type, metric_type, entity_type, room_id, product_id, staff_id, started_at, ended_at, "
        "magnitude, (details->>'floor_id')::bigint AS floor_id FROM planted_anomalies "
        "WHERE hotel_id = %(hotel_id)s ORDER BY started_at, id"
    )
    return copy_out(connection, query, {"hotel_id": hotel_id})
