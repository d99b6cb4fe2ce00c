"""Locks that hold others up: looked at every two seconds by the scheduler, kept as episodes, and shown (C2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from db import locks
from db.queries import backends
from db.queries import lock_episodes as queries
from db.queries.lock_episodes import EpisodeRow
from db.session import Database
from operations.queries.lock_episodes import holds
from operations.requests.flushing import Flushing

LOOK_SECONDS = 2.0
LEAST_SECONDS = 1.0  # shorter waits are everyday, and whether a look meets one is chance
WAITS_LIMIT = 500
MOST_ROWS = 20_000
# Of an episode that was last seen longer ago nobody knows when it ended.
SEEN_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True)
class LockWatch:
    """``look`` belongs on a thread of a process of which there is one."""

    database: Callable[[], Database]
    clock: Clock

    def look(self) -> None:
        """Begin, go on with and end episodes; where nobody waits and none is open nothing is written."""
        database, now = self.database(), self.clock.now()
        with database.glancing() as connection:
            found = {one.key: one for one in holds(backends.waits(connection, WAITS_LIMIT))}
            if not found and not queries.open_episodes(connection):
                return
        with database.transaction() as connection:
            if not locks.take_turn(connection, "lock_episodes"):
                return
            known = {(one.blocking_pid, one.blocking_since): one for one in queries.open_episodes(connection)}
            for key, one in found.items():
                if key in known:
                    queries.go_on(connection, known[key].id, vars(one), now)
                elif one.seconds >= LEAST_SECONDS:
                    queries.begin(connection, vars(one), now, MOST_ROWS)
            _end(connection, [one for key, one in known.items() if key not in found], now)

    def thread(self) -> Flushing:
        return Flushing(self.look, LOOK_SECONDS, told_as="locks_not_watched", at_once=True)


def _end(connection: Any, gone: list[EpisodeRow], now: datetime) -> None:
    for one in gone:
        is_fresh = now - one.seen_at <= SEEN_WITHIN
        queries.end(connection, [one.id], now if is_fresh else one.seen_at)
