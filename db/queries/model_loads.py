"""Loads of model files as they happened, and a day of them as metric rows (SPEC B8)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

LOADED = "loaded"

# One row a model and day; a day without a load has no row, since a load time of zero would be invented.
LOAD_SECONDS = """
SELECT 'model_yukleme_sure', 'model', l.model_id, avg(l.duration_seconds),
       jsonb_build_object('loads', count(*), 'failed', count(*) FILTER (WHERE l.outcome <> 'loaded'),
                          'longest_seconds', max(l.duration_seconds))
  FROM ml_model_loads l
 WHERE l.hotel_id = :hotel_id AND l.model_id IS NOT NULL AND l.loaded_at >= :since AND l.loaded_at < :until
 GROUP BY l.model_id
"""
SIZES = """
SELECT 'model_boyut', 'model', m.id, m.size_bytes, jsonb_build_object('model_type', m.model_type,
       'of_metric', m.metric_type, 'is_active', m.is_active)
  FROM ml_models m
 WHERE m.hotel_id = :hotel_id AND m.model_path IS NOT NULL AND m.size_bytes IS NOT NULL AND m.trained_at < :until
"""
DISK = "SELECT 'model_disk_oran', 'hotel', :hotel_id, CAST(:disk_ratio AS float8), NULL::jsonb"
WRITE = f"""
INSERT INTO ml_metrics (metric_type, entity_type, entity_id, metric_value, extra_data, hotel_id, interval_start,
                        timestamp)
SELECT found.*, :hotel_id, :since, :until
  FROM ({LOAD_SECONDS} UNION ALL {SIZES} UNION ALL {DISK}) AS found
    ON CONFLICT (hotel_id, metric_type, entity_id, timestamp)
    DO UPDATE SET metric_value = EXCLUDED.metric_value, extra_data = EXCLUDED.extra_data, collected_at = now()
 WHERE (ml_metrics.metric_value, ml_metrics.extra_data) IS DISTINCT FROM (EXCLUDED.metric_value, EXCLUDED.extra_data)
"""


def record(connection: Connection, load: dict[str, Any]) -> None:
    """One attempt: hotel_id, model_id, metric_type, model_type, loaded_at, duration_seconds, outcome."""
    columns = ", ".join(load)
    values = ", ".join(f":{name}" for name in load)
    connection.execute(text(f"INSERT INTO ml_model_loads ({columns}) VALUES ({values})"), load)


def write_measures(connection: Connection, hotel_id: int, since: datetime, until: datetime, disk_ratio: float) -> int:
    """The day's mean load seconds and the size (bytes) of each model, and the used part of the models' disk.

    Rows of ``ml_metrics`` with timestamp ``until``; returns how many were written or changed.
    """
    params = {"hotel_id": hotel_id, "since": since, "until": until, "disk_ratio": disk_ratio}
    return connection.execute(text(WRITE), params).rowcount


def load_counts(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> tuple[int, int]:
    """(attempts, attempts that fell back) in the span."""
    row = connection.execute(
        text(
            "SELECT count(*), count(*) FILTER (WHERE outcome <> 'loaded') FROM ml_model_loads "
            "WHERE hotel_id = :hotel_id AND loaded_at >= :since AND loaded_at < :until"
        ),
        {"hotel_id": hotel_id, "since": since, "until": until},
    ).one()
    return int(row[0]), int(row[1])
