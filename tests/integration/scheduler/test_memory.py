"""While memory is short the scheduler starts nothing new; what is due or asked for waits (R1)."""

import sys

from sqlalchemy import text

from core.clock import SystemClock
from core.scope import SYSTEM
from db.session import Database
from operations.jobs.definitions import Every, TimedJob
from operations.jobs.reaper import Reaper
from operations.jobs.runner import JobRunner
from operations.jobs.service import JobService
from operations.jobs.timetable import Timetable
from operations.sidecar import Sidecar


def test_runs_wait_while_memory_is_short_and_begin_when_it_is_there_again(database: Database) -> None:
    clock, is_short = SystemClock(), [True]
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO hotels (code, name) VALUES ('A', 'A')"))
    JobService(database, clock).request(SYSTEM, "collect")
    runner = JobRunner(database, clock, (sys.executable, "-c", ""), workers=2)
    table = Timetable((TimedJob("train", Every(60), 600),))
    sidecar = Sidecar(database, clock, table, runner, Reaper(database, clock), 60, may_start=lambda: not is_short[0])
    assert sidecar.tick()
    assert runner.children == {}
    is_short[0] = False
    assert sidecar.tick()
    assert [child.job_name for child in runner.children.values()] == ["collect"]  # one run a hotel at a time
    for child in runner.children.values():
        child.process.wait(120)
    sidecar._stop()
