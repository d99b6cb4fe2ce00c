"""Databases beside the one in use: made, dropped, and put in its place in one transaction of the server."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from core.errors import AppError
from db.bulk import quoted
from db.outages import outages_named
from db.session import Database, Limits, normalise_url, open_database

MAINTENANCE = "postgres"
IN_USE = "55006"
PATIENT = Limits(0, 60, 0)  # statements over whole tables, and a transaction that waits for pg_dump
SWAP_TRIES = 10
LONGEST_NAME, STAMP_LENGTH = 63, 20


@dataclass(frozen=True)
class Neighbours:
    """The databases of an installation on its server: the one in use, and those named after it."""

    owner_url: str

    @property
    def live(self) -> str:
        """The name of the database in use."""
        return str(make_url(normalise_url(self.owner_url)).database)

    def named(self, role: str, stamp: str) -> str:
        return named(self.live, role, stamp)

    def url(self, name: str) -> str:
        return make_url(normalise_url(self.owner_url)).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def opened(self, name: str, keys: Any = None) -> Iterator[Database]:
        """A database, as the owner, with no limits of time; no connection to it stays."""
        database = open_database(self.url(name), "barometer-backup", pool_size=1, keys=keys, limits=PATIENT)
        try:
            yield database
        finally:
            database.dispose()

    def create(self, name: str) -> None:
        """An empty database; raises ``backup_needs_createdb`` where the owner may not make one."""
        try:
            with self._maintenance() as connection:
                connection.execute(text(f"CREATE DATABASE {quoted([name])} TEMPLATE template0"))
        except AppError as error:
            if error.code == "database_forbidden":
                raise AppError("backup_needs_createdb", 500) from error
            raise

    def drop(self, name: str) -> None:
        """Drop one of the databases beside, whoever is connected to it; never the one in use."""
        if name == self.live:
            raise AppError("backup_wrong_database", 500, params={"name": name})
        with self._maintenance() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {quoted([name])} WITH (FORCE)"))

    def swap(self, coming: str, leaving: str, note: dict[str, Any]) -> None:
        """Put ``coming`` in the place of the database in use, which is called ``leaving`` from then on.

        Both names change in one transaction: whenever the server or this process dies, one whole database has the
        name. Connections are ended; those that come in that moment wait for the transaction. Raises ``database_busy``
        when somebody connects again and again faster than that.
        """
        for attempt in range(SWAP_TRIES):
            try:
                self._swap(coming, leaving, note)
            except DBAPIError as error:
                if getattr(error.orig, "pgcode", None) != IN_USE:
                    raise
                if attempt + 1 == SWAP_TRIES:
                    raise AppError("database_busy", 503, params={"reason": str(error.orig).strip()}) from error
                time.sleep(0.1)
            else:
                return

    def _swap(self, coming: str, leaving: str, note: dict[str, Any]) -> None:
        with self._maintenance(autocommit=False) as connection:
            for name in (self.live, coming):
                connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
                )
            connection.execute(text(f"ALTER DATABASE {quoted([self.live])} RENAME TO {quoted([leaving])}"))
            connection.execute(text(f"ALTER DATABASE {quoted([coming])} RENAME TO {quoted([self.live])}"))
            described = connection.connection.cursor()
            described.execute(f"COMMENT ON DATABASE {quoted([leaving])} IS %s", (json.dumps(note),))
            connection.execute(text(f"COMMENT ON DATABASE {quoted([self.live])} IS NULL"))

    @contextmanager
    def _maintenance(self, autocommit: bool = True) -> Iterator[Connection]:
        """The database that every server has, since nobody renames or drops the one they are connected to."""
        name = MAINTENANCE if self.live != MAINTENANCE else "template1"
        database = open_database(self.url(name), "barometer-backup", pool_size=1)
        try:
            if autocommit:
                with outages_named(), database.engine.connect() as connection:
                    yield connection.execution_options(isolation_level="AUTOCOMMIT")
            else:
                with database.engine.begin() as connection:
                    yield connection
        finally:
            database.dispose()


def named(live: str, role: str, stamp: str) -> str:
    """``<live>_<role>_<stamp>``, within what the server allows."""
    end = f"_{role}_{stamp}"
    return live.encode()[: LONGEST_NAME - STAMP_LENGTH - len(role) - 2].decode(errors="ignore") + end


def beside(connection: Connection, role: str, live: str | None = None) -> dict[str, dict[str, Any]]:
    """The databases of that role beside the one in use (that which is connected to), oldest first, with their notes."""
    live = live or str(connection.execute(text("SELECT current_database()")).scalar_one())
    query = (
        "SELECT datname, shobj_description(oid, 'pg_database') AS note FROM pg_database "
        "WHERE starts_with(datname, :beginning) ORDER BY datname"
    )
    rows = connection.execute(text(query), {"beginning": named(live, role, "")})
    return {row.datname: json.loads(row.note) if row.note else {} for row in rows}


@contextmanager
def discarded(database: Database) -> Iterator[Connection]:
    """A connection that the server may end meanwhile: whatever its transaction holds is thrown away with it."""
    connection = database.engine.connect()
    try:
        yield connection
    finally:
        connection.invalidate()
        connection.close()
