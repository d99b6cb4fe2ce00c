"""Starts runs in child processes, watches them, and closes the record of those that could not do it themselves."""

import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.clock import Clock
from core.logs import logger
from core.settings import child_environment
from db.queries import job_control
from db.queries import jobs as queries
from db.queries.claims import OF_THE_SIDECAR, Claims
from db.queries.job_rows import NewRun, RequestRow, RunEnd
from db.session import Database
from operations.jobs.children import STOP_GRACE_SECONDS, Child, start_child
from operations.jobs.heart import CANCELLED

WAIT_SECONDS = 0.05

log = logger(__name__)


@dataclass(frozen=True)
class EndedRun:
    """What the timetable must know of a run that ended."""

    job_name: str
    hotel_id: int | None
    state: str


@dataclass
class JobRunner:
    """At most ``workers`` children at a time, at most one a hotel: the stages of a hotel never run over each other.

    The installation's own jobs (no hotel) run one after the other too.
    """

    database: Database
    clock: Clock
    child_command: Sequence[str]
    workers: int = 2
    environment: dict[str, str] = field(default_factory=child_environment)
    claims: Claims = OF_THE_SIDECAR
    grace_seconds: float = STOP_GRACE_SECONDS
    children: dict[int, Child] = field(default_factory=dict, init=False)

    def has_room(self) -> bool:
        return len(self.children) < self.workers

    def busy_hotels(self) -> set[int | None]:
        return {child.hotel_id for child in self.children.values()}

    def start(self, job_name: str, hotel_id: int | None, timeout_seconds: int) -> bool:
        """Record and start a scheduled run; False when the job runs in that hotel already, wherever."""
        with self.database.transaction() as connection:
            run_id = queries.begin_run(connection, self._new(job_name, hotel_id, "schedule", timeout_seconds))
        if run_id is None:
            return False
        self._spawn(run_id, job_name, hotel_id, timeout_seconds)
        return True

    def start_requested(self, timeout_seconds: int) -> RequestRow | None:
        """Claim the oldest request of a hotel that is not busy and start its run; None when there is none."""
        with self.database.transaction() as connection:
            request = queries.claim_request(
                connection, [one for one in self.busy_hotels() if one is not None], self.claims
            )
            if request is None:
                return None
            new = self._new(request.job_name, request.hotel_id, "request", timeout_seconds, request)
            run_id = queries.begin_run(connection, new)
            queries.give_request(connection, request.id, run_id)
        if run_id is None:
            return None
        self._spawn(run_id, request.job_name, request.hotel_id, timeout_seconds)
        return request

    def poll(self) -> list[EndedRun]:
        """Stop what somebody cancelled, enforce time limits, collect the children that ended; call it often."""
        ended = []
        for child in self.children.values():
            child.watch_the_time()  # first: it holds while the database is away too
        for run_id in self._cancelled():
            self.children[run_id].stop("cancelled", CANCELLED)
        for child in list(self.children.values()):
            if child.has_ended():
                ended.append(EndedRun(child.job_name, child.hotel_id, self._close(child)))
                del self.children[child.run_id]
        return ended

    def stop_all(self) -> None:
        """Ask every child to stop; ``poll`` kills those that do not and records them as cancelled."""
        for child in self.children.values():
            child.stop("cancelled", "sidecar_stopped")

    def _cancelled(self) -> list[int]:
        going_on = [run_id for run_id, child in self.children.items() if child.stopped_as is None]
        if not going_on:  # while all are being stopped nothing is asked: it must also end without a database
            return []
        with self.database.reading() as connection:
            return job_control.cancelled(connection, going_on)

    def wait_for_ends(self) -> None:
        """Until every child that was told to stop has ended, or was killed; ``poll`` then closes their records."""
        while any(not child.has_ended() for child in self.children.values()):
            for child in self.children.values():
                child.watch_the_time()
            time.sleep(WAIT_SECONDS)

    def _close(self, child: Child) -> str:
        code = child.process.returncode
        child.sweep()
        unasked, why = _ended_by_itself(code)
        state, reason = child.stopped_as or unasked, child.stopped_for or why
        with self.database.transaction() as connection:
            if job_control.cancelled(connection, [child.run_id]):  # it died in the moment between asking and answering
                state, reason = "cancelled", CANCELLED
            end = RunEnd(state, self.clock.now(), error_code=reason, error_text=_told(code))
            if queries.finish_run(connection, child.run_id, end):
                log.error("run_closed", run_id=child.run_id, job=child.job_name, state=state, error=end.error_text)
                return state
            run = queries.read_run(connection, child.run_id)
        return run.state if run else "lost"

    def _new(
        self, job_name: str, hotel_id: int | None, trigger: str, timeout_seconds: int,
        request: RequestRow | None = None,
    ) -> NewRun:  # fmt: skip
        new = NewRun(job_name, hotel_id, trigger, self.clock.now(), socket.gethostname(), timeout_seconds)
        if request is None:
            return new
        return replace(
            new, requested_by=request.requested_by, arguments=request.arguments, retry_of=request.retry_of
        )  # fmt: skip

    def _spawn(self, run_id: int, job_name: str, hotel_id: int | None, timeout_seconds: int) -> None:
        child = start_child(
            self.child_command, run_id, job_name, hotel_id,
            timeout_seconds=timeout_seconds, environment=self.environment, grace_seconds=self.grace_seconds,
        )  # fmt: skip
        self.children[run_id] = child
        log.info("run_started", run_id=run_id, job=job_name, hotel_id=hotel_id, process_id=child.process.pid)
        with self.database.transaction() as connection:
            queries.attach_process(connection, run_id, child.process.pid, socket.gethostname())


def _ended_by_itself(code: int) -> tuple[str, str]:
    """State and reason of a run that nobody stopped and that wrote no end of its own, by its process's exit code.

    An exit code of its own: it failed before it could write why. SIGKILL is what a machine short of memory sends.
    """
    if code > 0:
        return "failed", "process_failed"
    return "lost", "process_killed" if code == -signal.SIGKILL else "process_gone"


def _told(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    names = {one.value: one.name for one in signal.Signals}
    return f"signal {-code} ({names.get(-code, 'unknown')})"
