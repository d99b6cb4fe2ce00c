"""Profiles as administrators ask for them, read and compare them (C10)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from core.version import version
from db.queries import audit
from db.queries import profiles as queries
from db.queries.profiles import ProfileRow
from db.session import Database
from operations.jobs.definitions import JOB_NAMES
from operations.jobs.service import request_runs
from operations.profiler import allocations, report
from operations.profiler.allocations import GrownLine
from operations.profiler.report import By, Function, FunctionChange

__all__ = ["KINDS", "SECONDS", "TARGETS", "Profile", "ProfileRow", "ProfilerService"]

TARGETS = ("dashboard", "api", "scheduler", "job")
KINDS = ("time", "memory")
SECONDS = (10, 30, 60, 120, 300)
SILENT_AFTER = timedelta(seconds=20)
NO_RUN_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Profile:
    """A profile and what it found; ``content`` is None until it has ended well."""

    row: ProfileRow
    content: dict[str, Any] | None

    @property
    def elapsed_seconds(self) -> float | None:
        return self.content["elapsed_seconds"] if self.content else None

    def seconds(self, by: By) -> float:
        """Of all its threads together."""
        return report.seconds(self._of("time"), by)

    def hottest(self, by: By, limit: int = 50) -> list[Function]:
        return report.hottest(self._of("time"), by, limit)

    def flame(self, by: By) -> pd.DataFrame:
        """id, parent, name, file, line, seconds, is_own: see ``report.Box``."""
        return pd.DataFrame([vars(box) for box in report.flame(self._of("time"), by)])

    @property
    def is_whole(self) -> bool:
        """Of memory: it was looked at half time too, without which nothing can be suspected."""
        return bool(self._of("memory")["is_whole"])

    @property
    def lines(self) -> list[GrownLine]:
        """Lines whose memory grew, suspects first."""
        return allocations.read(self._of("memory")["lines"])

    def _of(self, kind: str) -> dict[str, Any]:
        if self.content is None or self.row.kind != kind:
            raise AppError("profile_without_that", 404, params={"id": self.row.id})
        return self.content


@dataclass(frozen=True)
class ProfilerService:
    """One profile at a time in the whole installation: two would measure each other."""

    database: Database
    clock: Clock

    def start(
        self, scope: Scope, target: str, seconds: int, kind: str = "time", *,
        job_name: str | None = None, hotel_id: int | None = None,
    ) -> int:  # fmt: skip
        """Ask for a profile; with ``hotel_id`` a run of the job there is asked for too. Returns its id.

        Raises ``profile_running`` (409) while another one waits or runs, ``unknown_target``, ``unknown_job``,
        ``profile_seconds``.
        """
        scope.require_everywhere("profiler.run")
        if target not in TARGETS or kind not in KINDS:
            raise AppError("unknown_target", params={"target": f"{target}/{kind}"})
        if not min(SECONDS) <= seconds <= max(SECONDS):
            raise AppError("profile_seconds", params={"least": min(SECONDS), "most": max(SECONDS)})
        if (target == "job") != (job_name is not None) or (job_name is not None and job_name not in JOB_NAMES):
            raise AppError("unknown_job", params={"job": job_name or "–"})
        now = self.clock.now()
        with self.database.transaction() as connection:
            self._give_up(connection)
            found = queries.ask(connection, target, job_name, kind, seconds, by=scope.actor, at=now)
            if found is None:
                raise AppError("profile_running", 409)
            told = {"target": target, "kind": kind, "seconds": seconds, "job": job_name}
            audit.record(connection, scope.actor, "profile_started", entity=f"profile {found}", details=told)
            if job_name is not None and hotel_id is not None:
                request_runs(connection, scope, job_name, hotel_id, at=now)
        return found

    def listed(self, scope: Scope, limit: int = 50) -> list[ProfileRow]:
        """The newest first, without their results."""
        scope.require("profiler.read")
        with self.database.transaction() as connection:
            self._give_up(connection)
            return queries.newest(connection, limit)

    def one(self, scope: Scope, profile_id: int) -> Profile:
        """Raises ``not_found``."""
        scope.require("profiler.read")
        with self.database.reading() as connection:
            found = queries.one(connection, profile_id)
        if found is None:
            raise AppError("not_found", 404, params={"what": f"profile {profile_id}"})
        return Profile(*found)

    def stop(self, scope: Scope, profile_id: int) -> None:
        """End it now; what was measured until then is kept. Raises ``profile_ended`` (409) when it runs no more."""
        scope.require_everywhere("profiler.run")
        with self.database.transaction() as connection:
            if not queries.stop(connection, profile_id, self.clock.now()):
                raise AppError("profile_ended", 409)
            audit.record(connection, scope.actor, "profile_stopped", entity=f"profile {profile_id}")

    def delete(self, scope: Scope, profile_id: int) -> None:
        """Raises ``not_found`` when there is no such profile or it has not ended."""
        scope.require_everywhere("profiler.run")
        with self.database.transaction() as connection:
            if not queries.delete(connection, profile_id):
                raise AppError("not_found", 404, params={"what": f"profile {profile_id}"})
            audit.record(connection, scope.actor, "profile_deleted", entity=f"profile {profile_id}")

    def compare(self, scope: Scope, before_id: int, after_id: int, by: By) -> Sequence[FunctionChange]:
        """Functions whose share of the time changed the most; both must be of time."""
        before, after = self.one(scope, before_id), self.one(scope, after_id)
        return report.changes(before._of("time"), after._of("time"), by)

    def exported(self, scope: Scope, profile_id: int) -> dict[str, Any]:
        """All that is kept of it: its row as ``profile``, and ``result``."""
        found = self.one(scope, profile_id)
        return {"profile": asdict(found.row), "result": found.content}

    def speedscope(self, scope: Scope, profile_id: int) -> dict[str, Any]:
        """For https://www.speedscope.app, which reads the file in the browser; of time only."""
        found = self.one(scope, profile_id)
        name = f"{found.row.job_name or found.row.target} {found.row.requested_at.isoformat()}"
        return report.speedscope(found._of("time"), name, found.row.version or version())

    def _give_up(self, connection: Any) -> None:
        now = self.clock.now()
        queries.give_up(connection, now, now - SILENT_AFTER, now - NO_RUN_AFTER)
