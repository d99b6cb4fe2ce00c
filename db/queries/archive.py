"""The archive's manifest, the metric rows that leave for it, and those that were brought back (SPEC A7.3, A7.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db import locks
from db.queries.frames import copy_table
from db.queries.hotel_scope import of_hotels, these_hotels

# What a file of the archive holds, in its order: the metric row as it stands, and what a detector expected of it.
OF_METRIC = (
    "metric_type", "entity_type", "entity_id", "interval_start", "timestamp", "metric_value", "exposure", "extra_data",
    "collected_at", "checksum",
)  # fmt: skip
OF_SCORE = ("detector", "expected", "lower", "upper", "score", "observations", "model_id", "scored_at")
ROW_COLUMNS = (*OF_METRIC, *OF_SCORE)
WRITTEN_AS = {"extra_data": "m.extra_data::text AS extra_data", "checksum": "encode(m.checksum, 'hex') AS checksum"}
JOINED = """ml_metrics m LEFT JOIN ml_scores s ON s.hotel_id = m.hotel_id AND s.metric_type = m.metric_type
       AND s.entity_id = m.entity_id AND s.timestamp = m.timestamp"""
SELECTED = ", ".join([*(WRITTEN_AS.get(name, f"m.{name}") for name in OF_METRIC), *(f"s.{name}" for name in OF_SCORE)])
# A row that somebody brought back stays until its time is over.
NOT_HELD = """NOT EXISTS (SELECT FROM archive_holds h WHERE h.hotel_id = {row}.hotel_id AND h.ended_at IS NULL
       AND h.kept_until > {at} AND {row}.timestamp >= h.since AND {row}.timestamp < h.until)"""
LEAVING = f"""
SELECT m.id, pg_column_size(m.*) AS stored_bytes, {SELECTED}
  FROM {JOINED}
 WHERE m.hotel_id = %(hotel_id)s AND m.timestamp >= %(since)s AND m.timestamp < %(until)s
   AND {NOT_HELD.format(row="m", at="%(at)s")}
 ORDER BY m.metric_type, m.timestamp, m.entity_id
   FOR UPDATE OF m
"""
# A score of a row that no longer exists would be shown and counted, so it goes with its row; one that was written since
# the row was read is told, for it is in no file.
DELETE = """
WITH leaving AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:scored_at AS timestamptz[])) AS l(id, scored_at)
), gone AS (
    DELETE FROM ml_metrics m USING leaving WHERE m.id = leaving.id
    RETURNING m.hotel_id, m.metric_type, m.entity_id, m.timestamp, leaving.scored_at
), scores AS (
    DELETE FROM ml_scores s USING gone
     WHERE s.hotel_id = gone.hotel_id AND s.metric_type = gone.metric_type AND s.entity_id = gone.entity_id
       AND s.timestamp = gone.timestamp
    RETURNING s.scored_at IS DISTINCT FROM gone.scored_at AS is_newer
)
SELECT (SELECT count(*) FROM gone) AS rows, (SELECT count(*) FROM scores WHERE is_newer) AS newer
"""
OLD_DAYS = f"""
SELECT (m.timestamp AT TIME ZONE :zone)::date AS day, count(*) AS rows
  FROM ml_metrics m
 WHERE m.hotel_id = :hotel_id AND m.timestamp < :before AND {NOT_HELD.format(row="m", at=":at")}
 GROUP BY 1 ORDER BY 1
"""
PARTITION_COLUMNS = (
    "id, hotel_id, day, path, row_count, size_bytes, stored_bytes, sha256, first_at, last_at, metric_types, "
    "schema_version, created_at, verified_at, fault"
)


@dataclass(frozen=True, kw_only=True)
class NewPartition:
    """What is known of a file of the archive when it was written; see ``db.models.archive``."""

    hotel_id: int
    day: date
    path: str
    row_count: int
    size_bytes: int
    stored_bytes: int
    sha256: str
    first_at: datetime
    last_at: datetime
    metric_types: dict[str, int]
    schema_version: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Partition(NewPartition):
    """A file that the manifest names, and what the last verification found."""

    id: int
    verified_at: datetime | None
    fault: str | None


def lock(connection: Connection, hotel_id: int) -> None:
    """Whoever changes a hotel's archive waits for the others, until the transaction ends."""
    locks.wait_for(connection, "archive", hotel_id)


