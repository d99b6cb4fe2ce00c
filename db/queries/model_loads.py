"""Loads of model files as they happened, and a day of them as metric rows (SPEC B8)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.queries.metric_checksums import checksum_of

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
# Shares of a day: of loads that fell back to the Z-Score, of requests that the caches answered at once.
SHARES = """
SELECT 'model_yedek_oran', 'hotel', CAST(:hotel_id AS bigint), avg((l.outcome <> 'loaded')::int)::float8,
       jsonb_build_object('loads', count(*))
  FROM ml_model_loads l
 WHERE l.hotel_id = :hotel_id AND l.loaded_at >= :since AND l.loaded_at < :until
HAVING count(*) > 0
UNION ALL
SELECT 'model_onbellek_isabet', 'hotel', CAST(:hotel_id AS bigint),
       sum(c.hits)::float8 / nullif(sum(c.hits + c.misses + c.waits), 0),
       jsonb_build_object('requests', sum(c.hits + c.misses + c.waits), 'evictions', sum(c.evictions),
                          'waits', sum(c.waits), 'refusals', sum(c.refusals), 'load_seconds', sum(c.load_seconds))
  FROM ml_model_cache_counts c
 WHERE c.hotel_id = :hotel_id AND c.counted_at >= :since AND c.counted_at < :until
HAVING sum(c.hits + c.misses + c.waits) > 0
"""
DISK = "SELECT 'model_disk_oran', 'hotel', :hotel_id, CAST(:disk_ratio AS float8), NULL::jsonb"
NEW = checksum_of(
    "found", hotel_id=":hotel_id", interval_start=":since", timestamp=":until", exposure="NULL", collected_at="now()"
)
CHANGED = checksum_of(
    "ml_metrics", metric_value="EXCLUDED.metric_value", extra_data="EXCLUDED.extra_data", collected_at="now()"
)
WRITE = f"""
INSERT INTO ml_metrics (metric_type, entity_type, entity_id, metric_value, extra_data, hotel_id, interval_start,
                        timestamp, checksum)
SELECT found.*, :hotel_id, :since, :until, {NEW}
  FROM ({LOAD_SECONDS} UNION ALL {SIZES} UNION ALL {SHARES} UNION ALL {DISK})
       AS found (metric_type, entity_type, entity_id, metric_value, extra_data)
    ON CONFLICT (hotel_id, metric_type, entity_id, timestamp)
    DO UPDATE SET metric_value = EXCLUDED.metric_value, extra_data = EXCLUDED.extra_data, collected_at = now(),
                  checksum = {CHANGED}
 WHERE (ml_metrics.metric_value, ml_metrics.extra_data) IS DISTINCT FROM (EXCLUDED.metric_value, EXCLUDED.extra_data)
"""


def record(connection: Connection, load: dict[str, Any]) -> None:
    """One attempt: hotel_id, model_id, metric_type, model_type, loaded_at, duration_seconds, outcome."""
    columns = ", ".join(load)
    values = ", ".join(f":{name}" for name in load)
    connection.execute(text(f"INSERT INTO ml_model_loads ({columns}) VALUES ({values})"), load)


def write_measures(connection: Connection, hotel_id: int, since: datetime, until: datetime, disk_ratio: float) -> int:
    """The day's mean load seconds and the size (bytes) of each model, the shares, the used part of the models' disk.

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


def add_cache_counts(
    connection: Connection, hotel_id: int, hour: datetime, service: str, counts: dict[str, float]
) -> None:
    """Add to the hour's counts; ``counts``: columns of ``ml_model_cache_counts``."""
    names = ", ".join(counts)
    added = ", ".join(f"{name} = ml_model_cache_counts.{name} + EXCLUDED.{name}" for name in counts)
    query = (
        f"INSERT INTO ml_model_cache_counts (hotel_id, counted_at, service, {names}) "
        f"VALUES (:hotel_id, :hour, :service, {', '.join(':' + name for name in counts)}) "
        f"ON CONFLICT (hotel_id, counted_at, service) DO UPDATE SET {added}"
    )
    connection.execute(text(query), {"hotel_id": hotel_id, "hour": hour, "service": service, **counts})


def cache_counts(connection: Connection, hotel_id: int, since: datetime) -> dict[str, dict[str, float]]:
    """The counts since ``since``, by service."""
    names = ("hits", "misses", "waits", "failures", "refusals", "evictions", "load_seconds")
    sums = ", ".join(f"sum({name})::float8 AS {name}" for name in names)
    query = (
        f"SELECT service, {sums} FROM ml_model_cache_counts WHERE hotel_id = :hotel_id AND counted_at >= :since "
        "GROUP BY service ORDER BY service"
    )
    found = connection.execute(text(query), {"hotel_id": hotel_id, "since": since}).mappings()
    return {row["service"]: {name: float(row[name]) for name in names} for row in found}


def loads_by_model(connection: Connection, hotel_id: int, since: datetime) -> dict[int, dict[str, Any]]:
    """Loads of each version since ``since``: how many, how many failed, seconds of the successful ones."""
    query = (
        "SELECT model_id, count(*) AS loads, count(*) FILTER (WHERE outcome <> 'loaded') AS failed, "
        "avg(duration_seconds) FILTER (WHERE outcome = 'loaded') AS mean_seconds, "
        "percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_seconds) FILTER (WHERE outcome = 'loaded') "
        "AS p95_seconds, (array_agg(outcome ORDER BY id DESC))[1] AS last_outcome FROM ml_model_loads "
        "WHERE hotel_id = :hotel_id AND loaded_at >= :since AND model_id IS NOT NULL GROUP BY model_id"
    )
    found = connection.execute(text(query), {"hotel_id": hotel_id, "since": since}).mappings()
    return {row["model_id"]: dict(row) for row in found}


def was_disk_full(connection: Connection, since: datetime) -> bool:
    """Whether a training since ``since`` found no room for its model."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM ml_training_logs WHERE started_at >= :since AND error LIKE 'model_disk_full%')"
    )
    return bool(connection.execute(text(query), {"since": since}).scalar())
