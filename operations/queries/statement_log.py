"""The log of statements: each process writes every ten seconds what it noted of its own; all are read together (C2)."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from core.clock import Clock
from core.scope import Scope
from db.queries import statement_log as queries
from db.queries.statement_log import ORDERS, WHICH, LoggedStatement
from db.recent import UNLOGGED, RecentStatement
from db.session import Database
from operations.periods import PERIODS
from operations.queries.sql_text import without_literals
from operations.requests.flushing import Flushing

__all__ = ["LOG_PERIODS", "ORDERS", "PROCESSES", "WHICH", "LogReader", "LoggedStatement", "StatementLog", "logged"]

DASHBOARD, SIDECAR, KEEPER, JOBS, COMMAND = PROCESSES = ("dashboard", "sidecar", "keeper", "jobs", "command")
# Rows of all processes together; the quick ones are there for the newest hundred, and never push the slow ones out.
MOST_ROWS = {"always": 20_000, "noticed": 5_000, "sample": 5_000, "background": 1_000}
TEXTS_REMEMBERED = 256
LOG_PERIODS = ("24h", "1h", "7d")  # as long as the log is kept
SHOWN = 100

masked = lru_cache(TEXTS_REMEMBERED)(without_literals)


@dataclass(frozen=True)
class StatementLog:
    """What one process writes; ``database`` is asked for first on the log's own thread."""

    database: Callable[[], Database]
    process: str

    def flush(self) -> int:
        """Write what waits, or keep it for the next time; returns how many. It does not stand in the log itself."""
        database = self.database()
        taken, is_written = database.recent.take(), False
        if not taken:
            return 0
        try:
            with database.transaction() as connection:
                unlogged = connection.execution_options(**{UNLOGGED: True})
                queries.add(unlogged, [self._row(one) for one in taken], MOST_ROWS)
            is_written = True
        finally:
            if not is_written:
                database.recent.give_back(taken)
        return len(taken)

    def thread(self) -> Flushing:
        return Flushing(self.flush, told_as="statements_not_logged")

    def _row(self, one: RecentStatement) -> dict[str, Any]:
        return {
            "ended_at": one.ended_at.isoformat(), "seconds": one.seconds, "text": masked(one.text),
            "process": self.process, "process_id": os.getpid(), "host": socket.gethostname(),
            "place": one.asked.place, "actor": one.asked.actor, "request_id": one.asked.request_id,
            "has_failed": one.has_failed, "kept_for": one.kept_for,
        }  # fmt: skip


@contextmanager
def logged(database: Database, process: str) -> Iterator[None]:
    """While this process works, and once more when it ended, its statements are written."""
    thread = StatementLog(lambda: database, process).thread()
    thread.start()
    try:
        yield
    finally:
        thread.stop()


def _as_seen(scope: Scope, one: LoggedStatement) -> LoggedStatement:
    return replace(one, actor=scope.may_name(one.actor))


@dataclass(frozen=True)
class LogReader:
    """The log of all processes, as it is shown."""

    database: Database
    clock: Clock

    def read(
        self, scope: Scope, which: str = "asked", process: str | None = None, period: str = "24h",
        order: str = "newest",
    ) -> list[LoggedStatement]:  # fmt: skip
        """The first hundred by one of ORDERS; ``which``: one of WHICH, ``period``: one of LOG_PERIODS.

        ``process``: one of PROCESSES, None for all of them.
        """
        scope.require("queries.read")
        since = self.clock.now() - PERIODS[period].length
        with self.database.reading() as connection:
            found = queries.read(connection, which, process, since, order=order, limit=SHOWN)
        return [_as_seen(scope, one) for one in found]

    def one(self, scope: Scope, statement_id: int) -> LoggedStatement | None:
        """None when it is not kept any more."""
        scope.require("queries.read")
        with self.database.reading() as connection:
            found = queries.one(connection, statement_id)
        return _as_seen(scope, found) if found else None
