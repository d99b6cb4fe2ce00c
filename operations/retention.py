"""The data clean-up job (SPEC P8): old rows go, in small transactions that nobody waits for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import cleanup as queries
from db.queries import versions
from db.session import Database

CHUNK_ROWS = 20_000
TOPICS = ("metrics", "features", "scores", "alerts")  # kinds that screens show


@dataclass(frozen=True)
class Retention:
    """Days after which rows of each kind are deleted."""

    days: dict[str, int]

    @classmethod
    def of(cls, settings: Settings) -> "Retention":
        return cls(
            {
                "metrics": settings.metric_days,
                "features": settings.feature_days,
                "scores": settings.metric_days,
                "alerts": settings.alert_days,
                "training_logs": settings.training_log_days,
                "job_runs": settings.job_run_days,
            }
        )


@dataclass(frozen=True)
class RetentionService:
    """Deletes what is older than its retention, hotel by hotel."""

    database: Database
    retention: Retention
    chunk_rows: int = CHUNK_ROWS

    def clean_up(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Rows deleted by kind; a second run as of the same instant deletes nothing."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        deleted = {}
        for position, (kind, days) in enumerate(self.retention.days.items()):
            progress(position / len(self.retention.days), f"cleanup.{kind}")
            deleted[kind] = self._delete(kind, hotel_id, at - timedelta(days=days))
        return StageReport(sum(deleted.values()), sum(deleted.values()), {"deleted": deleted})

    def _delete(self, kind: str, hotel_id: int, cutoff: datetime) -> int:
        total = 0
        while True:
            with self.database.transaction() as connection:
                rows = queries.delete_old(connection, kind, hotel_id, cutoff, self.chunk_rows)
                if rows and kind in TOPICS:
                    versions.bump(connection, hotel_id, kind)
            total += rows
            if rows < self.chunk_rows:
                return total
