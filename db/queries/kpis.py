"""What the quality figures of SPEC P9 are counted from: runs, features, metric rows, verdicts, model loads."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.models.ml import FEATURES

# A lag is missing whenever that very day was not observed: that is coverage, not a hole in what was computed.
NEVER_NULL = tuple(name for name in FEATURES if not name.startswith("lag_"))


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
    connection: Connection, hotel_id: int, room_types: list[str], since: datetime, until: datetime
) -> list[Share]:
    """By metric type: observed (entity, local day) of the closed days of the span that have their feature row.

    ``room_types``: the metric types whose slots are described as rooms. ``since``, ``until``: local midnights.
    """
    query = """
        WITH built AS MATERIALIZED (
            SELECT DISTINCT f.metric_type, f.entity_id,
                   ((f.timestamp - interval '1 microsecond') AT TIME ZONE h.time_zone)::date AS day
              FROM ml_features f JOIN hotels h ON h.id = f.hotel_id
             WHERE f.hotel_id = :hotel_id AND f.timestamp > :since AND f.timestamp <= :until
        ), wanted AS (
            SELECT metric_type FROM pipeline_watermarks WHERE hotel_id = :hotel_id AND stage LIKE 'features%'
             UNION SELECT metric_type FROM built
        ), seen AS (
            SELECT m.metric_type, m.entity_id, ((m.timestamp - interval '1 microsecond') AT TIME ZONE h.time_zone)::date
                   AS day
              FROM wanted JOIN ml_metrics m USING (metric_type) JOIN hotels h ON h.id = m.hotel_id
             WHERE m.hotel_id = :hotel_id AND m.timestamp > :since AND m.timestamp <= :until
        ), observed AS (
            SELECT DISTINCT seen.metric_type, s.room_id AS entity_id, seen.day
              FROM seen JOIN minibar_slots s ON s.id = seen.entity_id WHERE seen.metric_type = ANY(:room_types)
             UNION ALL
            SELECT DISTINCT metric_type, entity_id, day FROM seen WHERE metric_type <> ALL(:room_types)
        )
        SELECT o.metric_type, count(b.entity_id) AS part, count(*) AS whole
          FROM observed o LEFT JOIN built b USING (metric_type, entity_id, day) GROUP BY 1 ORDER BY 1"""
    params = {"hotel_id": hotel_id, "room_types": room_types, "since": since, "until": until}
    return [Share(row.part, row.whole, row.metric_type) for row in connection.execute(text(query), params)]


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
    query = """
        SELECT coalesce(sum(rows - 1), 0), coalesce(sum(rows), 0)
          FROM (SELECT count(*) AS rows FROM ml_metrics
                 WHERE hotel_id = :hotel_id AND timestamp > :since AND timestamp <= :until
                 GROUP BY metric_type, entity_id, interval_start) same"""
    row = connection.execute(text(query), {"hotel_id": hotel_id, "since": since, "until": until}).one()
    return Share(int(row[0]), int(row[1]))


def coverage(connection: Connection, hotel_id: int, since: datetime, recent: datetime, until: datetime) -> list[Share]:
    """By metric type: of the entities measured after ``since``, those measured after ``recent``, too."""
    query = """
        SELECT metric_type, count(*) FILTER (WHERE newest > :recent) AS part, count(*) AS whole
          FROM (SELECT metric_type, entity_id, max(timestamp) AS newest FROM ml_metrics
                 WHERE hotel_id = :hotel_id AND timestamp > :since AND timestamp <= :until
                   AND metric_type NOT LIKE 'model\\_%'
                 GROUP BY 1, 2) measured
         GROUP BY 1 ORDER BY 1"""
    params = {"hotel_id": hotel_id, "since": since, "recent": recent, "until": until}
    return [Share(row.part, row.whole, row.metric_type) for row in connection.execute(text(query), params)]


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
