"""What history says of runs: how long one will take, which are odd, and which data are old because of it. Pure (C4)."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.queries.job_control import PauseRow
from db.queries.job_history import DayRun, Newest, Usual
from db.queries.job_rows import JobHotel, RunKey, RunRow
from operations.jobs.definitions import Cron, Every, TimedJob

MIN_RUNS = 5  # fewer tell nothing
FAST_RATIO = 1 / 5
FEW_ROWS_RATIO = 1 / 2
FILLED_RATIO = 0.9  # of the last runs wrote something: then nothing is odd
SHORTEST_SECONDS = 1.0  # a job that usually takes less cannot be too fast
LONG_SECONDS = 300  # a run that takes longer is marked (C4)
SILENT_SECONDS = 30  # a run beats every few seconds: one that does not hangs or has lost the database
LATE_AT_LEAST, LATE_CRON = timedelta(seconds=60), timedelta(minutes=15)
# What each job's data feed: their readers are as old as it is.
FEEDS: dict[str, tuple[str, ...]] = {
    "sample_feed": ("collect",), "collect": ("features", "forecast"), "features": ("train", "detect"),
    "train": ("detect",), "detect": ("evaluate",), "forecast": (), "evaluate": (),
}  # fmt: skip


def lasted_seconds(run: RunRow | DayRun, now: datetime) -> float:
    """From its start to its end, or to now."""
    return ((run.finished_at or now) - run.started_at).total_seconds()


def is_long(run: RunRow, now: datetime) -> bool:
    return lasted_seconds(run, now) > LONG_SECONDS


def silent_seconds(run: RunRow, now: datetime) -> float | None:
    """How long a running run has given no sign of life, when that is long."""
    seconds = (now - run.heartbeat_at).total_seconds()
    return seconds if run.state == "running" and seconds > SILENT_SECONDS else None


@dataclass(frozen=True)
class Eta:
    """Seconds until a run ends as such runs usually do, with the range of eight of ten.

    ``is_over``: it takes longer than nine of ten, so history tells nothing more.
    """

    seconds: float
    low_seconds: float
    high_seconds: float
    runs: int
    is_over: bool


@dataclass(frozen=True)
class Noticed:
    """What was odd about a job's runs: ``missed``, ``late``, ``too_fast`` or ``empty``; ``count`` times."""

    kind: str
    job_name: str
    hotel_id: int | None
    count: int
    first_at: datetime
    last_at: datetime
    run_id: int | None = None  # the last one


@dataclass(frozen=True)
class Stale:
    """Data that are as old as ``since`` (None: there never were any) and whose next run did not come about.

    ``reason``: ``paused``, ``failed`` (``run_id`` is the run that failed) or ``missed``. ``affects``: its readers.
    """

    job_name: str
    hotel_id: int | None
    since: datetime | None
    reason: str
    run_id: int | None
    error_code: str | None
    affects: tuple[str, ...]


def eta(usual: Usual | None, elapsed_seconds: float, ratio: float | None) -> Eta | None:
    """None with too little history. What the run says of its progress counts more than the time it has taken."""
    if usual is None or usual.runs < MIN_RUNS:
        return None
    left = [
        max(total * (1 - ratio) if ratio else total - elapsed_seconds, 0.0)
        for total in (usual.median_seconds, usual.low_seconds, usual.high_seconds)
    ]
    return Eta(left[0], left[1], left[2], usual.runs, elapsed_seconds > usual.high_seconds)


def telling(usual: Mapping[RunKey, Usual]) -> dict[RunKey, Usual]:
    """Those with enough runs."""
    return {key: one for key, one in usual.items() if one.runs >= MIN_RUNS}


def late_after(cadence: Every | Cron) -> timedelta:
    """How long after its time a run may begin; jobs of one hotel wait for one another."""
    if isinstance(cadence, Every):
        return max(timedelta(minutes=cadence.minutes) / 2, LATE_AT_LEAST)
    return LATE_CRON


def due_times(job: TimedJob, hotel: JobHotel, since: datetime, until: datetime) -> list[datetime]:
    """When a job was due in ``[since, until)``, since the hotel is there."""
    found = []
    at = max(since, hotel.created_at) - timedelta(microseconds=1)
    while (at := job.cadence.first_after(at, hotel.time_zone)) < until:
        found.append(at)
    return found


def noticed(
    jobs: Iterable[tuple[TimedJob, JobHotel]], runs: Sequence[DayRun], usual: Mapping[RunKey, Usual],
    pauses: Sequence[PauseRow], *, since: datetime, until: datetime, now: datetime,
) -> list[Noticed]:  # fmt: skip
    """What was odd in ``[since, until)``; ``runs``: those at work then, the oldest first."""
    by_key: dict[RunKey, list[DayRun]] = {}
    for run in runs:
        by_key.setdefault((run.job_name, run.hotel_id), []).append(run)
    found: list[Noticed] = []
    for job, hotel in jobs:
        own = by_key.get((job.name, hotel.id), [])
        resting = [pause for pause in pauses if concerns(pause, job.name, hotel.id)]
        due = [at for at in due_times(job, hotel, since, until) if not _is_paused(resting, at)]
        found += _untimely(job, hotel, due, own, now)
    for run in runs:
        kind = _odd(run, usual.get((run.job_name, run.hotel_id)))
        if kind is not None and since <= run.started_at < until:
            found.append(
                Noticed(kind, run.job_name, run.hotel_id, 1, run.started_at, run.started_at, run.id)
            )  # fmt: skip
    return _together(found)


