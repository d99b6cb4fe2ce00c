"""What the quality figures of SPEC P9 are counted from: runs, features, metric rows, verdicts, model loads."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from core.clock import local_days
from db.models.ml import FEATURES

# A lag is missing whenever that very day was not observed: that is coverage, not a hole in what was computed.
NEVER_NULL = tuple(name for name in FEATURES if not name.startswith("lag_"))

# An interval that ends at midnight belongs to the day it closes; in the daily sums it belongs to the day it begins.
FEATURES_BUILT = """
WITH built AS MATERIALIZED (
    SELECT DISTINCT metric_type, entity_id, ((timestamp - interval '1 microsecond') AT TIME ZONE :zone)::date AS day
      FROM ml_features WHERE hotel_id = :hotel_id AND timestamp > :since AND timestamp <= :until
), wanted AS MATERIALIZED (
    SELECT metric_type FROM pipeline_watermarks WHERE hotel_id = :hotel_id AND stage LIKE 'features%'
     UNION SELECT metric_type FROM built
), midnights AS (
    SELECT s.room_id, d.day::date AS day, count(*) AS slots
      FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp) + interval '1 day', '1 day') AS d(day)
      JOIN ml_metrics m ON m.hotel_id = :hotel_id AND m.metric_type = :slot_type
       AND m.timestamp = d.day AT TIME ZONE :zone
      JOIN minibar_slots s ON s.id = m.entity_id GROUP BY 1, 2
), looked AS (
    SELECT d.room_id, d.day FROM look_days d LEFT JOIN midnights n USING (room_id, day)
     WHERE d.hotel_id = :hotel_id AND d.day BETWEEN :first AND :last
     GROUP BY 1, 2 HAVING sum(d.slots) > coalesce(min(n.slots), 0)
     UNION SELECT room_id, day - 1 FROM midnights WHERE day > :first
), observed AS (
    SELECT metric_type, room_id AS entity_id, day FROM looked JOIN wanted ON metric_type = :slot_type
     UNION ALL
    SELECT w.metric_type, o.entity_id, o.day FROM wanted w CROSS JOIN LATERAL (
           SELECT DISTINCT m.entity_id, ((m.timestamp - interval '1 microsecond') AT TIME ZONE :zone)::date AS day
             FROM ml_metrics m WHERE m.hotel_id = :hotel_id AND m.metric_type = w.metric_type
              AND m.timestamp > :since AND m.timestamp <= :until) o
     WHERE w.metric_type <> :slot_type
)
SELECT o.metric_type, count(b.entity_id) AS part, count(*) AS whole
  FROM observed o LEFT JOIN built b USING (metric_type, entity_id, day) GROUP BY 1 ORDER BY 1
"""
# Rows of one end differ in their entity, so that only beginnings with several ends can hold duplicates: few rows are
# looked at one by one. OFFSET 0: by the index, whatever number of them the planner expects.
DUPLICATES = """
WITH spans AS MATERIALIZED (
    SELECT metric_type, interval_start, timestamp, count(*) AS rows FROM ml_metrics
     WHERE hotel_id = :hotel_id AND timestamp > :since AND timestamp <= :until GROUP BY 1, 2, 3
), doubtful AS (
    SELECT metric_type, interval_start, timestamp FROM spans
      JOIN (SELECT metric_type, interval_start FROM spans GROUP BY 1, 2 HAVING count(*) > 1) several
           USING (metric_type, interval_start)
), same AS (
    SELECT count(*) AS rows FROM doubtful d CROSS JOIN LATERAL (
           SELECT m.entity_id FROM ml_metrics m WHERE m.hotel_id = :hotel_id AND m.metric_type = d.metric_type
              AND m.timestamp = d.timestamp AND m.interval_start = d.interval_start OFFSET 0) m
     GROUP BY d.metric_type, d.interval_start, m.entity_id
)
SELECT (SELECT coalesce(sum(rows - 1), 0) FROM same) AS part, (SELECT coalesce(sum(rows), 0) FROM spans) AS whole
"""
# Most slots were measured lately; only of the others the older rows are asked for, one by one. Smaller or greater, in
# place of unequal, is two ranges of the index, so that the rows of slots are not read again.
COVERAGE = """
WITH lately AS MATERIALIZED (
    SELECT DISTINCT entity_id FROM ml_metrics WHERE hotel_id = :hotel_id AND metric_type = :slot_type
       AND timestamp > :recent AND timestamp <= :until
), measured AS (
    SELECT :slot_type AS metric_type, l.entity_id IS NOT NULL AS is_recent
      FROM minibar_slots s LEFT JOIN lately l ON l.entity_id = s.id
     WHERE s.hotel_id = :hotel_id AND coalesce(l.entity_id IS NOT NULL OR (
           SELECT true FROM ml_metrics m WHERE m.hotel_id = :hotel_id AND m.metric_type = :slot_type
              AND m.entity_id = s.id AND m.timestamp > :since AND m.timestamp <= :recent LIMIT 1), false)
     UNION ALL
    SELECT metric_type, max(timestamp) > :recent FROM ml_metrics
     WHERE hotel_id = :hotel_id AND timestamp > :since AND timestamp <= :until
       AND (metric_type < :slot_type OR metric_type > :slot_type) AND metric_type NOT LIKE 'model\\_%'
     GROUP BY metric_type, entity_id
)
SELECT metric_type, count(*) FILTER (WHERE is_recent) AS part, count(*) AS whole FROM measured GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Share:
    """``part`` of ``whole``; of one metric type, or of all ('')."""

    part: int
    whole: int
    metric_type: str = ""

    @property
    def ratio(self) -> float | None:
        return self.part / self.whole if self.whole else None


