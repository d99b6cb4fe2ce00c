"""Closes runs whose process is gone, so that no run looks alive that nobody works on."""

import socket
from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta

from core.clock import Clock
from core.logs import logger
from db.queries import jobs as queries
from db.queries.jobs import ALIVE_SECONDS, RunEnd, RunRow
from db.session import Database
from operations.jobs.children import is_alive

log = logger(__name__)


@dataclass(frozen=True)
class Reaper:
    """A run is lost when its heartbeat is old and, as far as this machine can see, its process is gone."""

    database: Database
    clock: Clock
    alive_seconds: int = ALIVE_SECONDS

    def reap(self, own: Container[int] = ()) -> list[RunRow]:
        """Close the lost runs and return them; ``own`` are runs whose child this process watches itself."""
        lost = []
        with self.database.transaction() as connection:
            for run in queries.running(connection):
                if run.id in own or not self._is_lost(run):
                    continue
                end = RunEnd("lost", self.clock.now(), error_code="process_gone")
                if queries.finish_run(connection, run.id, end):
                    lost.append(run)
                    if run.process_id is None:
                        queries.reopen_request(connection, run.id)
        for run in lost:
            log.error("run_lost", run_id=run.id, job=run.job_name, hotel_id=run.hotel_id)
        return lost

    def _is_lost(self, run: RunRow) -> bool:
        silent_for = self.clock.now() - run.heartbeat_at
        if silent_for <= timedelta(seconds=self.alive_seconds):
            return False
        return run.host != socket.gethostname() or not _works(run)


def _works(run: RunRow) -> bool:
    return is_alive(run.process_id, run.id)
