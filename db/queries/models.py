"""Model metadata, the active version of each kind and its history, and the log of trainings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from core.errors import AppError
from db import locks
from db.queries.frames import copy_out
from db.sealed import seal, unseal

COLUMNS = (
    "id, hotel_id, model_type, metric_type, model_path, model_data IS NOT NULL AS has_data, size_bytes, sha256, "
    "hmac_sha256, library_versions, feature_names, feature_hash, parameters, metrics, accuracy, trained_from, "
    "trained_until, trained_at, is_active, deactivated_at, withdrawn_reason"
)
DOCUMENTS = ("library_versions", "feature_names", "metrics")
PINNING = ("chosen", "rollback")  # reasons of an activation by a person
KIND = "hotel_id = :hotel_id AND metric_type = :metric_type AND model_type = :model_type"


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
    feature_hash: str | None = None
    has_data: bool = False  # model_data holds it: a model of the older system, or one whose file could not be written
    deactivated_at: datetime | None = None
    withdrawn_reason: str | None = None  # None: detection may use it
    is_locked: bool = False  # its parameters are sealed with a key that is gone

    @property
    def kind(self) -> tuple[int, str, str]:
        return self.hotel_id, self.metric_type, self.model_type


def lock_models(connection: Connection, hotel_id: int) -> None:
    """One writer of a hotel's models at a time: a publication, a choice, a clean-up; others wait for its end."""
    locks.wait_for(connection, "models", hotel_id)


def add_model(connection: Connection, values: Mapping[str, Any]) -> int:
    """Insert a version that is not active; ``parameters`` are sealed here."""
    names = list(values)
    statement = text(
        f"INSERT INTO ml_models ({', '.join(names)}) VALUES ({', '.join(':' + n for n in names)}) RETURNING id"
    )
    documents = [bindparam(name, type_=JSONB(none_as_null=True)) for name in DOCUMENTS if name in names]
    given = {**values, "parameters": seal(connection, values.get("parameters"))} if "parameters" in values else values
    return int(connection.execute(statement.bindparams(*documents), dict(given)).scalar_one())


def activate(connection: Connection, row: ModelRow, at: datetime, **why: str | None) -> None:
    """Make a version the active one of its kind from ``at`` on; ``why``: reason, actor and note of the history's line.

    It may be used again if it was withdrawn; newer versions of its kind may not be used any more.
    """
    deactivate(connection, row.kind, at)
    connection.execute(
        text(
            "UPDATE ml_models SET is_active = true, deactivated_at = NULL, withdrawn_at = NULL, "
            "withdrawn_reason = NULL WHERE id = :id"
        ),
        {"id": row.id},
    )
    values = {**_kind(row.kind), "model_id": row.id, "trained_at": row.trained_at, "active_from": at, "note": None}
    values |= why
    names = ", ".join(values)
    connection.execute(
        text(f"INSERT INTO ml_model_activations ({names}) VALUES ({', '.join(':' + name for name in values)})"), values
    )


def withdraw_newer(connection: Connection, row: ModelRow, at: datetime, reason: str) -> None:
    """Versions that were trained on later rows than ``row`` are not used until somebody chooses one of them."""
    query = (
        f"UPDATE ml_models SET withdrawn_at = :at, withdrawn_reason = :reason WHERE {KIND} AND withdrawn_at IS NULL "
        "AND (coalesce(trained_until, trained_at), id) > (:cutoff, :id)"
    )
    cutoff = row.trained_until or row.trained_at
    params = {**_kind(row.kind), "at": at, "reason": reason, "cutoff": cutoff, "id": row.id}
    connection.execute(text(query), params)


def deactivate(connection: Connection, kind: tuple[int, str, str], at: datetime) -> None:
    """No model of that kind is active any more."""
    params = {**_kind(kind), "at": at}
    connection.execute(
        text(f"UPDATE ml_models SET is_active = false, deactivated_at = :at WHERE {KIND} AND is_active"), params
    )
    connection.execute(
        text(f"UPDATE ml_model_activations SET active_until = :at WHERE {KIND} AND active_until IS NULL"), params
    )


def list_models(
    connection: Connection, hotel_id: int | None = None, metric_type: str | None = None, model_type: str | None = None
) -> list[ModelRow]:
    """Models, newest first; None means any."""
    wanted = {"hotel_id": hotel_id, "metric_type": metric_type, "model_type": model_type}
    given = {key: value for key, value in wanted.items() if value is not None}
    where = " AND ".join(f"{key} = :{key}" for key in given) or "true"
    rows = connection.execute(text(f"SELECT {COLUMNS} FROM ml_models WHERE {where} ORDER BY id DESC"), given)
    return [_row(connection, row) for row in rows.mappings()]


def model(connection: Connection, model_id: int) -> ModelRow | None:
    row = connection.execute(text(f"SELECT {COLUMNS} FROM ml_models WHERE id = :id"), {"id": model_id}).mappings()
    found = row.one_or_none()
    return None if found is None else _row(connection, found)


def active_id(connection: Connection, kind: tuple[int, str, str]) -> int | None:
    """The id of the active version of a kind; cheap, asked every few seconds by every process that uses one."""
    found: int | None = connection.execute(
        text(f"SELECT id FROM ml_models WHERE {KIND} AND is_active"), _kind(kind)
    ).scalar()
    return found


