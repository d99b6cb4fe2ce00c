"""Comparisons of model versions: asked for, done, and read again (SPEC C6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

COLUMNS = (
    "id, hotel_id, metric_type, model_type, champion_id, champion_until, challenger_id, challenger_until, asked_by, "
    "asked_at, compared_at, since_on, until_on, error"
)


@dataclass(frozen=True)
class ComparisonRow:
    """One comparison; ``champion_id`` None: the Z-Score alone. Without ``compared_at`` it waits."""

    id: int
    hotel_id: int
    metric_type: str
    model_type: str
    champion_id: int | None
    champion_until: datetime | None
    challenger_id: int
    challenger_until: datetime
    asked_by: str
    asked_at: datetime
    compared_at: datetime | None
    since_on: date | None
    until_on: date | None
    error: str | None


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Ask for a comparison; the same one that waits already is asked once."""
    waiting = (
        "SELECT id FROM ml_model_comparisons WHERE hotel_id = :hotel_id AND metric_type = :metric_type "
        "AND model_type = :model_type AND champion_id IS NOT DISTINCT FROM :champion_id "
        "AND challenger_id = :challenger_id AND compared_at IS NULL"
    )
    known = connection.execute(text(waiting), dict(values)).scalar()
    if known is not None:
        return int(known)
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    statement = text(f"INSERT INTO ml_model_comparisons ({names}) VALUES ({marks}) RETURNING id")
    return int(connection.execute(statement, dict(values)).scalar_one())


def listed(connection: Connection, hotel_id: int, limit: int) -> list[ComparisonRow]:
    """Done and waiting, the newest first."""
    query = f"SELECT {COLUMNS} FROM ml_model_comparisons WHERE hotel_id = :hotel_id ORDER BY id DESC LIMIT :limit"
    rows = connection.execute(text(query), {"hotel_id": hotel_id, "limit": limit})
    return [ComparisonRow(**row) for row in rows.mappings()]


def waiting(connection: Connection, hotel_id: int) -> list[ComparisonRow]:
    """Those that nobody compared yet, the oldest first."""
    query = f"SELECT {COLUMNS} FROM ml_model_comparisons WHERE hotel_id = :hotel_id AND compared_at IS NULL ORDER BY id"
    return [ComparisonRow(**row) for row in connection.execute(text(query), {"hotel_id": hotel_id}).mappings()]


def was_compared(connection: Connection, hotel_id: int, champion_id: int | None, challenger_id: int) -> bool:
    """Whether that pair was compared or waits."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM ml_model_comparisons WHERE hotel_id = :hotel_id "
        "AND champion_id IS NOT DISTINCT FROM :champion_id AND challenger_id = :challenger_id)"
    )
    params = {"hotel_id": hotel_id, "champion_id": champion_id, "challenger_id": challenger_id}
    return bool(connection.execute(text(query), params).scalar_one())


def result(connection: Connection, hotel_id: int, comparison_id: int) -> tuple[ComparisonRow, dict[str, Any]] | None:
    """A comparison with what was found; an empty document while it waits."""
    query = f"SELECT {COLUMNS}, result FROM ml_model_comparisons WHERE hotel_id = :hotel_id AND id = :id"
    row = connection.execute(text(query), {"hotel_id": hotel_id, "id": comparison_id}).mappings().one_or_none()
    if row is None:
        return None
    known = dict(row)
    found = known.pop("result") or {}
    return ComparisonRow(**known), found


def finish(connection: Connection, comparison_id: int, values: Mapping[str, Any]) -> None:
    """Keep what was found, or why nothing could be."""
    query = (
        "UPDATE ml_model_comparisons SET compared_at = :compared_at, since_on = :since_on, until_on = :until_on, "
        "error = :error, result = :result WHERE id = :id"
    )
    statement = text(query).bindparams(bindparam("result", type_=JSONB(none_as_null=True)))
    connection.execute(statement, {"id": comparison_id, **values})
