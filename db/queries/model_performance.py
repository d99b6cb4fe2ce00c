"""How models did: the log of trainings with what decided, and what was predicted lately (SPEC C6)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class TrainingRow:
    """One attempt to train, newest version of its kind or not.

    ``reason``: why it was promoted or refused (a word of the gate), or the error. ``found``: average precision on
    planted days of the new fit; ``found_in_use``: of the version in use then, on the same days.
    """

    id: int
    metric_type: str
    model_type: str
    status: str  # success, refused, not_enough_data, failed; renewed and kept for a renewal's own line
    started_at: datetime
    finished_at: datetime | None
    row_count: int | None
    series_count: int | None
    model_id: int | None
    reason: str | None
    found: float | None
    found_in_use: float | None

    @property
    def seconds(self) -> float | None:
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Predictions:
    """Rows of a metric type that detection judged; ``by_model``: with the voice of a model file."""

    rows: int
    by_model: int


def trainings(connection: Connection, hotel_id: int, limit: int, before_id: int | None = None) -> list[TrainingRow]:
    """The newest attempts first, older than ``before_id`` if one is named."""
    query = """
        SELECT id, metric_type, model_type, status, started_at, finished_at, row_count, series_count, model_id,
               coalesce(metrics->'promotion'->>'reason', error) AS reason,
               CAST(metrics->>'planted_pr_auc' AS double precision) AS found,
               CAST(metrics->'in_use'->>'planted_pr_auc' AS double precision) AS found_in_use
          FROM ml_training_logs WHERE hotel_id = :hotel_id
           AND (CAST(:before_id AS bigint) IS NULL OR id < :before_id) ORDER BY id DESC LIMIT :limit"""
    rows = connection.execute(text(query), {"hotel_id": hotel_id, "limit": limit, "before_id": before_id})
    return [TrainingRow(**row) for row in rows.mappings()]


def predictions(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> dict[str, Predictions]:
    """{metric type: judged rows whose interval ended in ``since < timestamp ≤ until``}."""
    query = """
        SELECT metric_type, count(*) AS number, count(model_id) AS by_model FROM ml_scores
         WHERE hotel_id = :hotel_id AND timestamp > :since AND timestamp <= :until AND score IS NOT NULL
         GROUP BY metric_type"""
    rows = connection.execute(text(query), {"hotel_id": hotel_id, "since": since, "until": until})
    return {row.metric_type: Predictions(row.number, row.by_model) for row in rows}


def seconds_per_prediction(connection: Connection, hotel_id: int, since: datetime) -> float | None:
    """Time of the detection runs that began after ``since``, by the rows that they judged; None: they judged none."""
    query = """
        SELECT sum(extract(epoch FROM finished_at - started_at)) / nullif(sum(rows_out), 0) FROM job_runs
         WHERE hotel_id = :hotel_id AND job_name = 'detect' AND state = 'succeeded' AND started_at > :since
           AND rows_out > 0"""
    found = connection.execute(text(query), {"hotel_id": hotel_id, "since": since}).scalar()
    return None if found is None else float(found)
