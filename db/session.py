"""The engine and its transactions; every other module is handed a Connection or a Database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from core.errors import AppError
from core.key_ring import KeyRing
from db.outages import outages_named
from db.recent import RecentStatements, follow
from db.sealed import KEYS


def normalise_url(url: str) -> str:
    """``postgres://`` and ``postgresql://`` mean psycopg2; anything else is refused with ``database_url_wrong``."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise AppError("database_url_wrong", params={"url": "?"}) from error
    if parsed.drivername not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise AppError("database_url_wrong", params={"url": parsed.render_as_string(hide_password=True)})
    return parsed.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


@dataclass(frozen=True)
class Limits:
    """How long a statement may take, wait for a lock, and a transaction stand idle, before the server ends it."""

    statement_seconds: int
    lock_seconds: int
    idle_seconds: int

    @property
    def options(self) -> str:
        """For the server, in milliseconds (https://www.postgresql.org/docs/18/runtime-config-client.html)."""
        limits = {
            "statement_timeout": self.statement_seconds, "lock_timeout": self.lock_seconds,
            "idle_in_transaction_session_timeout": self.idle_seconds,
        }  # fmt: skip
        return " ".join(f"-c {name}={seconds * 1000}" for name, seconds in limits.items())


WORK = Limits(300, 300, 300)  # jobs and commands
SCREENS = Limits(30, 10, 60)  # people and programs that wait for an answer


@dataclass(frozen=True)
class Database:
    """One pool of connections. Services open transactions; queries never commit."""

    engine: Engine
    recent: RecentStatements = field(default_factory=RecentStatements, compare=False, repr=False)

    @property
    def keys(self) -> KeyRing | None:
        """The keys that it was opened with."""
        return self.engine.get_execution_options().get(KEYS)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is committed together or not at all."""
        with outages_named(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads: one consistent snapshot, nothing can be written."""
        # Options of the connection, not a statement of their own: they go out with BEGIN.
        with outages_named(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """A connection for one small SELECT at every rerun of a page, without a transaction around it."""
        with outages_named(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT", postgresql_readonly=True)

    def ping(self) -> None:
        """Raise ``database_unavailable`` (503) when the server does not answer."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise AppError("database_unavailable", 503, params={"reason": reason}) from error

    def dispose(self) -> None:
        self.engine.dispose()


def open_database(
    url: str,
    application: str = "barometer",
    pool_size: int = 5,
    keys: KeyRing | None = None,
    limits: Limits = WORK,
) -> Database:
    """Connect lazily; UTC sessions, limits of time and names that pg_stat_activity shows.

    ``keys`` open what stands encrypted in the database; without them only that cannot be read.
    """
    engine = create_engine(
        normalise_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        execution_options={KEYS: keys},
        connect_args={
            "application_name": application,
            "connect_timeout": 10,
            "options": f"-c timezone=UTC {limits.options}",
        },
    )
    return Database(engine, follow(engine))
