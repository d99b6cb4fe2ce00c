"""What a backup is compared by: the tables of the database with their rows and a checksum of what they hold."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from db.bulk import quoted


@dataclass(frozen=True)
class TableState:
    """``content``: the sum of 64-bit hashes of the rows' texts, whatever their order."""

    rows: int
    content: str


def tables(connection: Connection) -> list[str]:
    """Every table of the schema, by name."""
    query = (
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') "
        "ORDER BY relname"
    )
    return list(connection.scalars(text(query)))


def state(connection: Connection, table: str) -> TableState:
    """The rows of a table and their checksum; it depends on neither order nor physical place."""
    query = (
        "SELECT count(*), CAST(coalesce(sum(CAST(hashtextextended(CAST(t AS text), 0) AS numeric)), 0) AS text) "
        f"FROM {quoted([table])} AS t"
    )
    rows, content = connection.execute(text(query)).one()
    return TableState(rows, content)


def states(connection: Connection, told: Callable[[float], None] = lambda _: None) -> dict[str, TableState]:
    """The state of every table; ``told`` hears how much is done (0–1)."""
    found, names = {}, tables(connection)
    for position, name in enumerate(names):
        told(position / len(names))
        found[name] = state(connection, name)
    return found


def row_counts(connection: Connection) -> dict[str, int]:
    """The rows of every table, counted."""
    counted = [f"SELECT '{name}' AS name, count(*) AS n FROM {quoted([name])}" for name in tables(connection)]
    return {row.name: row.n for row in connection.execute(text(" UNION ALL ".join(counted)))} if counted else {}


def export_snapshot(connection: Connection) -> str:
    """The name under which another session sees exactly what this transaction sees, until it ends."""
    return str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())


def major_version(connection: Connection) -> int:
    return int(connection.execute(text("SELECT current_setting('server_version_num')::int / 10000")).scalar_one())


def schema_revision(connection: Connection) -> str | None:
    """The revision of the migrations; None in an empty database."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def database_bytes(connection: Connection) -> int:
    return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def active_models(connection: Connection) -> list[tuple[str, str]]:
    """(path, SHA-256) of the model files in use."""
    query = (
        "SELECT model_path, sha256 FROM ml_models WHERE is_active AND model_path IS NOT NULL AND sha256 IS NOT NULL "
        "AND model_data IS NULL ORDER BY model_path"
    )
    return [(row.model_path, row.sha256) for row in connection.execute(text(query))]
