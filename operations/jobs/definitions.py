"""The job table (SPEC P8): which jobs there are, when each is due, how long it may take, what it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from core.stage import Progress, StageReport
from db.queries.claims import KEEPER_JOBS
from db.queries.job_rows import RunRow

# (hotel_id, at, progress) → what was done; without a hotel for jobs of the installation
JobFunction = Callable[[int | None, datetime, Progress], StageReport]
AskedWork = Callable[[RunRow, Progress], StageReport]  # for jobs that must know who asked for what
JobWork = Callable[[Scope, int, datetime, Progress], StageReport]
InstallationWork = Callable[[Scope, datetime, Progress], StageReport]
JOB_NAMES = (
    "sample_feed", "collect", "features", "detect", "learn", "train", "evaluate", "renew", "forecast",
    "examine_models", "measure_models", "model_cleanup", "data_cleanup", "metric_verification", "compare",
    "search_thresholds",
)  # fmt: skip
ARCHIVE_JOB_NAMES = ("archive_bring", "archive_return")  # asked for with their arguments, on the page Archive
INSTALLATION_JOB_NAMES = ("installation_cleanup", "audit_verification")
KEEPER_JOB_NAMES = KEEPER_JOBS  # of the keeper, not of the sidecar
# What somebody needs besides ``jobs.run`` to touch such a run: as much as for asking for it.
NEEDED = {
    "backup": "backups.write", "backup_proof": "backups.write", "restore": "backups.restore",
    "restore_undo": "backups.restore", "parts_preview": "backups.restore", "parts_restore": "backups.restore",
    "archive_bring": "archive.write", "archive_return": "archive.write",
}  # fmt: skip
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # cron's 0–7; APScheduler counts from Monday


@dataclass(frozen=True)
class Every:
    """Due at every multiple of some minutes, the same grid in every time zone."""

    minutes: int

    def first_after(self, instant: datetime, time_zone: str) -> datetime:
        step = timedelta(minutes=self.minutes).total_seconds()
        return datetime.fromtimestamp((instant.timestamp() // step + 1) * step, UTC)


@dataclass(frozen=True)
class Cron:
    """Due when a cron line says so in the hotel's time zone."""

    line: str

    def __post_init__(self) -> None:
        cron_trigger(self.line, ZoneInfo("UTC"))  # a wrong line is told at the start, not at midnight

    def first_after(self, instant: datetime, time_zone: str) -> datetime:
        zone = ZoneInfo(time_zone)
        trigger = cron_trigger(self.line, zone)
        at_fixed_hours = not self.line.split()[1].startswith("*")
        fire = instant
        while True:
            found = trigger.get_next_fire_time(None, (fire + timedelta(microseconds=1)).astimezone(zone))
            if found is None:
                raise AppError("schedule_wrong", 500, params={"schedule": self.line, "reason": "never"})
            fire = datetime.fromtimestamp(found.timestamp(), UTC)
            # In autumn an hour comes twice; a job at a fixed hour runs in the first of them.
            if not (at_fixed_hours and fire.astimezone(zone).fold):
                return fire


@dataclass(frozen=True)
class TimedJob:
    """When a job is due and how long one run may take; known without importing what it runs."""

    name: str
    cadence: Every | Cron
    timeout_seconds: int
    only_simulated: bool = False
    of_installation: bool = False  # once for all hotels, and where there is none


@dataclass(frozen=True)
class JobDefinition:
    """What a run of a job calls; known only in the process that runs it.

    ``run_asked``: in place of ``run``, for what only makes sense as somebody asked for it.
    """

    name: str
    run: JobFunction | None = None
    run_asked: AskedWork | None = None


def of_hotel(work: JobWork) -> JobFunction:
    """A job acts for nobody in particular: for the installation itself."""

    def run(hotel_id: int | None, at: datetime, progress: Progress) -> StageReport:
        if hotel_id is None:
            raise AppError("hotel_wanted", params={"known": "–"})
        return work(SYSTEM, hotel_id, at, progress)

    return run


