"""The mark that this database shares with its archive's folder: who writes there, and nobody else (SPEC A7.3)."""

from sqlalchemy import Connection, text

WRITE = "INSERT INTO archive_mark (id, mark) VALUES (1, :mark) ON CONFLICT (id) DO {otherwise}"


def read(connection: Connection) -> str | None:
    """None: this database never wrote to a folder."""
    return connection.execute(text("SELECT mark FROM archive_mark")).scalar()


def keep(connection: Connection, mark: str) -> str:
    """The mark from now on; the one that is there already stays."""
    connection.execute(text(WRITE.format(otherwise="NOTHING")), {"mark": mark})
    return str(read(connection))


def replace(connection: Connection, mark: str) -> None:
    connection.execute(text(WRITE.format(otherwise="UPDATE SET mark = excluded.mark")), {"mark": mark})


def has_files(connection: Connection) -> bool:
    """Whether the manifest names any."""
    return bool(connection.execute(text("SELECT EXISTS (SELECT FROM archive_partitions)")).scalar())