def stale(
    jobs: Iterable[tuple[TimedJob, JobHotel]], newest: Mapping[RunKey, Newest], pauses: Sequence[PauseRow],
    now: datetime, at_work: Collection[RunKey] = (),
) -> list[Stale]:  # fmt: skip
    """Data whose next run is overdue, the ones that others are made of first; not those that are made just now."""
    found = []
    for job, hotel in jobs:
        if job.name not in FEEDS or (job.name, hotel.id) in at_work:
            continue
        last = newest.get((job.name, hotel.id)) or Newest(None, None, None, None, None)
        due = job.cadence.first_after(last.succeeded_at or hotel.created_at, hotel.time_zone)
        has_failed = last.state not in (None, "succeeded") and last.started_at is not None and last.started_at >= due
        if due > now or not (has_failed or now - due > late_after(job.cadence)):
            continue
        is_paused = any(concerns(pause, job.name, hotel.id) for pause in pauses if pause.resumed_at is None)
        reason = "failed" if has_failed else "paused" if is_paused else "missed"
        run_id, code = (last.run_id, last.error_code) if has_failed else (None, None)
        found.append(Stale(job.name, hotel.id, last.succeeded_at, reason, run_id, code, readers(job.name)))
    return found


def readers(job_name: str) -> tuple[str, ...]:
    """Every job that reads what this one writes, directly or through others, in the order of the flow."""
    seen: list[str] = []
    waiting = list(FEEDS[job_name])
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.append(name)
            waiting += FEEDS[name]
    return tuple(name for name in FEEDS if name in seen)


def concerns(pause: PauseRow, job_name: str, hotel_id: int | None) -> bool:
    return pause.job_name == job_name and pause.hotel_id in (None, hotel_id)


def left_out(pause: PauseRow, jobs: Iterable[tuple[TimedJob, JobHotel]], now: datetime) -> int:
    """How often what pauses was due meanwhile, in all hotels that it concerns."""
    until = pause.resumed_at or now
    return sum(
        len(due_times(job, hotel, pause.paused_at, until)) for job, hotel in jobs if concerns(pause, job.name, hotel.id)
    )


def _untimely(
    job: TimedJob, hotel: JobHotel, due: list[datetime], runs: list[DayRun], now: datetime
) -> list[Noticed]:  # fmt: skip
    """Times at which nothing began, and those at which it began late."""
    found, grace = [], late_after(job.cadence)
    starts = [run.started_at for run in runs]
    for at in due:
        before = bisect_right(starts, at)
        is_at_work = any(_is_at_work(run, at) for run in runs[:before])
        first = runs[before] if before < len(runs) else None
        begins_in_time = first is not None and first.started_at < job.cadence.first_after(at, hotel.time_zone)
        if is_at_work or at in starts:
            continue
        if first is None or not begins_in_time:
            if now - at > grace:
                found.append(Noticed("missed", job.name, hotel.id, 1, at, at))
        elif first.trigger == "schedule" and first.started_at - at > grace:
            found.append(Noticed("late", job.name, hotel.id, 1, first.started_at, first.started_at, first.id))
    return found


def _is_at_work(run: DayRun, at: datetime) -> bool:
    return run.finished_at is None or run.finished_at > at


def _is_paused(pauses: Sequence[PauseRow], at: datetime) -> bool:
    return any(pause.paused_at <= at and (pause.resumed_at is None or at < pause.resumed_at) for pause in pauses)


def _odd(run: DayRun, usual: Usual | None) -> str | None:
    if usual is None or usual.runs < MIN_RUNS or run.state != "succeeded" or run.finished_at is None:
        return None
    if run.rows_out == 0 and usual.median_rows and (usual.filled_ratio or 0) >= FILLED_RATIO:
        return "empty"
    seconds = (run.finished_at - run.started_at).total_seconds()
    is_fast = usual.median_seconds >= SHORTEST_SECONDS and seconds < usual.median_seconds * FAST_RATIO
    is_small = usual.median_rows is not None and (run.rows_out or 0) < usual.median_rows * FEW_ROWS_RATIO
    return "too_fast" if is_fast and is_small else None


def _together(found: Iterable[Noticed]) -> list[Noticed]:
    """One line for each kind, job and hotel."""
    lines: dict[tuple[str, str, int | None], Noticed] = {}
    for one in found:
        key = (one.kind, one.job_name, one.hotel_id)
        known = lines.get(key)
        lines[key] = one if known is None else replace(
            known, count=known.count + 1, last_at=one.last_at, run_id=one.run_id
        )  # fmt: skip
    return list(lines.values())
