"""What people do about jobs: cancel what runs or waits, run once more what failed, pause and resume (C4).

Each is one conditional statement with its entry in the audit log: of two people at the same time one acts, the other
is told who did. The sidecar does what the row says, wherever it runs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import audit, job_control
from db.queries import jobs as queries
from db.queries.job_control import PauseRow
from db.queries.job_rows import RunRow
from db.session import Database
from operations.jobs.definitions import INSTALLATION_JOB_NAMES, JOB_NAMES, NEEDED

__all__ = ["JobControl", "PauseRow", "is_repeatable"]

PAUSABLE = (*JOB_NAMES, *INSTALLATION_JOB_NAMES, "backup")
MOST_CHARACTERS = 500


def is_repeatable(run: RunRow) -> bool:
    """Whether ``retry`` makes sense: it ended badly, and is not asked for on a page of its own."""
    return run.state not in ("running", "succeeded") and run.job_name not in NEEDED


@dataclass(frozen=True)
class JobControl:
    """Of the hotels in the caller's scope; the installation's jobs belong to those who see every hotel."""

    database: Database
    clock: Clock

    def cancel_run(self, scope: Scope, run_id: int) -> None:
        """Have a run ended; what runs it stops the process and then says so in the run's record.

        Raises ``not_found`` (404), ``run_has_ended``, ``cancel_asked_already`` (409).
        """
        scope.require("jobs.run")
        with self.database.transaction() as connection:
            run = self._run(connection, scope, run_id)
            if not job_control.ask_cancel(connection, run_id, scope.actor, self.clock.now()):
                now = self._run(connection, scope, run_id)
                if now.state != "running":
                    raise AppError("run_has_ended", 409, params={"run": run_id})
                raise AppError("cancel_asked_already", 409, params={"who": now.cancel_requested_by})
            about = {"run": run_id, "started_at": run.started_at.isoformat()}
            audit.record(
                connection, scope.actor, "job_cancelled", hotel_id=run.hotel_id, entity=run.job_name, details=about
            )

    def cancel_request(self, scope: Scope, request_id: int) -> None:
        """Take back what waits. Raises ``not_found`` (404), ``request_has_begun``, ``cancel_asked_already`` (409)."""
        scope.require("jobs.run")
        with self.database.transaction() as connection:
            asked = job_control.request_by_id(connection, scope.hotel_filter(), request_id)
            if asked is None:
                raise AppError("not_found", 404, params={"what": f"request {request_id}"})
            _require_for(scope, asked.job_name)
            if not job_control.cancel_request(connection, request_id, scope.actor, self.clock.now()):
                ended = job_control.ended_request(connection, request_id)
                if ended.state == "taken":
                    raise AppError("request_has_begun", 409, params={"run": ended.run_id})
                raise AppError("cancel_asked_already", 409, params={"who": ended.cancelled_by})
            about = {"request": request_id, "requested_by": asked.requested_by}
            audit.record(
                connection, scope.actor, "job_request_cancelled", hotel_id=asked.hotel_id, entity=asked.job_name,
                details=about,
            )  # fmt: skip

    def retry(self, scope: Scope, run_id: int) -> int:
        """Ask once more for a run that ended badly, with the same arguments; the id of the request.

        Raises ``not_found`` (404), ``run_not_repeatable``, ``retried_already`` (409).
        """
        scope.require("jobs.run")
        with self.database.transaction() as connection:
            run = self._run(connection, scope, run_id)
            if not is_repeatable(run):
                raise AppError("run_not_repeatable", 409, params={"run": run_id})
            request_id = job_control.add_retry(
                connection, run_id, requested_by=scope.actor, at=self.clock.now(), arguments=run.arguments
            )
            if request_id is None:
                who = job_control.retry_asked_by(connection, run_id)
                raise AppError("retried_already", 409, params={"who": who})
            about: dict[str, Any] = {"run": run_id, "request": request_id, "arguments": run.arguments}
            audit.record(
                connection, scope.actor, "job_retried", hotel_id=run.hotel_id, entity=run.job_name, details=about
            )
        return request_id

    def pause(self, scope: Scope, job_name: str, hotel_id: int | None, reason: str) -> int:
        """Have the timetable leave a job out, in a hotel or (None) everywhere; what people ask for still runs.

        Raises ``unknown_job``, ``reason_wanted`` (400), ``not_found`` (404), ``paused_already`` (409).
        """
        reason = reason.strip()
        self._require_pausing(scope, hotel_id)
        if job_name not in PAUSABLE or (hotel_id is not None and job_name not in JOB_NAMES):
            raise AppError("unknown_job", params={"job": job_name})
        _require_for(scope, job_name)
        if not reason or len(reason) > MOST_CHARACTERS:
            raise AppError("reason_wanted", params={"most": MOST_CHARACTERS})
        with self.database.transaction() as connection:
            if hotel_id is not None and hotel_id not in [hotel.id for hotel in queries.hotels(connection)]:
                raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})
            pause_id = job_control.add_pause(
                connection, job_name, hotel_id, reason=reason, by=scope.actor, at=self.clock.now()
            )
            if pause_id is None:
                raise AppError("paused_already", 409, params={"job": job_name})
            audit.record(
                connection, scope.actor, "job_paused", hotel_id=hotel_id, entity=job_name, details={"reason": reason}
            )
        return pause_id

    def resume(self, scope: Scope, pause_id: int) -> None:
        """What was due meanwhile is made up by one run. Raises ``not_found`` (404), ``resumed_already`` (409)."""
        scope.require("jobs.control")
        with self.database.transaction() as connection:
            pause = job_control.pause_by_id(connection, pause_id)
            if pause is None or (pause.hotel_id is not None and not scope.sees(pause.hotel_id)):
                raise AppError("not_found", 404, params={"what": f"pause {pause_id}"})
            self._require_pausing(scope, pause.hotel_id)
            _require_for(scope, pause.job_name)
            if not job_control.end_pause(connection, pause_id, scope.actor, self.clock.now()):
                ended = job_control.pause_by_id(connection, pause_id)
                raise AppError("resumed_already", 409, params={"who": ended.resumed_by if ended else None})
            about = {"reason": pause.reason, "paused_by": pause.paused_by, "paused_at": pause.paused_at.isoformat()}
            audit.record(
                connection, scope.actor, "job_resumed", hotel_id=pause.hotel_id, entity=pause.job_name, details=about
            )

    def pauses(self, scope: Scope, since: datetime | None = None) -> list[PauseRow]:
        """Those that last, and those that ended after ``since``."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            return job_control.pauses_since(connection, scope.hotel_filter(), since or self.clock.now())

    def _run(self, connection: Any, scope: Scope, run_id: int) -> RunRow:
        found = queries.run_by_id(connection, scope.hotel_filter(), run_id)
        if found is None:
            raise AppError("not_found", 404, params={"what": f"run {run_id}"})
        _require_for(scope, found.job_name)
        return found

    def _require_pausing(self, scope: Scope, hotel_id: int | None) -> None:
        if hotel_id is None:
            scope.require_everywhere("jobs.control")
        else:
            scope.require("jobs.control")
            scope.require_hotel(hotel_id)


def _require_for(scope: Scope, job_name: str) -> None:
    """What the page of such a job asks for too."""
    if job_name in NEEDED:
        scope.require(NEEDED[job_name])
