"""A sidecar and its children with jobs made for tests: ``serve <job>…`` or ``child <run id>``."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from core.clock import SystemClock
from core.logs import configure_logging
from core.settings import child_environment
from core.stage import Progress, StageReport
from db.session import open_database
from operations.jobs.definitions import Every, JobDefinition, TimedJob
from operations.jobs.execution import execute, limit_memory
from operations.jobs.reaper import Reaper
from operations.jobs.runner import JobRunner
from operations.jobs.timetable import Timetable
from operations.sidecar import Rhythm, Sidecar
from scheduler_service import stop_on_signals

RHYTHM = Rhythm(tick_seconds=0.05, beat_seconds=0.2, reap_seconds=0.2, hotels_seconds=0.2, retry_seconds=0.2)
TIMEOUTS = {"endless": 1, "stubborn": 1}
# Due when there was no run yet; the grid of every hour would make a second run due where a test goes on over the hour.
ONCE = Every(60_000_000)


def quick(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    return StageReport(2, 1, {"done": True})


def slow(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    """Ends when the test removes the file that holds it."""
    while Path(os.environ["HOLD_FILE"]).exists():
        progress(0.5, "stage.collect")
        time.sleep(0.05)
    return StageReport(1, 1)


def endless(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    while True:
        time.sleep(1)


def stubborn(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return endless(hotel_id, at, progress)


def deaf(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    """Does not listen, and neither does what it has started."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    grandchild = subprocess.Popen(["sleep", "300"])
    progress(0.5, str(grandchild.pid))
    return endless(hotel_id, at, progress)


def greedy(hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    limit_memory(512)
    return StageReport(len(bytearray(2_000_000_000)))


JOBS = {job.__name__: job for job in (quick, slow, endless, stubborn, deaf, greedy)}


def main(arguments: list[str]) -> int:
    configure_logging("test", "INFO")
    database, clock = open_database(os.environ["DATABASE_URL"], "sidecar-test", pool_size=2), SystemClock()
    if arguments[0] == "child":
        if os.environ.get("CHILDREN_FAIL_TO_START"):
            return 3
        definitions = [JobDefinition(name, function) for name, function in JOBS.items()]
        return execute(
            lambda: definitions, int(arguments[1]), database, clock, beat_seconds=0.2, cancel_grace_seconds=1
        )
    table = Timetable(tuple(TimedJob(name, ONCE, TIMEOUTS.get(name, 600)) for name in arguments[1:]))
    command = (sys.executable, __file__, "child")
    runner = JobRunner(database, clock, command, workers=2, environment=child_environment(), grace_seconds=0.5)
    sidecar = Sidecar(database, clock, table, runner, Reaper(database, clock, alive_seconds=2), 600, rhythm=RHYTHM)
    stop_on_signals(sidecar.stopping)
    sidecar.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