def of_installation(work: InstallationWork) -> JobFunction:
    return lambda _, at, progress: work(SYSTEM, at, progress)


def defined(of_hotels: dict[str, JobWork], own: dict[str, InstallationWork]) -> tuple[JobDefinition, ...]:
    """Jobs of hotels and of the installation by their names."""
    return (
        *(JobDefinition(name, of_hotel(work)) for name, work in of_hotels.items()),
        *(JobDefinition(name, of_installation(work)) for name, work in own.items()),
    )


def timed_jobs(settings: Settings) -> tuple[TimedJob, ...]:
    """The job table in the order in which jobs that are due together run.

    When the pipeline is switched off, the installation still looks after itself.
    """
    limit = settings.job_timeout_seconds
    own = (
        TimedJob("installation_cleanup", Cron(settings.data_cleanup_schedule), limit, of_installation=True),
        TimedJob("audit_verification", Cron(settings.audit_verification_schedule), limit, of_installation=True),
    )
    if not settings.ml_enabled:
        return own
    return (
        TimedJob("sample_feed", Every(settings.collection_minutes), limit, only_simulated=True),
        TimedJob("collect", Every(settings.collection_minutes), limit),
        TimedJob("features", Every(settings.feature_minutes), limit),
        TimedJob("detect", Every(settings.detection_minutes), limit),
        TimedJob("learn", Cron(settings.training_schedule), limit),
        TimedJob("train", Cron(settings.training_schedule), limit),
        TimedJob("evaluate", Cron(settings.training_schedule), limit),
        TimedJob("renew", Cron(settings.training_schedule), limit),
        TimedJob("forecast", Cron(settings.training_schedule), limit),
        TimedJob("examine_models", Cron(settings.training_schedule), limit),
        TimedJob("measure_models", Cron(settings.model_cleanup_schedule), limit),
        TimedJob("model_cleanup", Cron(settings.model_cleanup_schedule), limit),
        TimedJob("data_cleanup", Cron(settings.data_cleanup_schedule), limit),
        TimedJob("metric_verification", Cron(settings.metric_verification_schedule), limit),
        TimedJob("compare", Cron(settings.comparison_schedule), limit),
        TimedJob("search_thresholds", Cron(settings.search_schedule), limit),
        *own,
    )


def keeper_jobs(settings: Settings) -> tuple[TimedJob, ...]:
    """What the keeper does by itself."""
    limit = settings.backup_timeout_seconds
    return (TimedJob("backup", Cron(settings.backup_schedule), limit, of_installation=True),)


def cron_trigger(line: str, zone: ZoneInfo) -> CronTrigger:
    """The trigger of a five-field cron line; raises ``schedule_wrong`` naming the line."""
    fields = line.split()
    try:
        minute, hour, day, month, weekday = fields
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=weekday_names(weekday), timezone=zone
        )
    except ValueError as error:
        raise AppError("schedule_wrong", 500, params={"schedule": line, "reason": str(error)}) from error


def weekday_names(field: str) -> str:
    """Cron's weekday numbers (0 and 7 are Sunday) as names, since APScheduler numbers the week from Monday."""
    names: list[str] = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if not first.isdigit():
            names.append(part)
            continue
        end = int(last) if last else (6 if step else int(first))
        if not int(first) <= end < len(WEEKDAYS):
            raise ValueError(f"no such weekday: {part}")
        names += [WEEKDAYS[number] for number in range(int(first), end + 1, int(step or 1))]
    return ",".join(names)


def require_past(arguments: dict[str, Any] | None, now: datetime) -> None:
    """A run as of an instant that has not come would clean up and learn what has not happened: ``run_in_future``."""
    wanted = (arguments or {}).get("at")
    if wanted is not None and datetime.fromisoformat(wanted) > now:
        raise AppError("run_in_future", params={"at": wanted})
