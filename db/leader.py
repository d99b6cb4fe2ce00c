"""Leadership: one advisory lock on one dedicated connection, released by the server when the holder dies."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from core.errors import AppError
from db.outages import outages_named
from db.session import Database


@dataclass
class LeaderLock:
    """At most one holder of ``key`` in the whole database."""

    database: Database
    key: int
    _connection: Connection | None = field(default=None, init=False)

    def hold(self) -> bool:
        """True while this process leads; tries to take the lock when it does not.

        Raises ``database_unavailable`` when the connection is lost; the lock is lost with it.
        """
        try:
            with outages_named():
                if self._connection is not None:
                    self._connection.execute(text("SELECT 1"))
                    return True
                return self._try_to_take()
        except AppError:
            self.release()
            raise

    def release(self) -> None:
        """Give the lock up; the server does the same when the process is killed."""
        if self._connection is not None:
            # Close the session itself: back in the pool it would keep the lock.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _try_to_take(self) -> bool:
        # Autocommit: the session stays idle between checks, never idle in a transaction.
        connection = self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": self.key}).scalar_one():
            self._connection = connection
            return True
        connection.close()
        return False
