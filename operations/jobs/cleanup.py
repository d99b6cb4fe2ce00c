"""The data clean-up job (SPEC P8): old rows go, in small transactions that nobody waits for."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import cleanup as queries
from db.queries import versions
from db.session import Database
from operations.archive.archiving import Archiving

CHUNK_ROWS = 20_000
TOPICS = ("features", "scores", "alerts")  # kinds that screens show


@dataclass(frozen=True)
class Retention:
    """Days after which rows of each kind are deleted; the defaults are the specification's."""

    features: int = 90
    alerts: int = 30
    training_logs: int = 180
    job_runs: int = 90
    candidates: int = 90
    test_counts: int = 90
    model_loads: int = 90
    model_cache: int = 90
    forecasts: int = 90
    backtests: int = 180
    evaluations: int = 180
    model_comparisons: int = 180
    metric_findings: int = 180
    archive_holds: int = 180

    @classmethod
    def of(cls, settings: Settings) -> "Retention":
        return cls(
            settings.feature_days, settings.alert_days,
            settings.training_log_days, settings.job_run_days, settings.metric_days, settings.metric_days,
            settings.metric_days, settings.metric_days, settings.metric_days, settings.training_log_days,
            settings.training_log_days, settings.training_log_days, settings.training_log_days,
            settings.training_log_days,
        )  # fmt: skip


@dataclass(frozen=True)
class InstallationRetention:
    """The same for rows that belong to no hotel; what ended stays a while, so that a replay is still recognised."""

    installation_runs: int = 90
    request_minutes: int = 2  # the hours that they lie in stay
    requests: int = 30
    recent_requests: int = 30
    sessions: int = 14
    user_links: int = 30
    attempts: int = 1
    token_families: int = 7
    denied_tokens: int = 7
    token_attempts: int = 7
    redis_samples: int = 14
    profiles: int = 90
    process_memory: int = 30
    cache_counts: int = 30
    statement_log: int = 7
    lock_episodes: int = 30
    statement_plans: int = 180
    statement_rollups: int = 90
    statement_texts: int = 92  # after their last hour, which may be a day later than they say

    @classmethod
    def of(cls, settings: Settings) -> "InstallationRetention":
        return cls(settings.job_run_days)


@dataclass(frozen=True)
class CleanupService:
    """Deletes what is older than its retention: hotel by hotel, and once what belongs to none.

    Metric rows are archived first (SPEC A7.3): one that lies in no file is never deleted.
    """

    database: Database
    archiving: Archiving
    retention: Retention = field(default_factory=Retention)
    of_installation: InstallationRetention = field(default_factory=InstallationRetention)
    chunk_rows: int = CHUNK_ROWS

    @classmethod
    def of(cls, database: Database, settings: Settings) -> "CleanupService":
        return cls(
            database, Archiving.of(database, settings), Retention.of(settings), InstallationRetention.of(settings)
        )

    def delete_old(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Rows archived and deleted by kind; a second run as of the same instant does nothing.

        Where rows cannot be archived, the other kinds are cleaned all the same, and then it raises why, like
        ``Archiving.archive_old``.
        """
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        kinds = {kind: at - timedelta(days=days) for kind, days in asdict(self.retention).items()}
        try:
            archived = self.archiving.archive_old(hotel_id, at, progress)
            kinds["scores"] = self.archiving.border(hotel_id, at)  # they leave with their metric rows
        finally:
            report = self._delete_kinds(kinds, hotel_id, progress)
        done = StageReport(archived.rows, archived.rows, {"archived": asdict(archived)})
        return done + report

    def delete_of_installation(self, scope: Scope, at: datetime, progress: Progress = silent) -> StageReport:
        """What belongs to no hotel; also where there is none."""
        scope.require("jobs.run")
        kinds = {kind: at - timedelta(days=days) for kind, days in asdict(self.of_installation).items()}
        return self._delete_kinds(kinds, None, progress)

    def _delete_kinds(self, kinds: dict[str, datetime], hotel_id: int | None, progress: Progress) -> StageReport:
        deleted = {}
        for position, (kind, cutoff) in enumerate(kinds.items()):
            progress(position / len(kinds), f"cleanup.{kind}")
            deleted[kind] = self._delete(kind, hotel_id, cutoff)
        return StageReport(sum(deleted.values()), sum(deleted.values()), {"deleted": deleted})

    def _delete(self, kind: str, hotel_id: int | None, cutoff: datetime) -> int:
        total = 0
        while True:
            with self.database.transaction() as connection:
                rows = queries.delete_old(connection, kind, hotel_id, cutoff, self.chunk_rows)
                if rows and hotel_id is not None and kind in TOPICS:
                    versions.bump(connection, hotel_id, kind)
            total += rows
            if rows < self.chunk_rows:
                return total
