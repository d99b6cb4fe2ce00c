"""A database of its own for a benchmark, migrated and thrown away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from core.embedded.postgres import start_postgres
from core.key_ring import KeyRing, new_key
from db import migrate
from db.session import Database, open_database


@contextmanager
def fresh_database() -> Iterator[Database]:
    """An embedded PostgreSQL with the settings of ``make run``."""
    with TemporaryDirectory(prefix="barometer-bench-") as folder:
        Path(folder).chmod(0o755)
        server = start_postgres(Path(folder))
        database = open_database(server.url, keys=KeyRing(Path(folder) / "keys", (new_key(),)))
        try:
            migrate.upgrade(database)
            yield database
        finally:
            database.dispose()
            server.stop()
