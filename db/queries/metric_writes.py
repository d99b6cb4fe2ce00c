"""Writing metric rows: only the differences are written, and rows that are no longer true are taken out."""

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, text

from db.bulk import copy_frame, refresh_statistics
from db.queries.metric_checksums import checksum_of
from db.queries.metrics import EXTRA_FIELDS
from db.queries.watermarks import Window

STAGED = "staged_metrics"


@dataclass(frozen=True)
class Written:
    """Rows inserted or changed, and rows deleted."""

    changed: int = 0
    deleted: int = 0

    @property
    def rows(self) -> int:
        return self.changed + self.deleted


# ``collected_at`` of a new row is its default.
KEPT = {name: f"m.{name}" for name in ("hotel_id", "metric_type", "entity_type")}
ASKED = {name: f":{name}" for name in ("hotel_id", "metric_type", "entity_type")}
CHANGED = checksum_of("n", **KEPT, collected_at="now()")
NEW = checksum_of("n", **ASKED, collected_at="now()")
# Writers of one metric type of a hotel wait for each other (the watermark's lock), so MERGE meets no rival.
MERGE = f"""
MERGE INTO ml_metrics m
USING (SELECT * FROM ({{rows}}) unordered ORDER BY timestamp) n
   ON m.hotel_id = :hotel_id AND m.metric_type = :metric_type
  AND m.entity_id = n.entity_id AND m.timestamp = n.timestamp
 WHEN MATCHED AND (m.interval_start, m.metric_value, m.exposure, m.extra_data)
      IS DISTINCT FROM (n.interval_start, n.metric_value, n.exposure, n.extra_data) THEN
      UPDATE SET interval_start = n.interval_start, metric_value = n.metric_value, exposure = n.exposure,
                 extra_data = n.extra_data, collected_at = now(), checksum = {CHANGED}
 WHEN NOT MATCHED AND n.timestamp >= coalesce(CAST(:kept_since AS timestamptz), '-infinity') THEN
      INSERT (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value, exposure,
              extra_data, checksum)
      VALUES (:hotel_id, :metric_type, :entity_type, n.entity_id, n.interval_start, n.timestamp, n.metric_value,
              n.exposure, n.extra_data, {NEW})
"""

# A score of a row that no longer exists would be shown and counted, so it goes with its row; so does what replay has.
DELETE = """
WITH gone AS (
    DELETE FROM ml_metrics m USING ({spans}) span
     WHERE m.hotel_id = :hotel_id AND m.metric_type = :metric_type AND m.entity_id = span.entity_id
       AND {condition}
    RETURNING m.entity_type, m.entity_id, m.timestamp
), candidates AS (
    DELETE FROM ml_candidates c USING gone LEFT JOIN minibar_slots slot
        ON gone.entity_type = 'minibar_slot' AND slot.id = gone.entity_id
     WHERE c.hotel_id = :hotel_id AND c.metric_type = :metric_type AND c.timestamp = gone.timestamp
       AND (c.entity_id = gone.entity_id OR c.entity_type = 'room' AND c.entity_id = slot.room_id)
), scores AS (
    DELETE FROM ml_scores s USING gone
     WHERE s.hotel_id = :hotel_id AND s.metric_type = :metric_type
       AND s.entity_id = gone.entity_id AND s.timestamp = gone.timestamp
)
SELECT count(*) FROM gone
"""


def upsert(connection: Connection, rows: str, params: dict[str, object]) -> int:
    """Insert or change what the query ``rows`` (columns of ml_metrics from entity_id on) says differently."""
    written = connection.execute(text(MERGE.format(rows=rows)), params).rowcount
    refresh_statistics(connection, "ml_metrics", written)
    return written


def delete(connection: Connection, spans: str, condition: str, params: dict[str, object]) -> int:
    """Delete the rows ``m`` of the entities of the query ``spans`` (as ``span``) that meet the condition."""
    return int(connection.execute(text(DELETE.format(spans=spans, condition=condition)), params).scalar_one())


def stored_entities(connection: Connection, window: Window) -> list[int]:
    """Whoever has rows of the metric type."""
    query = text("SELECT DISTINCT entity_id FROM ml_metrics WHERE hotel_id = :hotel_id AND metric_type = :metric_type")
    params = {"hotel_id": window.hotel_id, "metric_type": window.metric_type}
    return [int(entity_id) for entity_id in connection.execute(query, params).scalars()]


def replace_metrics(
    connection: Connection, window: Window, entity_type: str, rows: pd.DataFrame, spans: pd.DataFrame
) -> Written:
    """Make the rows of ``spans`` (entity_id, since) up to ``window.at`` equal to ``rows``; its other rows are added.

    ``rows`` has entity_id, interval_start, timestamp, metric_value, exposure (optional) and the extra fields of the
    metric type as columns.
    """
    fields = EXTRA_FIELDS.get(window.metric_type, {})
    stage(connection, rows, fields)
    params = {
        "hotel_id": window.hotel_id, "metric_type": window.metric_type, "entity_type": entity_type, "at": window.at,
        "kept_since": window.kept_since,
    }  # fmt: skip
    deleted = 0
    if len(spans):
        connection.execute(text("CREATE TEMP TABLE staged_spans (entity_id bigint, since timestamptz) ON COMMIT DROP"))
        copy_frame(connection, "staged_spans", spans[["entity_id", "since"]])
        condition = (
            "m.timestamp > span.since AND m.timestamp <= :at "
            "AND m.timestamp >= coalesce(CAST(:kept_since AS timestamptz), '-infinity') AND NOT EXISTS "
            f"(SELECT FROM {STAGED} n WHERE n.entity_id = m.entity_id AND n.timestamp = m.timestamp)"
        )
        deleted = delete(connection, "SELECT * FROM staged_spans", condition, params)
        connection.execute(text("DROP TABLE staged_spans"))
    listed = ", ".join(f"'{name}', {name}" for name in fields)
    extra = f"jsonb_build_object({listed})" if fields else "NULL::jsonb"
    source = f"SELECT entity_id, interval_start, timestamp, metric_value, exposure, {extra} AS extra_data FROM {STAGED}"
    changed = upsert(connection, source, params) if len(rows) else 0
    connection.execute(text(f"DROP TABLE {STAGED}"))
    return Written(changed, deleted)


def stage(connection: Connection, rows: pd.DataFrame, fields: dict[str, str]) -> None:
    """Copy rows into a temporary table with one column for each extra field."""
    columns = "".join(f", {name} {kind}" for name, kind in fields.items())
    connection.execute(
        text(
            f"CREATE TEMP TABLE {STAGED} (entity_id bigint, interval_start timestamptz, timestamp timestamptz, "
            f"metric_value float8, exposure float8{columns}) ON COMMIT DROP"
        )
    )
    kept = ["entity_id", "interval_start", "timestamp", "metric_value", "exposure", *fields]
    copy_frame(connection, STAGED, rows[[name for name in kept if name in rows.columns]])
    connection.execute(text(f"ANALYZE {STAGED}"))
