"""The newest statements of this process, with how long they took and who asked (C2); two short rings in memory."""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, event

from core.clock import SystemClock
from core.request_context import current_request

KEPT = 100
SLOW_SECONDS = 0.05
LONGEST_TEXT = 5_000
CLOCK = SystemClock()


@dataclass(frozen=True)
class RecentStatement:
    """One statement as it was sent, its values not in it; ``has_failed``: the server refused or ended it."""

    ended_at: datetime
    seconds: float
    text: str
    actor: str | None
    request_id: str | None
    has_failed: bool


@dataclass
class RecentStatements:
    """``newest`` of all, ``slow``: those over 50 ms, which quick ones would push out at once."""

    newest: deque[RecentStatement] = field(default_factory=lambda: deque(maxlen=KEPT))
    slow: deque[RecentStatement] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, text: str, seconds: float, has_failed: bool) -> None:
        asked = current_request()
        one = RecentStatement(CLOCK.now(), seconds, text[:LONGEST_TEXT], asked.actor, asked.request_id, has_failed)
        self.newest.append(one)
        if seconds >= SLOW_SECONDS:
            self.slow.append(one)


def follow(engine: Engine) -> RecentStatements:
    """Every statement of the engine from now on, COPY by psycopg2's own cursor excepted."""
    recent = RecentStatements()

    @event.listens_for(engine, "before_cursor_execute")
    def begin(_: Any, __: Any, ___: Any, ____: Any, context: Any, _____: Any) -> None:
        if context is not None:
            context.barometer_begun = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(_: Any, __: Any, statement: str, ____: Any, context: Any, _____: Any) -> None:
        if context is not None:
            recent.add(statement, time.perf_counter() - context.barometer_begun, has_failed=False)

    @event.listens_for(engine, "handle_error")
    def fail(failed: Any) -> None:
        begun = getattr(failed.execution_context, "barometer_begun", None)
        if begun is not None and failed.statement:
            recent.add(failed.statement, time.perf_counter() - begun, has_failed=True)

    return recent
