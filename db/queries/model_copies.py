"""Copies of models that the database holds: those of the older system, and those whose file could not be written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.models import DOCUMENTS, ModelRow


def model_data(connection: Connection, model_id: int) -> bytes | None:
    """The copy that the database holds, if any."""
    found = connection.execute(text("SELECT model_data FROM ml_models WHERE id = :id"), {"id": model_id}).scalar()
    return None if found is None else bytes(found)


def converted(connection: Connection, model_id: int, values: Mapping[str, Any], at: datetime) -> bool:
    """The copy in the database became a file; False when another process did it before."""
    values = {**values, "moved_at": at}
    names = ", ".join(f"{name} = :{name}" for name in values)
    statement = text(f"UPDATE ml_models SET {names}, model_data = NULL WHERE id = :id AND model_data IS NOT NULL")
    documents = [bindparam(name, type_=JSONB(none_as_null=True)) for name in DOCUMENTS if name in values]
    return connection.execute(statement.bindparams(*documents), {**values, "id": model_id}).rowcount > 0


def moved_back(connection: Connection, row: ModelRow, content: bytes, seal_values: Mapping[str, Any]) -> bool:
    """The file became a copy in the database again; False when the row changed meanwhile."""
    names = ", ".join(f"{name} = :{name}" for name in seal_values)
    statement = text(
        f"UPDATE ml_models SET {names}, model_data = :content, moved_at = NULL "
        "WHERE id = :id AND model_path = :path AND moved_at IS NOT NULL"
    )
    documents = [bindparam(name, type_=JSONB(none_as_null=True)) for name in DOCUMENTS if name in seal_values]
    params = {**seal_values, "content": content, "id": row.id, "path": row.model_path}
    return connection.execute(statement.bindparams(*documents), params).rowcount > 0


def ids_in_database(connection: Connection) -> list[int]:
    """Versions that the database holds a copy of, oldest first."""
    return [
        row.id for row in connection.execute(text("SELECT id FROM ml_models WHERE model_data IS NOT NULL ORDER BY id"))
    ]


def moved_ids(connection: Connection) -> list[int]:
    """Versions whose copy became a file, the last one first."""
    query = (
        "SELECT id FROM ml_models WHERE moved_at IS NOT NULL AND model_path IS NOT NULL ORDER BY moved_at DESC, id DESC"
    )
    return [row.id for row in connection.execute(text(query))]


def drop_copy(connection: Connection, model_id: int) -> None:
    """The file is there and fits: the copy is not needed."""
    connection.execute(
        text("UPDATE ml_models SET model_data = NULL WHERE id = :id AND model_path IS NOT NULL"), {"id": model_id}
    )


def exchange_copy(connection: Connection, model_id: int, before: bytes, after: bytes) -> bool:
    """Put a copy in place of another; False when somebody else changed it."""
    query = "UPDATE ml_models SET model_data = :after WHERE id = :id AND model_data = :before"
    return connection.execute(text(query), {"id": model_id, "before": before, "after": after}).rowcount > 0
