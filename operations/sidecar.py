"""The sidecar's loop: lead or stand by, beat, reap, and start what is due or asked for. It computes nothing itself."""

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from core.version import version
from db.leader import LeaderLock
from db.queries import health as health_queries
from db.queries import job_control
from db.queries import jobs as job_queries
from db.queries.health import HeartbeatRow
from db.queries.job_rows import JobHotel
from db.session import Database
from operations.jobs.reaper import Reaper
from operations.jobs.runner import JobRunner
from operations.jobs.timetable import Timetable

LEADER_KEY, KEEPER_KEY = 7_240_022, 7_240_025
SERVICE, KEEPER = "sidecar", "keeper"

log = logger(__name__)


@dataclass(frozen=True)
class Rhythm:
    """How often the loop does what."""

    tick_seconds: float = 0.5
    beat_seconds: float = 5.0
    reap_seconds: float = 15.0
    hotels_seconds: float = 30.0
    retry_seconds: float = 2.0


def always() -> bool:
    return True


@dataclass
class Sidecar:
    """One of possibly several; the holder of the lock leads, the others wait to take over.

    ``may_start``: whether there is memory for another run; what runs already goes on.
    """

    database: Database
    clock: Clock
    timetable: Timetable
    runner: JobRunner
    reaper: Reaper
    request_timeout_seconds: int
    service: str = SERVICE
    leader_key: int = LEADER_KEY
    may_start: Callable[[], bool] = always
    rhythm: Rhythm = field(default_factory=Rhythm)
    stopping: threading.Event = field(default_factory=threading.Event)
    _leads: bool = field(default=False, init=False)
    _hotels: list[JobHotel] = field(default_factory=list, init=False)
    _done_at: dict[str, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._lock = LeaderLock(self.database, self.leader_key)
        self._started_at: datetime = self.clock.now()

    def run(self) -> None:
        """Tick until ``stopping`` is set, then stop the children and give the lock up."""
        log.info("sidecar_started", process_id=os.getpid(), version=version())
        while not self.stopping.is_set():
            self.stopping.wait(self.rhythm.tick_seconds if self.tick() else self.rhythm.retry_seconds)
        self._stop()
        log.info("sidecar_stopped", process_id=os.getpid())

    def tick(self) -> bool:
        """One round; False when the database is away (nothing is lost: the next round goes on)."""
        try:
            for run in self.runner.poll():
                self.timetable.ended(run.job_name, run.hotel_id, run.state)
            if self._lead():
                self._keep_house()
                if self.may_start():
                    self._start_requested()
                    self._start_due()
        except AppError as error:
            log.warning("sidecar_waits", error=str(error))
            self._leads = False
            return False
        return True

    def _lead(self) -> bool:
        leads = self._lock.hold()
        if leads and not self._leads:
            log.info("sidecar_leads", process_id=os.getpid())
            self._done_at.clear()
            with self.database.reading() as connection:
                self.timetable.remember(job_queries.last_done(connection))
        self._leads = leads
        return leads

    def _keep_house(self) -> None:
        if self._is_time("beat", self.rhythm.beat_seconds):
            self._beat()
        if self._is_time("reap", self.rhythm.reap_seconds):
            for run in self.reaper.reap(own=self.runner.children):
                self.timetable.ended(run.job_name, run.hotel_id, "lost")
        if self._is_time("hotels", self.rhythm.hotels_seconds):
            with self.database.reading() as connection:
                self._hotels = [*job_queries.hotels(connection), job_queries.installation(connection)]

    def _beat(self) -> None:
        beat = HeartbeatRow(
            self.service, os.getpid(), socket.gethostname(), version(), self._started_at, self.clock.now()
        )  # fmt: skip
        with self.database.transaction() as connection:
            health_queries.beat_service(connection, beat)

    def _start_requested(self) -> None:
        while self.runner.has_room():
            request = self.runner.start_requested(self.request_timeout_seconds)
            if request is None:
                return
            self.timetable.started(request.job_name, request.hotel_id, self.clock.now())

    def _start_due(self) -> None:
        due = self.timetable.due(self._hotels, self.clock.now())
        if not due:
            return
        with self.database.reading() as connection:
            paused = job_control.paused_keys(connection)
        for job, hotel in due:
            if (job.name, hotel.id) in paused or (job.name, None) in paused:
                continue  # it stays due: what was left out meanwhile is made up by one run when somebody resumes it
            if not self.runner.has_room():
                return
            if hotel.id in self.runner.busy_hotels():
                continue
            self.runner.start(job.name, hotel.id, job.timeout_seconds)
            # Also when it runs already (a command, an orphan of the last leader): that run counts for this time.
            self.timetable.started(job.name, hotel.id, self.clock.now())

    def _is_time(self, what: str, every_seconds: float) -> bool:
        now = time.monotonic()
        if what in self._done_at and now - self._done_at[what] < every_seconds:
            return False
        self._done_at[what] = now
        return True

    def _stop(self) -> None:
        self.runner.stop_all()
        self.runner.wait_for_ends()  # also without a database: what does not listen is killed
        try:
            self.runner.poll()
            if self._leads:
                with self.database.transaction() as connection:
                    health_queries.forget_service(connection, self.service, os.getpid(), socket.gethostname())
        except AppError as error:
            log.warning("stopped_without_database", error=str(error))
        self._lock.release()
