"""Statements of the database as administrators watch, explain and end them (C2)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import audit, backends, plans
from db.queries import statement_history as kept
from db.queries import statements as queries
from db.queries.backends import Asked, RunningRow, WaitRow
from db.queries.statements import ORDERS, StatementRow, Totals
from db.recent import SLOW_SECONDS
from db.session import Database
from operations.periods import PERIODS
from operations.queries import history
from operations.queries import plan as planning
from operations.queries.history import ALWAYS, CHOICES
from operations.queries.kept_plans import PlanShelf
from operations.queries.lock_history import LockHistory
from operations.queries.missing import Missing, missing_of
from operations.queries.plan import Advice, Step
from operations.queries.sql_text import fingerprint, single_statement, without_literals
from operations.queries.statement_log import LogReader
from operations.queries.trial import Trials, tried

__all__ = [
    "CHOICES",
    "ORDERS",
    "SLOW_SECONDS",
    "Asked",
    "QueryService",
    "RunningRow",
    "StatementRow",
    "WaitRow",
]

SLOWEST, LISTED, RUNNING_LIMIT = 10, 100, 100
CANCEL_WAIT_SECONDS, CANCEL_LOOK_SECONDS = 3.0, 0.02
LEAST_INDEX_BYTES = 1 << 20
DEAD_RATIO, LEAST_DEAD = 0.2, 1_000
FOUND_LIMIT = 20


@dataclass(frozen=True)
class Statistics:
    """``missing``: then there are no figures at all. ``slowest`` by mean, ``listed`` by the order asked for."""

    missing: Missing | None
    totals: Totals | None = None
    slowest: Sequence[StatementRow] = ()
    listed: Sequence[StatementRow] = ()


@dataclass(frozen=True)
class Now:
    """What runs and who waits for whom; all texts without their literals."""

    at: datetime
    running: Sequence[RunningRow]
    waits: Sequence[WaitRow]


@dataclass(frozen=True)
class Explained:
    """A plan, which was not executed. ``text``: without its values; ``fingerprint``: the same whatever they are."""

    text: str
    fingerprint: str
    steps: Sequence[Step]
    advice: Sequence[Advice]
    total_cost: float
    trials: Trials


@dataclass(frozen=True)
class QueryService:
    """Of our own database alone; ``sleep`` waits between looks at a statement that is being ended."""

    database: Database
    clock: Clock
    sleep: Callable[[float], None] = time.sleep

    @property
    def log(self) -> LogReader:
        """Single statements of every process."""
        return LogReader(self.database, self.clock)

    @property
    def locks(self) -> LockHistory:
        """What held others up, and how long."""
        return LockHistory(self.database, self.clock)

    @property
    def plans(self) -> PlanShelf:
        """Plans that somebody kept, and what changed since."""
        return PlanShelf(self.database, self.clock, self.explain)

    def watch(self) -> bool:
        """One reading for the history; for the process that looks every minute. Whether it was due and made."""
        return history.watch(self.database, self.clock.now())

    def course(self, scope: Scope, period: str) -> pd.DataFrame:
        """at, total_seconds, calls by steps of the period; NaN where nobody counted."""
        scope.require("queries.read")
        with self.database.reading() as connection:
            return history.course(connection, period, self.clock.now())

    def statistics(self, scope: Scope, order: str = "total", period: str = ALWAYS) -> Statistics:
        """Totals, the ten slowest by mean, and the first hundred by one of ORDERS; or what is missing for it.

        ``period``: one of CHOICES; what the server counts itself, or the hours of a period.
        """
        scope.require("queries.read")
        if order not in ORDERS:
            raise AppError("unknown_order", params={"order": order})
        if period != ALWAYS:
            return self._of_period(PERIODS[period].begin(self.clock.now()), order)
        with self.database.reading() as connection:
            standing = queries.standing(connection)
            missing = missing_of(standing)
            if missing is not None or standing.schema is None:
                return Statistics(missing)
            return Statistics(
                None, queries.totals(connection, standing.schema),
                _masked(queries.statements(connection, standing.schema, "mean", SLOWEST)),
                _masked(queries.statements(connection, standing.schema, order, LISTED)),
            )  # fmt: skip

    def _of_period(self, since: datetime, order: str) -> Statistics:
        """The history needs no extension: what was counted is there also when it went away since."""
        with self.database.reading() as connection:
            found = kept.totals(connection, since)
            return Statistics(
                None, Totals(found.statements, found.calls, found.total_seconds, found.since),
                kept.statements(connection, since, "mean", SLOWEST), kept.statements(connection, since, order, LISTED),
            )  # fmt: skip

    def now(self, scope: Scope) -> Now:
        """What runs at this moment, the longest first."""
        scope.require("queries.read")
        with self.database.glancing() as connection:
            running = backends.running(connection, RUNNING_LIMIT)
            waits = backends.waits(connection, RUNNING_LIMIT)
        return Now(
            self.clock.now(), [replace(row, text=without_literals(row.text)) for row in running],
            [
                replace(row, waiting_text=without_literals(row.waiting_text),
                        blocking_text=without_literals(row.blocking_text or ""))
                for row in waits
            ],
        )  # fmt: skip

    def cancel(self, scope: Scope, asked: Asked) -> None:
        """End one statement; its connection stays.

        Connections belong to no hotel: it is for those who see every hotel. Who asks at the same time waits until it
        has ended. Raises ``query_ended`` (409) when it runs no more, is not in our database or not ours to end,
        ``query_goes_on`` (409) when it has not ended after three seconds.
        """
        scope.require_everywhere("queries.cancel")
        with self.database.transaction() as connection:
            backends.take_turn(connection, asked.pid)
            found = backends.cancel(connection, asked)
            if found is None:
                raise AppError("query_ended", 409)
            statement, application = found
            told = {"statement": without_literals(statement)[:500], "application": application}
            audit.record(connection, scope.actor, "query_cancelled", entity=f"connection {asked.pid}", details=told)
            has_ended = self._has_ended(connection, asked)
        if not has_ended:
            raise AppError("query_goes_on", 409)

    def _has_ended(self, connection: Any, asked: Asked) -> bool:
        until = time.monotonic() + CANCEL_WAIT_SECONDS
        while backends.is_active(connection, asked):
            if time.monotonic() > until:
                return False
            self.sleep(CANCEL_LOOK_SECONDS)
        return True

    def explain(self, scope: Scope, text: str) -> Explained:
        """How the server would execute one statement. Nothing is executed.

        Raises ``explain_…`` (400), saying what is wrong with the text.
        """
        scope.require("queries.read")
        statement = single_statement(text)
        found = plans.explain(self.database, statement.text, statement.has_parameters)
        with self.database.reading() as connection:
            tables = planning.relations(found)
            rows, texts = plans.sizes(connection, tables), plans.texts(connection, tables)
            memory = plans.work_memory_bytes(connection)
        advice = planning.advice(found, rows, memory, texts)
        return Explained(
            without_literals(statement.text), fingerprint(statement.text), planning.steps(found), advice,
            float(found["Total Cost"]), tried(self.database, statement, found, advice),
        )  # fmt: skip

    def tables(self, scope: Scope) -> list[Advice]:
        """Indexes that nobody reads or that are there twice, tables full of dead rows; of the whole database."""
        scope.require("queries.read")
        with self.database.reading() as connection:
            unused = queries.unused_indexes(connection, LEAST_INDEX_BYTES, FOUND_LIMIT)
            twice = queries.duplicate_indexes(connection, FOUND_LIMIT)
            dead = queries.dead_rows(connection, DEAD_RATIO, LEAST_DEAD, FOUND_LIMIT)
        return [*map(_duplicate, twice), *map(_unused, unused), *map(_dead, dead)]


def _duplicate(row: Any) -> Advice:
    others = [name for name, is_bound in zip(row.names[1:], row.bound[1:], strict=True) if not is_bound]
    params = {"table": row.table_name, "kept": row.names[0], "others": ", ".join(others), "bytes": row.bytes}
    return Advice("duplicate", params, "\n".join(f"DROP INDEX CONCURRENTLY {name};" for name in others))


def _unused(row: Any) -> Advice:
    params = {"table": row.table_name, "index": row.index_name, "bytes": row.bytes, "since": row.since}
    return Advice("unused" if row.since else "unused_ever", params, f"DROP INDEX CONCURRENTLY {row.index_name};")


def _dead(row: Any) -> Advice:
    ratio = row.dead / (row.live + row.dead)
    params = {"table": row.table_name, "live": row.live, "dead": row.dead, "ratio": ratio}
    return Advice("dead", params, f"VACUUM (ANALYZE) {row.table_name};")


def _masked(rows: Sequence[StatementRow]) -> list[StatementRow]:
    """The server leaves literals in what is no query, such as SET and CREATE ROLE."""
    return [replace(row, text=without_literals(row.text)) for row in rows]
