"""How often tokens may be refreshed, counted in PostgreSQL: the limits hold without Redis and for all processes.

Sign-ins have theirs, by name and by address (``identity.attempts``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from db.queries import tokens as queries
from db.session import Database


@dataclass(frozen=True)
class Limit:
    """``attempts`` in a ``window`` from the first of them."""

    kind: str
    attempts: int
    window: timedelta


REFRESHES = Limit("refresh", 300, timedelta(minutes=1))  # a hotel's clients share one address
REFRESHES_OF_ACCOUNT = Limit("refresh_account", 60, timedelta(minutes=1))


@dataclass(frozen=True)
class RefreshLimits:
    """Raises ``too_many_attempts`` (429) with the seconds to wait."""

    database: Database
    clock: Clock

    def count(self, limit: Limit, source: str) -> None:
        """One more attempt from there, committed whatever becomes of the request."""
        with self.database.transaction() as connection:
            attempts, began_at = self._counted(connection, limit, source)
        self._check(limit, attempts, began_at)

    def count_within(self, connection: Any, limit: Limit, subject: str) -> None:
        """The same in the transaction of the deed, which is undone with its attempt when there were too many."""
        self._check(limit, *self._counted(connection, limit, subject))

    def _counted(self, connection: Any, limit: Limit, subject: str) -> tuple[int, datetime]:
        now = self.clock.now()
        return queries.count_attempt(connection, limit.kind, subject, now, now - limit.window)

    def _check(self, limit: Limit, attempts: int, began_at: datetime) -> None:
        if attempts > limit.attempts:
            wait = max(1, round((began_at + limit.window - self.clock.now()).total_seconds()))
            raise AppError("too_many_attempts", 429, params={"seconds": wait})
