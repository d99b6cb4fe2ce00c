"""Locks that held others up, as they are shown: the newest episodes of a period, and their course (C2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from core.clock import Clock
from core.scope import Scope
from db.queries import lock_episodes as queries
from db.queries.lock_episodes import EpisodeRow
from db.session import Database
from operations.health import SIDECAR, is_alive
from operations.periods import PERIODS

__all__ = ["LOCK_PERIODS", "EpisodeRow", "Episodes", "LockHistory"]

LOCK_PERIODS = ("24h", "7d", "30d")
SHOWN = 100


@dataclass(frozen=True)
class Episodes:
    """The newest first; ``is_watched``: whether the scheduler, which looks, is there now."""

    items: Sequence[EpisodeRow]
    is_watched: bool

    @property
    def going_on(self) -> int:
        return sum(one.ended_at is None for one in self.items)


@dataclass(frozen=True)
class LockCourse:
    """``steps``: at, episodes, longest_seconds (the longest wait of each episode, summed), between two instants."""

    steps: pd.DataFrame
    since: datetime
    until: datetime
    step_seconds: int


@dataclass(frozen=True)
class LockHistory:
    """What ``LockWatch`` has kept."""

    database: Database
    clock: Clock

    def episodes(self, scope: Scope, period: str = "24h") -> Episodes:
        """The newest hundred that began in the period, one of LOCK_PERIODS."""
        scope.require("queries.read")
        now = self.clock.now()
        with self.database.reading() as connection:
            items = queries.newest(connection, now - PERIODS[period].length, SHOWN)
            return Episodes(items, is_alive(connection, SIDECAR, now))

    def course(self, scope: Scope, period: str = "24h") -> LockCourse:
        """The steps of the period in which an episode began; of the others nobody knows whether somebody looked."""
        scope.require("queries.read")
        chosen, now = PERIODS[period], self.clock.now()
        since = chosen.begin(now)
        with self.database.reading() as connection:
            rows = queries.course(connection, since, chosen.step_seconds)
        frame = pd.DataFrame(rows, columns=["at", "episodes", "longest_seconds"])
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        steps = frame.astype({"episodes": int, "longest_seconds": float})
        return LockCourse(steps, since, now, chosen.step_seconds)
