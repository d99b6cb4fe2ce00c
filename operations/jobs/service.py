"""What screens and commands ask of the job machinery: request a run, see what runs and what ran."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import jobs as queries
from db.queries.job_rows import RequestRow, RunRow
from db.session import Database
from operations.health import SIDECAR, is_alive
from operations.jobs.definitions import JOB_NAMES, NEEDED, require_past

__all__ = ["JobService", "JobState", "RequestRow", "RunRow"]


@dataclass(frozen=True)
class JobState:
    """How far a job is in a hotel: asked for, running, and how it ended the last time.

    ``is_served``: the sidecar, which runs jobs, has shown a sign of life lately.
    """

    request: RequestRow | None
    running: RunRow | None
    last: RunRow | None
    is_served: bool

    @property
    def is_active(self) -> bool:
        return self.request is not None or self.running is not None


@dataclass(frozen=True)
class JobService:
    """Job runs and requests of the hotels in the caller's scope."""

    database: Database
    clock: Clock

    def request(
        self, scope: Scope, job_name: str, hotel_id: int | None = None, arguments: dict[str, Any] | None = None
    ) -> list[int]:
        """Ask the sidecar for a run, in one hotel or in every hotel of the scope; returns the request ids.

        The only argument jobs know is ``at``, an ISO instant as of which to work.
        """
        with self.database.transaction() as connection:
            return request_runs(connection, scope, job_name, hotel_id, at=self.clock.now(), arguments=arguments)

    def recent(self, scope: Scope, limit: int = 100, before: tuple[datetime, int] | None = None) -> list[RunRow]:
        """The newest runs first; ``before``: start and id of the last run of the page before."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            return queries.recent_runs(connection, scope.hotel_filter(), limit, before)

    def run(self, scope: Scope, run_id: int) -> RunRow:
        """One run; raises ``not_found``. What it found out is for who could have asked for it."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            found = queries.run_by_id(connection, scope.hotel_filter(), run_id)
        if found is None:
            raise AppError("not_found", 404, params={"what": f"run {run_id}"})
        needed = NEEDED.get(found.job_name)
        return found if needed is None or scope.allows(needed) else replace(found, result=None)

    def active(self, scope: Scope) -> list[RunRow]:
        """What runs now."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            return queries.active_runs(connection, scope.hotel_filter())

    def pending(self, scope: Scope) -> list[RequestRow]:
        """What was asked for and has not begun."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            return queries.pending_requests(connection, scope.hotel_filter())

    def state(self, scope: Scope, job_name: str, hotel_id: int) -> JobState:
        """One job in one hotel, as it stands now."""
        scope.require("jobs.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            pending = queries.pending_requests(connection, [hotel_id])
            runs = queries.newest_runs(connection, job_name, hotel_id)
            is_served = is_alive(connection, SIDECAR, self.clock.now())
        return state_of(job_name, pending, runs, is_served)


def state_of(job_name: str, pending: list[RequestRow], runs: list[RunRow], is_served: bool) -> JobState:
    """``runs``: the one that is running, if any, and the newest that ended."""
    asked = [request for request in pending if request.job_name == job_name]
    running = [run for run in runs if run.state == "running"]
    ended = [run for run in runs if run.state != "running"]
    return JobState(next(iter(asked), None), next(iter(running), None), next(iter(ended), None), is_served)


def request_runs(
    connection: Any, scope: Scope, job_name: str, hotel_id: int | None, *, at: datetime,
    arguments: dict[str, Any] | None = None,
) -> list[int]:  # fmt: skip
    """Ask for runs within the caller's transaction; see ``JobService.request``."""
    scope.require("jobs.run")
    if job_name not in JOB_NAMES:
        raise AppError("unknown_job", params={"job": job_name})
    if hotel_id is not None:
        scope.require_hotel(hotel_id)
    require_past(arguments, at)
    known = [hotel.id for hotel in queries.hotels(connection) if hotel.id is not None]
    wanted = known if hotel_id is None else [hotel_id]
    if not set(wanted) <= set(known):
        raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})
    allowed = scope.hotel_filter(wanted) or []
    return [queries.ask(connection, scope.actor, job_name, each, at=at, arguments=arguments) for each in allowed]