def retire(connection: Connection, model_ids: Sequence[int], at: datetime) -> None:
    """Rows whose file is to be deleted: inactive, without a path and without a copy."""
    query = (
        "UPDATE ml_models SET model_path = NULL, model_data = NULL, deactivated_at = coalesce(deactivated_at, :at) "
        "WHERE id = ANY(:ids) AND NOT is_active"
    )
    connection.execute(text(query), {"ids": list(model_ids), "at": at})


def delete_rows(connection: Connection, model_ids: Sequence[int]) -> int:
    """Rows of versions that nobody can use any more; the history of activations and the scores stay."""
    query = "DELETE FROM ml_models WHERE id = ANY(:ids) AND NOT is_active"
    return connection.execute(text(query), {"ids": list(model_ids)}).rowcount


def activations(connection: Connection, hotel_id: int, limit: int) -> list[Mapping[str, Any]]:
    """Who was active from when to when and why, newest first."""
    query = (
        "SELECT metric_type, model_type, model_id, trained_at, active_from, active_until, reason, note, actor "
        "FROM ml_model_activations WHERE hotel_id = :hotel_id ORDER BY active_from DESC, id DESC LIMIT :limit"
    )
    return [dict(row) for row in connection.execute(text(query), {"hotel_id": hotel_id, "limit": limit}).mappings()]


def is_pinned(connection: Connection, kind: tuple[int, str, str]) -> bool:
    """Whether a person chose the version in use: then trainings do not replace it."""
    hotel_id, *which = kind
    return tuple(which) in pinned_kinds(connection, hotel_id)


def pinned_kinds(connection: Connection, hotel_id: int) -> set[tuple[str, str]]:
    """(metric type, model type) of a hotel's pinned versions."""
    query = (
        "SELECT metric_type, model_type FROM ml_model_activations "
        "WHERE hotel_id = :hotel_id AND active_until IS NULL AND reason = ANY(:chosen)"
    )
    found = connection.execute(text(query), {"hotel_id": hotel_id, "chosen": list(PINNING)})
    return {(row.metric_type, row.model_type) for row in found}


def previously_active(connection: Connection, kind: tuple[int, str, str]) -> list[int]:
    """Ids of the versions that were in use before the one that is, the last one first."""
    query = (
        f"SELECT model_id FROM ml_model_activations WHERE {KIND} AND active_until IS NOT NULL "
        "ORDER BY active_until DESC, id DESC"
    )
    return [row.model_id for row in connection.execute(text(query), _kind(kind))]


def add_figures(connection: Connection, model_id: int, figures: Mapping[str, Any]) -> None:
    """Put further measured figures beside those of a version's training."""
    query = "UPDATE ml_models SET metrics = coalesce(metrics, '{}') || :figures WHERE id = :id"
    statement = text(query).bindparams(bindparam("figures", type_=JSONB))
    connection.execute(statement, {"id": model_id, "figures": dict(figures)})


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
        text(f"SELECT max(trained_until) FROM ml_models WHERE {KIND}"), _kind((hotel_id, metric_type, model_type))
    ).scalar()
    return found


def training_logs(connection: Connection, hotel_id: int) -> pd.DataFrame:
    """Attempts of a hotel, newest first."""
    query = "SELECT * FROM ml_training_logs WHERE hotel_id = %(hotel_id)s ORDER BY id DESC"
    return copy_out(connection, query, {"hotel_id": hotel_id})


def _kind(kind: tuple[int, str, str]) -> dict[str, Any]:
    return dict(zip(("hotel_id", "metric_type", "model_type"), kind, strict=True))


def _row(connection: Connection, row: RowMapping) -> ModelRow:
    """A version whose parameters cannot be opened is shown, and is not usable."""
    try:
        return ModelRow(**{**dict(row), "parameters": unseal(connection, row["parameters"])})
    except AppError as error:
        if error.code not in ("encryption_key_missing", "sealed_text_damaged"):
            raise
        return ModelRow(**{**dict(row), "parameters": None}, is_locked=True)


def request_training(connection: Connection, hotel_id: int, at: datetime, since: datetime) -> bool:
    """Ask the sidecar for a training unless one waits, runs, or began after ``since``; whether it was asked."""
    # Several processes notice the same file at the same time: one after the other looks whether it was asked.
    locks.wait_for(connection, "model_requests", hotel_id)
    query = (
        "INSERT INTO job_requests (job_name, hotel_id, arguments, requested_by, requested_at) "
        "SELECT 'train', :hotel_id, '{}', 'system', :at "
        "WHERE NOT EXISTS (SELECT 1 FROM job_requests WHERE job_name = 'train' AND hotel_id = :hotel_id "
        "AND (state = 'pending' OR requested_at > :since)) "
        "AND NOT EXISTS (SELECT 1 FROM job_runs WHERE job_name = 'train' AND hotel_id = :hotel_id "
        "AND (state = 'running' OR started_at > :since))"
    )
    return connection.execute(text(query), {"hotel_id": hotel_id, "at": at, "since": since}).rowcount > 0


def share_models(connection: Connection, hotel_id: int) -> None:
    """No file of the hotel's models is cleaned away until the transaction ends."""
    locks.wait_for(connection, "models", hotel_id, shared=True)
