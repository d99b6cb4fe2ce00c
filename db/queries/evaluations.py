"""Measured quality of detection, kept: one row a measurement, with its sample sizes and intervals (SPEC A6.4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

COLUMNS = (
    "e.id, e.hotel_id, e.metric_type, e.source, e.model_id, e.setting_id, e.measured_at, e.since_at, e.until_at, "
    "e.alerts, e.labelled, e.precision, e.recall, e.f1, e.accuracy, e.pr_auc, e.intervals, e.details, "
    "s.version AS setting_version"
)
JOINED = "ml_evaluations e LEFT JOIN detection_settings s ON s.id = e.setting_id"


@dataclass(frozen=True)
class EvaluationRow:
    """One measurement; what could not be measured is None. ``labelled``: verdicts, or planted anomalies."""

    id: int
    hotel_id: int
    metric_type: str
    source: str  # verdicts, planted
    model_id: int | None
    setting_id: int | None
    measured_at: datetime
    since_at: datetime
    until_at: datetime
    alerts: int
    labelled: int
    precision: float | None
    recall: float | None
    f1: float | None
    accuracy: float | None
    pr_auc: float | None
    intervals: dict[str, list[float]] | None
    details: dict[str, Any] | None
    setting_version: int | None  # None: the installation's defaults


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """Keep a measurement in the place of the same instant's (a job that runs again as of an instant adds nothing)."""
    key = ("hotel_id", "metric_type", "source", "measured_at")
    where = " AND ".join(f"{name} = :{name}" for name in key)
    connection.execute(text(f"DELETE FROM ml_evaluations WHERE {where}"), {name: row[name] for name in key})
    documents = ("intervals", "details")
    values = {name: json.dumps(value) if name in documents else value for name, value in row.items()}
    listed = ", ".join(f"CAST(:{name} AS jsonb)" if name in documents else f":{name}" for name in values)
    statement = text(f"INSERT INTO ml_evaluations ({', '.join(values)}) VALUES ({listed}) RETURNING id")
    return int(connection.execute(statement, values).scalar_one())


def latest(connection: Connection, hotel_ids: list[int] | None) -> list[EvaluationRow]:
    """What each hotel's newest evaluation measured, by metric type and source; what it could not measure has no row."""
    where = "" if hotel_ids is None else "AND e.hotel_id = ANY(:hotel_ids)"
    query = (
        f"SELECT DISTINCT ON (e.hotel_id, e.metric_type, e.source) {COLUMNS} FROM {JOINED} WHERE e.measured_at = "
        f"(SELECT max(n.measured_at) FROM ml_evaluations n WHERE n.hotel_id = e.hotel_id) {where} "
        "ORDER BY e.hotel_id, e.metric_type, e.source, e.id DESC"
    )
    rows = connection.execute(text(query), {} if hotel_ids is None else {"hotel_ids": hotel_ids})
    return [EvaluationRow(**row) for row in rows.mappings()]


def history(connection: Connection, hotel_id: int, metric_type: str, since: datetime) -> list[EvaluationRow]:
    """The measurements of one metric type since an instant, oldest first."""
    query = (
        f"SELECT {COLUMNS} FROM {JOINED} WHERE e.hotel_id = :hotel_id AND e.metric_type = :metric_type "
        "AND e.measured_at >= :since ORDER BY e.measured_at, e.source, e.id"
    )
    params = {"hotel_id": hotel_id, "metric_type": metric_type, "since": since}
    return [EvaluationRow(**row) for row in connection.execute(text(query), params).mappings()]


def raised(connection: Connection, hotel_id: int, since: datetime, until: datetime) -> dict[str, int]:
    """{metric type: alerts raised in ``since < raised_at ≤ until``}."""
    query = (
        "SELECT metric_type, count(*) AS number FROM ml_alerts WHERE hotel_id = :hotel_id AND raised_at > :since "
        "AND raised_at <= :until GROUP BY 1"
    )
    params = {"hotel_id": hotel_id, "since": since, "until": until}
    return {row.metric_type: row.number for row in connection.execute(text(query), params)}


def active_models(connection: Connection, hotel_id: int) -> dict[str, int]:
    """{metric type: its newest active model}."""
    query = "SELECT metric_type, max(id) AS id FROM ml_models WHERE hotel_id = :hotel_id AND is_active GROUP BY 1"
    return {row.metric_type: row.id for row in connection.execute(text(query), {"hotel_id": hotel_id})}


def set_accuracy(connection: Connection, model_id: int, accuracy: float | None) -> None:
    """What was measured with the model in use; NULL says that it could not be measured."""
    query = "UPDATE ml_models SET accuracy = :accuracy WHERE id = :id AND accuracy IS DISTINCT FROM :accuracy"
    connection.execute(text(query), {"id": model_id, "accuracy": accuracy})
