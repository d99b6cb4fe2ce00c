"""Closes runs whose process is gone, so that no run looks alive that nobody works on."""

import socket
from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.clock import Clock
from core.logs import logger
from db.queries import jobs as queries
from db.queries.job_rows import RunEnd, RunRow
from db.queries.jobs import ALIVE_SECONDS
from db.session import Database
from operations.jobs.children import is_alive, kill
from operations.jobs.heart import CANCELLED, ORPHAN_GRACE_SECONDS

log = logger(__name__)


@dataclass(frozen=True)
class Reaper:
    """A run is lost when its heartbeat is old and, as far as this machine can see, its process is gone.

    A run that somebody cancelled and that nobody else ended (its sidecar died, and it hangs so that its own heart does
    not beat) is killed here, and counts as cancelled: it is neither repeated nor asked for again.
    """

    database: Database
    clock: Clock
    alive_seconds: int = ALIVE_SECONDS
    cancel_seconds: float = 2 * ORPHAN_GRACE_SECONDS

    def reap(self, own: Container[int] = ()) -> list[RunRow]:
        """Close such runs and return the lost ones; ``own`` are runs whose child this process watches itself."""
        lost = []
        with self.database.transaction() as connection:
            for run in queries.running(connection):
                if run.id in own:
                    continue
                if self._is_to_be_killed(run):
                    kill(run.process_id or 0, run.id)
                    self._close(connection, run, RunEnd("cancelled", self.clock.now(), error_code=CANCELLED))
                elif self._is_lost(run):
                    end = RunEnd("lost", self.clock.now(), error_code="process_gone")
                    if self._close(connection, run, end):
                        lost.append(run)
                        if run.process_id is None:
                            queries.reopen_request(connection, run.id)
        return lost

    def _close(self, connection: Any, run: RunRow, end: RunEnd) -> bool:
        is_closed = queries.finish_run(connection, run.id, end)
        if is_closed:
            log.error(f"run_{end.state}", run_id=run.id, job=run.job_name, hotel_id=run.hotel_id)
        return is_closed

    def _is_to_be_killed(self, run: RunRow) -> bool:
        if run.cancel_requested_at is None:
            return False
        waited = self.clock.now() - run.cancel_requested_at
        if waited <= timedelta(seconds=self.cancel_seconds):
            return False
        return run.host == socket.gethostname() or self._is_silent(run)

    def _is_lost(self, run: RunRow) -> bool:
        if not self._is_silent(run) or run.cancel_requested_at is not None:
            return False
        return run.host != socket.gethostname() or not is_alive(run.process_id, run.id)

    def _is_silent(self, run: RunRow) -> bool:
        """Also with a heartbeat to come: the clock was put back since, and a heart that beats tells the time of now."""
        return abs(self.clock.now() - run.heartbeat_at) > timedelta(seconds=self.alive_seconds)
