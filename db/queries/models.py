"""Model metadata, the active version of each kind, and the log of trainings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.frames import copy_out

COLUMNS = (
    "id, hotel_id, model_type, metric_type, model_path, size_bytes, sha256, hmac_sha256, library_versions, "
    "feature_names, parameters, metrics, accuracy, trained_from, trained_until, trained_at, is_active"
)


@dataclass(frozen=True)
class ModelRow:
    """Metadata of one model file (B1: the database holds no model)."""

    id: int
    hotel_id: int
    model_type: str
    metric_type: str
    model_path: str | None
    size_bytes: int | None
    sha256: str | None
    hmac_sha256: str | None
    library_versions: dict[str, str] | None
    feature_names: list[str] | None
    parameters: dict[str, Any] | None
    metrics: dict[str, Any] | None
    accuracy: float | None
    trained_from: datetime | None
    trained_until: datetime | None
    trained_at: datetime
    is_active: bool


def add_active(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a model and make it the active one of its kind, in the caller's transaction."""
    deactivate(connection, values)
    return add_model(connection, values, is_active=True)


def deactivate(connection: Connection, values: dict[str, Any]) -> None:
    """No model of that hotel, metric type and model type is active any more."""
    connection.execute(
        text(
            "UPDATE ml_models SET is_active = false WHERE hotel_id = :hotel_id AND metric_type = :metric_type "
            "AND model_type = :model_type AND is_active"
        ),
        {key: values[key] for key in ("hotel_id", "metric_type", "model_type")},
    )


def add_model(connection: Connection, values: dict[str, Any], is_active: bool) -> int:
    """Insert a model; an active one needs that no other of its kind is."""
    names = list(values)
    statement = text(
        f"INSERT INTO ml_models ({', '.join(names)}, is_active) VALUES ({', '.join(':' + n for n in names)}, "
        f"{'true' if is_active else 'false'}) RETURNING id"
    )
    documents = [n for n in ("library_versions", "feature_names", "parameters", "metrics") if n in names]
    statement = statement.bindparams(*[bindparam(name, type_=JSONB(none_as_null=True)) for name in documents])
    return int(connection.execute(statement, values).scalar_one())


def list_models(
    connection: Connection, hotel_id: int | None = None, metric_type: str | None = None, model_type: str | None = None
) -> list[ModelRow]:
    """Models, newest first; None means any."""
    wanted = {"hotel_id": hotel_id, "metric_type": metric_type, "model_type": model_type}
    given = {key: value for key, value in wanted.items() if value is not None}
    where = " AND ".join(f"{key} = :{key}" for key in given) or "true"
    rows = connection.execute(text(f"SELECT {COLUMNS} FROM ml_models WHERE {where} ORDER BY id DESC"), given)
    return [ModelRow(**row) for row in rows.mappings()]


def model(connection: Connection, model_id: int) -> ModelRow | None:
    row = connection.execute(text(f"SELECT {COLUMNS} FROM ml_models WHERE id = :id"), {"id": model_id}).mappings()
    found = row.one_or_none()
    return None if found is None else ModelRow(**found)


def retire(connection: Connection, model_ids: Sequence[int]) -> None:
    """Rows whose file was deleted: inactive, without a path."""
    if model_ids:
        connection.execute(
            text("UPDATE ml_models SET is_active = false, model_path = NULL WHERE id IN :ids").bindparams(
                bindparam("ids", expanding=True)
            ),
            {"ids": list(model_ids)},
        )


def log_training(connection: Connection, values: dict[str, Any]) -> int:
    """One attempt, successful or not (``status``: success, refused, not_enough_data, failed)."""
    names = list(values)
    statement = text(
        f"INSERT INTO ml_training_logs ({', '.join(names)}) VALUES ({', '.join(':' + n for n in names)}) RETURNING id"
    )
    if "metrics" in names:
        statement = statement.bindparams(bindparam("metrics", type_=JSONB(none_as_null=True)))
    return int(connection.execute(statement, values).scalar_one())


def trained_until(connection: Connection, hotel_id: int, metric_type: str, model_type: str) -> datetime | None:
    """The cutoff of the newest model of a kind: a training as of the same instant has nothing to do."""
    found: datetime | None = connection.execute(
        text(
            "SELECT max(trained_until) FROM ml_models "
            "WHERE hotel_id = :hotel_id AND metric_type = :metric_type AND model_type = :model_type"
        ),
        {"hotel_id": hotel_id, "metric_type": metric_type, "model_type": model_type},
    ).scalar()
    return found


def training_logs(connection: Connection, hotel_id: int) -> pd.DataFrame:
    """Attempts of a hotel, newest first."""
    query = "SELECT * FROM ml_training_logs WHERE hotel_id = %(hotel_id)s ORDER BY id DESC"
    return copy_out(connection, query, {"hotel_id": hotel_id})
