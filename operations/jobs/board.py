"""What the page of jobs shows beyond the runs themselves: figures, the timetable, a day, what is old (C4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.scope import Scope
from core.settings import Settings
from db.queries import job_control, job_history
from db.queries import jobs as queries
from db.queries.job_control import PauseRow
from db.queries.job_history import DayRun, EndedFigures, Newest, Usual
from db.queries.job_rows import JobHotel, RunKey, RunRow
from db.session import Database
from operations.health import SIDECAR, SignOfLife, sign_of_life
from operations.jobs import history
from operations.jobs.definitions import TimedJob, keeper_jobs, timed_jobs
from operations.jobs.history import Eta, Noticed, Stale

__all__ = ["FAILED", "DayRun", "EndedFigures", "Eta", "JobBoard", "JobDay", "Noticed", "Scheduled", "Stale"]

FAILED = ("failed", "timed_out", "lost", "cancelled")
LATELY = timedelta(hours=24)
MOST_RUNS = 10_000  # of a day


@dataclass(frozen=True)
class Scheduled:
    """A job of the timetable in a hotel. ``left_out``: how often it was due since it pauses."""

    job_name: str
    hotel_id: int | None
    next_at: datetime
    newest: Newest
    usual: Usual | None
    pause: PauseRow | None
    left_out: int


@dataclass(frozen=True)
class JobDay:
    """The runs of a day of the hotel's calendar and what was odd; ``is_complete``: no run was left out.

    ``until``: what was looked at ends there, today now.
    """

    since: datetime
    until: datetime
    ends_at: datetime
    runs: list[DayRun]
    noticed: list[Noticed]
    is_complete: bool


@dataclass(frozen=True)
class JobBoard:
    """Reads of the hotels in the caller's scope; the installation's jobs are shown to those who see every hotel."""

    database: Database
    clock: Clock
    settings: Settings

    def figures(self, scope: Scope) -> EndedFigures:
        """Of the last 24 hours."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            return job_history.ended_figures(connection, scope.hotel_filter(), self.clock.now() - LATELY)

    def service(self, scope: Scope) -> SignOfLife:
        """Whether the sidecar runs, which runs jobs."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            return sign_of_life(connection, SIDECAR, self.clock.now())

    def ended(self, scope: Scope, states: Sequence[str], job_name: str | None = None, limit: int = 20) -> list[RunRow]:
        """The newest runs in these states, perhaps of one job."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            return job_history.ended_runs(connection, scope.hotel_filter(), states, job_name, limit)

    def etas(self, scope: Scope, runs: Sequence[RunRow]) -> dict[int, Eta]:
        """By run, of those that run and whose job has a history."""
        scope.require("jobs.read")
        if not runs:
            return {}
        with self.database.reading() as connection:
            usual = job_history.usual(connection, sorted({(run.job_name, run.hotel_id) for run in runs}, key=str))
        now = self.clock.now()
        found = {
            run.id: history.eta(
                usual.get((run.job_name, run.hotel_id)), (now - run.started_at).total_seconds(), run.progress_ratio
            )
            for run in runs
        }
        return {run_id: eta for run_id, eta in found.items() if eta is not None}

    def timetable(self, scope: Scope) -> list[Scheduled]:
        """Every job that is due by itself, in the order in which those that are due together run."""
        scope.require("jobs.read")
        now = self.clock.now()
        with self.database.reading() as connection:
            jobs = self._jobs(connection, scope)
            keys = _keys(jobs)
            newest = job_history.newest(connection, keys)
            usual = history.telling(job_history.usual(connection, keys))
            pauses = job_control.pauses_since(connection, scope.hotel_filter(), now)
        found = []
        for job, hotel in jobs:
            key = (job.name, hotel.id)
            pause = next((one for one in pauses if history.concerns(one, *key)), None)
            left_out = history.left_out(pause, [(job, hotel)], now) if pause else 0
            next_at = job.cadence.first_after(now, hotel.time_zone)
            found.append(Scheduled(*key, next_at, newest[key], usual.get(key), pause, left_out))
        return found

    def day(self, scope: Scope, on: date, time_zone: str) -> JobDay:
        """What ran on a day, and what was missed, late, too fast or empty."""
        scope.require("jobs.read")
        zone, now = ZoneInfo(time_zone), self.clock.now()
        since = datetime.combine(on, time(), zone)
        ends_at = datetime.combine(on + timedelta(days=1), time(), zone)
        until = min(ends_at, now)
        with self.database.reading() as connection:
            jobs = self._jobs(connection, scope)
            grace = max((history.late_after(job.cadence) for job, _ in jobs), default=timedelta())
            answered_by = min(ends_at + grace, now)  # what was due at the end of the day may begin on the next
            found = job_history.runs_between(connection, scope.hotel_filter(), since, answered_by, MOST_RUNS + 1)
            usual = job_history.usual(connection, _keys(jobs))
            pauses = job_control.pauses_since(connection, scope.hotel_filter(), since)
        is_complete = len(found) <= MOST_RUNS
        # Of what was left out nothing is said.
        judged_until = until if is_complete else min(until, found[-1].started_at)
        odd = history.noticed(jobs, found, usual, pauses, since=since, until=judged_until, now=now)
        runs = [run for run in found[:MOST_RUNS] if run.started_at < until]
        return JobDay(since, until, ends_at, runs, odd, is_complete)

    def stale(self, scope: Scope) -> list[Stale]:
        """Data that are old because a run failed, was missed or pauses."""
        scope.require("jobs.read")
        with self.database.reading() as connection:
            jobs = [(job, hotel) for job, hotel in self._jobs(connection, scope) if job.name in history.FEEDS]
            newest = job_history.newest(connection, _keys(jobs))
            pauses = job_control.pauses_since(connection, scope.hotel_filter(), self.clock.now())
            at_work = {(run.job_name, run.hotel_id) for run in queries.running(connection)}
        return history.stale(jobs, newest, pauses, self.clock.now(), at_work)

    def _jobs(self, connection: Any, scope: Scope) -> list[tuple[TimedJob, JobHotel]]:
        """Each job of the timetable where it runs."""
        places = [hotel for hotel in queries.hotels(connection) if hotel.id is not None and scope.sees(hotel.id)]
        if scope.hotels is None:
            places.append(queries.installation(connection))
        return [
            (job, hotel)
            for job in (*timed_jobs(self.settings), *keeper_jobs(self.settings))
            for hotel in places
            if job.of_installation == (hotel.id is None) and (hotel.simulated or not job.only_simulated)
        ]


def _keys(jobs: Sequence[tuple[TimedJob, JobHotel]]) -> list[RunKey]:
    return [(job.name, hotel.id) for job, hotel in jobs]