def old_days(connection: Connection, hotel_id: int, before: datetime, at: datetime, zone: str) -> dict[date, int]:
    """Local days that have rows before ``before`` which are to leave at ``at``, and how many."""
    params = {"hotel_id": hotel_id, "before": before, "at": at, "zone": zone}
    return {row.day: row.rows for row in connection.execute(text(OLD_DAYS), params)}


def leaving_rows(connection: Connection, hotel_id: int, since: datetime, until: datetime, at: datetime) -> pa.Table:
    """id, stored_bytes and ``ROW_COLUMNS`` of the rows to leave; until the transaction ends nobody changes them."""
    params = {"hotel_id": hotel_id, "since": since, "until": until, "at": at}
    return copy_table(connection, LEAVING, params)


def delete_rows(connection: Connection, leaving: pa.Table) -> tuple[int, int]:
    """Delete metric rows and their scores: how many rows, and how many scores that are not the ones in ``leaving``."""
    params = {name: leaving[key].to_pylist() for name, key in (("ids", "id"), ("scored_at", "scored_at"))}
    found = connection.execute(text(DELETE), params).one()
    return int(found.rows), int(found.newer)


def add_partition(connection: Connection, new: NewPartition) -> None:
    columns = list(vars(new))
    statement = text(
        f"INSERT INTO archive_partitions ({', '.join(columns)}) VALUES ({', '.join(':' + name for name in columns)})"
    ).bindparams(bindparam("metric_types", type_=JSONB))
    connection.execute(statement, vars(new))


def partitions(
    connection: Connection, hotel_id: int, since: datetime | None = None, until: datetime | None = None,
    metric_type: str | None = None,
) -> list[Partition]:  # fmt: skip
    """Files that may hold rows with ``since <= timestamp < until``, the one written first first."""
    query = (
        f"SELECT {PARTITION_COLUMNS} FROM archive_partitions WHERE hotel_id = :hotel_id "
        "AND (CAST(:since AS timestamptz) IS NULL OR last_at >= :since) "
        "AND (CAST(:until AS timestamptz) IS NULL OR first_at < :until) "
        "AND (CAST(:metric_type AS text) IS NULL OR jsonb_exists(metric_types, :metric_type)) ORDER BY id"
    )
    params = {"hotel_id": hotel_id, "since": since, "until": until, "metric_type": metric_type}
    return [Partition(**row) for row in connection.execute(text(query), params).mappings()]


def paths(connection: Connection, hotel_id: int | None = None) -> dict[str, str]:
    """Path and checksum of every file, of one hotel or of all."""
    query = "SELECT path, sha256 FROM archive_partitions WHERE hotel_id = coalesce(:hotel_id, hotel_id) ORDER BY path"
    return {row.path: row.sha256 for row in connection.execute(text(query), {"hotel_id": hotel_id})}


def note_verified(connection: Connection, partition_id: int, at: datetime, fault: str | None) -> None:
    connection.execute(
        text("UPDATE archive_partitions SET verified_at = :at, fault = :fault WHERE id = :id"),
        {"id": partition_id, "at": at, "fault": fault},
    )


def totals(connection: Connection, hotel_ids: Sequence[int] | None) -> list[dict[str, Any]]:
    """By hotel and month: days, files, rows, size_bytes, stored_bytes, first_at, last_at, verified_at (of the file
    that was verified longest ago; NULL: one never was), faults."""
    query = (
        "SELECT hotel_id, date_trunc('month', day)::date AS month, count(DISTINCT day) AS days, count(*) AS files, "
        "sum(row_count)::bigint AS rows, sum(size_bytes)::bigint AS size_bytes, "
        "sum(stored_bytes)::bigint AS stored_bytes, min(first_at) AS first_at, max(last_at) AS last_at, "
        "CASE WHEN bool_and(verified_at IS NOT NULL) THEN min(verified_at) END AS verified_at, "
        "count(fault) AS faults FROM archive_partitions "
        f"WHERE {of_hotels()} "
        "GROUP BY 1, 2 ORDER BY 1, 2 DESC"
    )
    return [dict(row) for row in connection.execute(text(query), {"hotel_ids": these_hotels(hotel_ids)}).mappings()]
