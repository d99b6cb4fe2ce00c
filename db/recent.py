"""Statements of this process that wait for the log of all processes, with how long they took and for whom (C2).

Noting one costs microseconds and never waits for the database. What waits is bounded by ``ROOM``: of what is quick only
the newest stay, so that the newest hundred of the whole installation are among what all processes write.
"""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import Engine, event

from core.clock import SystemClock
from core.request_context import RequestContext, current_request

SLOW_SECONDS, NOTICED_SECONDS = 1.0, 0.05
# Between two writings, by what they are kept for: what somebody has to see, what was noticed, what pages, requests and
# runs asked, and what a process does again and again by itself.
ROOM = {"always": 500, "noticed": 100, "sample": 100, "background": 10}
LONGEST_TEXT = 5_000
UNLOGGED = "unlogged"  # an option of connections: what writes the log does not stand in it
CLOCK = SystemClock()


class RecentStatement(NamedTuple):
    """One statement as it was sent, its values not in it; ``has_failed``: the server refused or ended it.

    ``asked``: its request, of which something may become known only later.
    """

    ended_at: datetime
    seconds: float
    text: str
    asked: RequestContext
    has_failed: bool

    @property
    def kept_for(self) -> str:
        if self.has_failed or self.seconds > SLOW_SECONDS:
            return "always"
        if self.seconds >= NOTICED_SECONDS:
            return "noticed"
        return "sample" if self.asked.request_id is not None else "background"


def _rooms() -> dict[str, deque[RecentStatement]]:
    return {kept_for: deque(maxlen=most) for kept_for, most in ROOM.items()}


@dataclass
class RecentStatements:
    """Shared by all threads of a process."""

    _waiting: dict[str, deque[RecentStatement]] = field(default_factory=_rooms)
    _lock: Lock = field(default_factory=Lock)

    def add(self, text: str, seconds: float, has_failed: bool) -> None:
        one = RecentStatement(CLOCK.now(), seconds, text[:LONGEST_TEXT], current_request(), has_failed)
        with self._lock:
            self._waiting[one.kept_for].append(one)

    def take(self) -> list[RecentStatement]:
        """Everything since the last time, the oldest first; the caller writes it or gives it back."""
        with self._lock:
            taken, self._waiting = self._waiting, _rooms()
        return sorted((one for found in taken.values() for one in found), key=lambda one: one.ended_at)

    def give_back(self, taken: Iterable[RecentStatement]) -> None:
        """Keep what could not be written, as far as there is room beside what came meanwhile."""
        with self._lock:
            newer, self._waiting = self._waiting, _rooms()
            for one in (*taken, *(one for found in newer.values() for one in found)):
                self._waiting[one.kept_for].append(one)


def follow(engine: Engine) -> RecentStatements:
    """Every statement of the engine from now on, COPY by psycopg2's own cursor excepted."""
    recent = RecentStatements()

    @event.listens_for(engine, "before_cursor_execute")
    def begin(_: Any, __: Any, ___: Any, ____: Any, context: Any, _____: Any) -> None:
        if context is not None and not context.execution_options.get(UNLOGGED):
            context.barometer_begun = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(_: Any, __: Any, statement: str, ____: Any, context: Any, _____: Any) -> None:
        begun = getattr(context, "barometer_begun", None)
        if begun is not None:
            recent.add(statement, time.perf_counter() - begun, has_failed=False)

    @event.listens_for(engine, "handle_error")
    def fail(failed: Any) -> None:
        begun = getattr(failed.execution_context, "barometer_begun", None)
        if begun is not None and failed.statement:
            recent.add(failed.statement, time.perf_counter() - begun, has_failed=True)

    return recent