def runs(connection: Connection, hotel_id: int, job_name: str, since: datetime, until: datetime) -> Share:
    """Runs of a job that ended in the span and succeeded; a run that somebody stopped says nothing."""
    query = (
        "SELECT count(*) FILTER (WHERE state = 'succeeded'), count(*) FROM job_runs WHERE hotel_id = :hotel_id "
        "AND job_name = :job_name AND finished_at > :since AND finished_at <= :until AND state <> 'cancelled'"
    )
    params = {"hotel_id": hotel_id, "job_name": job_name, "since": since, "until": until}
    row = connection.execute(text(query), params).one()
    return Share(int(row[0]), int(row[1]))


def features_built(
    connection: Connection, hotel_id: int, days: tuple[date, date], *, slot_type: str, zone: str
) -> list[Share]:
    """By metric type: observed (entity, local day) of the closed days, both in, that have their feature row.

    ``slot_type``: the metric type whose slots are described as rooms; its days are those of the daily sums.
    """
    (first, last), (since, until) = days, local_days(*days, zone)
    params = {
        "hotel_id": hotel_id, "slot_type": slot_type, "first": first, "last": last, "zone": zone,
        "since": since, "until": until,
    }  # fmt: skip
    return [Share(row.part, row.whole, row.metric_type) for row in connection.execute(text(FEATURES_BUILT), params)]


def feature_nulls(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> Share:
    """Missing values among all that the feature rows of the span should hold."""
    columns = ", ".join(f'"{name}"' for name in NEVER_NULL)
    query = (
        f"SELECT coalesce(sum(num_nulls({columns})), 0), count(*) * {len(NEVER_NULL)} FROM ml_features "
        "WHERE hotel_id = :hotel_id AND timestamp > :since AND timestamp <= :until"
    )
    row = connection.execute(text(query), {"hotel_id": hotel_id, "since": since, "until": until}).one()
    return Share(int(row[0]), int(row[1]))


def duplicates(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> Share:
    """Metric rows that measure the same beginning of the same entity a second time, among all rows of the span."""
    row = connection.execute(text(DUPLICATES), {"hotel_id": hotel_id, "since": since, "until": until}).one()
    return Share(int(row.part), int(row.whole))


def coverage(
    connection: Connection, hotel_id: int, since: datetime, recent: datetime, until: datetime, *, slot_type: str
) -> list[Share]:
    """By metric type: of the entities measured after ``since``, those measured after ``recent``, too.

    ``slot_type``: the metric type that measures the slots.
    """
    params = {"hotel_id": hotel_id, "slot_type": slot_type, "since": since, "recent": recent, "until": until}
    return [Share(row.part, row.whole, row.metric_type) for row in connection.execute(text(COVERAGE), params)]


def collected(connection: Connection, hotel_id: int) -> dict[str, datetime]:
    """{metric type: up to which instant its sources were read}."""
    query = (
        "SELECT metric_type, read_until FROM pipeline_watermarks WHERE hotel_id = :hotel_id AND stage = 'collect' "
        "ORDER BY metric_type"
    )
    return {row.metric_type: row.read_until for row in connection.execute(text(query), {"hotel_id": hotel_id})}


def false_alarms(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> list[Share]:
    """By metric type: alerts of the span judged false, among those judged right or false."""
    query = (
        "SELECT metric_type, count(*) FILTER (WHERE verdict = 'yanlis_pozitif') AS part, count(*) AS whole "
        "FROM ml_alerts WHERE hotel_id = :hotel_id AND verdict IN ('dogru', 'yanlis_pozitif') "
        "AND raised_at > :since AND raised_at <= :until GROUP BY 1 ORDER BY 1"
    )
    params = {"hotel_id": hotel_id, "since": since, "until": until}
    return [Share(row.part, row.whole, row.metric_type) for row in connection.execute(text(query), params)]
