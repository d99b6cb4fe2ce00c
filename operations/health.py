"""Is the installation well: database, cache, sidecar, freshness of the data, room on the disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from core.clock import Clock
from core.errors import AppError
from db.queries import health as queries
from db.session import Database
from operations.patience import Patience
from operations.preflight import MIN_FREE_MB, free_megabytes
from operations.redis.looking import answer

SIDECAR = "sidecar"
SIDECAR_ALIVE_SECONDS = 30  # six missed beats
DATABASE_SECONDS = 3.0  # a server that was stopped keeps its connections and says nothing
FRESH_SECONDS = 3600  # SPEC P9: freshness below one hour


@dataclass(frozen=True)
class HealthCheck:
    """One thing that was looked at: ``ok``, ``degraded`` (the dashboard still works) or ``down``."""

    name: str
    status: str
    details: dict[str, Any] = field(default_factory=dict)


DatabaseChecks = tuple[HealthCheck, HealthCheck, HealthCheck]  # database, sidecar, freshness


def _away(reason: str) -> DatabaseChecks:
    unknown = {"reason": "unknown"}
    return (
        HealthCheck("database", "down", {"reason": reason}), HealthCheck("sidecar", "degraded", unknown),
        HealthCheck("freshness", "degraded", unknown),
    )  # fmt: skip


@dataclass(frozen=True)
class HealthReport:
    """The worst check decides."""

    version: str
    checks: tuple[HealthCheck, ...]

    @property
    def status(self) -> str:
        found = {check.status for check in self.checks}
        return next((status for status in ("down", "degraded") if status in found), "ok")


@dataclass(frozen=True)
class SignOfLife:
    """``is_alive``: a service has shown one lately; ``last_at``: the last one, None if it never ran."""

    is_alive: bool
    last_at: datetime | None


def sign_of_life(connection: Any, service: str, now: datetime) -> SignOfLife:
    beat = queries.heartbeat(connection, service)
    if beat is None:
        return SignOfLife(False, None)
    return SignOfLife((now - beat.beat_at).total_seconds() <= SIDECAR_ALIVE_SECONDS, beat.beat_at)


def is_alive(connection: Any, service: str, now: datetime) -> bool:
    """Whether a service has shown a sign of life lately."""
    return sign_of_life(connection, service, now).is_alive


@dataclass(frozen=True)
class HealthService:
    """Needs no Scope: it says nothing of any hotel's data, and monitors ask without signing in."""

    database: Database
    redis_url: str
    clock: Clock
    version: str
    folders: Sequence[Path]
    patience: Patience[DatabaseChecks] = field(
        default_factory=lambda: Patience(DATABASE_SECONDS), compare=False, repr=False
    )

    def report(self) -> HealthReport:
        database, sidecar, freshness = self.patience.ask(self._of_database) or _away("database_unavailable")
        return HealthReport(self.version, (database, self._cache(), sidecar, freshness, self._disk()))

    def _of_database(self) -> DatabaseChecks:
        try:
            self.database.ping()
            return HealthCheck("database", "ok"), self._sidecar(), self._freshness()
        except AppError as error:
            return _away(error.code)

    def _cache(self) -> HealthCheck:
        """One that refuses to write is as good as away."""
        found = answer(self.redis_url)
        if found.state in ("up", "slow"):
            return HealthCheck("cache", "ok")
        code = "redis_unavailable" if found.state == "down" else "redis_refuses_writes"
        return HealthCheck("cache", "degraded", {"reason": code})

    def _disk(self) -> HealthCheck:
        """Of the folder with the least room, whichever disk it lies on; as much must be free as before a start."""
        try:
            free_mb = min(free_megabytes(folder) for folder in self.folders if folder.exists())
        except (OSError, ValueError) as error:  # ValueError: there is none
            return HealthCheck("disk", "degraded", {"reason": type(error).__name__})
        return HealthCheck("disk", "ok" if free_mb >= MIN_FREE_MB else "degraded", {"free_mb": free_mb})

    def _sidecar(self) -> HealthCheck:
        with self.database.reading() as connection:
            beat = queries.heartbeat(connection, SIDECAR)
        if beat is None:
            return HealthCheck("sidecar", "degraded", {"reason": "never_seen"})
        seconds = round((self.clock.now() - beat.beat_at).total_seconds(), 1)
        return HealthCheck(
            "sidecar", "ok" if seconds <= SIDECAR_ALIVE_SECONDS else "degraded", {"seconds_since_beat": seconds}
        )

    def _freshness(self) -> HealthCheck:
        """The hotel whose metrics were collected longest ago; an empty installation is fresh."""
        with self.database.reading() as connection:
            hotels = queries.freshness(connection)
        now = self.clock.now()
        ages = [(now - hotel.collected_at).total_seconds() for hotel in hotels if hotel.collected_at]
        waiting = sum(hotel.collected_at is None for hotel in hotels)
        details = {"oldest_seconds": round(max(ages), 1) if ages else None, "hotels_waiting": waiting}
        is_fresh = waiting == 0 and all(age <= FRESH_SECONDS for age in ages)
        return HealthCheck("freshness", "ok" if is_fresh else "degraded", details)
