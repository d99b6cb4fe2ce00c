"""Memory as administrators watch it: each process now, over time, and when it was short (R1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from core.clock import Clock
from core.scope import Scope
from db.queries import process_memory as queries
from db.session import Database
from operations.memory.levels import Level
from operations.periods import PERIODS

__all__ = ["PERIODS", "MemoryEvent", "MemoryService", "ProcessState", "services"]

SEEN_WITHIN = timedelta(minutes=3)
GROWTH_OVER = timedelta(hours=24)
MOST_EVENTS = 50


@dataclass(frozen=True)
class ProcessState:
    """One process. ``growth_bytes`` since ``first_at``, a day ago or its begin; ``is_seen``: it told lately."""

    service: str
    process_id: int
    host: str
    seen_at: datetime
    is_seen: bool
    rss_bytes: int
    uss_bytes: int | None
    limit_bytes: int | None
    used_ratio: float
    level: Level
    peak_bytes: int
    first_at: datetime
    growth_bytes: int


@dataclass(frozen=True)
class MemoryEvent:
    """The level changed, or memory was given back."""

    at: datetime
    service: str
    process_id: int
    before: Level
    level: Level
    used_ratio: float
    rss_bytes: int
    given_back_bytes: int | None


@dataclass(frozen=True)
class MemoryService:
    """Reads what the processes write of themselves."""

    database: Database
    clock: Clock

    def processes(self, scope: Scope) -> list[ProcessState]:
        """Those that told lately first, then those of the last day that ended or fell silent; the largest first."""
        scope.require("memory.read")
        now = self.clock.now()
        with self.database.reading() as connection:
            rows = queries.newest(connection, now - GROWTH_OVER)
        found = [_state(row, now) for row in rows]
        return sorted(found, key=lambda one: (not one.is_seen, -one.rss_bytes))

    def course(self, scope: Scope, period: str) -> pd.DataFrame:
        """at, service, rss_bytes, uss_bytes by steps of the period; only steps with a sample."""
        scope.require("memory.read")
        chosen = PERIODS[period]
        with self.database.reading() as connection:
            rows = queries.course(connection, chosen.begin(self.clock.now()), chosen.step_seconds)
        frame = pd.DataFrame(rows, columns=["at", "service", "rss_bytes", "uss_bytes"])
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        return frame.astype({"rss_bytes": float, "uss_bytes": float})

    def events(self, scope: Scope, period: str) -> Sequence[MemoryEvent]:
        """The newest first."""
        scope.require("memory.read")
        since = PERIODS[period].begin(self.clock.now())
        with self.database.reading() as connection:
            rows = queries.events(connection, since, MOST_EVENTS)
        return [
            MemoryEvent(
                row.sampled_at, row.service, row.process_id, row.before, row.level, row.used_ratio, row.rss_bytes,
                row.given_back_bytes,
            )
            for row in rows
        ]  # fmt: skip


def services(course: pd.DataFrame) -> list[str]:
    """Those of a course, in the order of their largest step."""
    largest = course.groupby("service")["rss_bytes"].max().sort_values(ascending=False)
    return [str(code) for code in largest.index]


def _state(row: Any, now: datetime) -> ProcessState:
    return ProcessState(
        row.service, row.process_id, row.host, row.sampled_at, now - row.sampled_at <= SEEN_WITHIN, row.rss_bytes,
        row.uss_bytes, row.limit_bytes, row.used_ratio, row.level, row.peak_rss_bytes, row.first_at,
        row.rss_bytes - row.first_rss_bytes,
    )  # fmt: skip
