"""Watches the model files: fallbacks to the Z-Score and a full disk become alerts like any other (SPEC B3, B9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.scope import Scope
from core.settings import Settings
from core.stage import StageReport
from db.queries import model_loads, premises
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult, Reason
from pipeline.models.model_files import ModelFolder
from pipeline.models.retention import DISK_FULL_RATIO

CRITICAL_RATIO = 0.5  # of the loads fell back
SPARE = timedelta(minutes=5)
UNUSABLE, FULL = "model_kullanilamiyor", "model_disk_dolu"
FALLBACK_METRIC, DISK_METRIC = "model_yedek_oran", "model_disk_oran"


@dataclass(frozen=True)
class ModelWatch:
    """Looks after each detection and training at what happened since the one before."""

    database: Database
    folder: ModelFolder
    alerts: AlertService
    settings: Settings
    clock: Clock

    def watch(self, scope: Scope, hotel_id: int) -> StageReport:
        """Open, update or close the hotel's alerts about its model files; without any load nothing is said of them."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        now = self.clock.now()
        since = now - timedelta(minutes=self.settings.detection_minutes) - SPARE
        with self.database.transaction() as connection:
            loads, failed = model_loads.load_counts(connection, hotel_id, since, now + timedelta(seconds=1))
            findings = [unusable(loads, failed)] if loads else []
            if hotel_id == min(hotel.id for hotel in premises.hotels(connection)):  # the disk is that of all hotels
                was_full = model_loads.was_disk_full(connection, since)
                findings.append(disk(self.folder.disk_ratio(), was_full=was_full))
            results = [finding.result(hotel_id, since, now) for finding in findings]
            changed = sum(self.alerts.apply(connection, result) for result in results)
        return StageReport(details={"model_loads": loads, "fallbacks": failed, "machine_alerts": changed})


@dataclass(frozen=True)
class Finding:
    """A figure and its limit; an alert while ``is_bad``, else the sign that it is over."""

    alert_type: str
    metric_type: str
    value: float
    limit: float
    severity: str
    reason: Reason
    is_bad: bool

    def result(self, hotel_id: int, since: datetime, now: datetime) -> DetectionResult:
        if not self.is_bad:
            normal = frozenset({(self.alert_type, "hotel", hotel_id)})
            return DetectionResult(hotel_id, self.metric_type, now, (), normal)
        anomaly = Anomaly(
            self.alert_type, self.metric_type, "hotel", hotel_id, since, now, self.value, expected=self.limit,
            lower=0.0, upper=self.limit, deviation_ratio=self.value - self.limit, score=0.0, severity=self.severity,
            reasons=(self.reason,), context_signature=self.alert_type,
        )  # fmt: skip
        return DetectionResult(hotel_id, self.metric_type, now, (anomaly,), frozenset())


def unusable(loads: int, failed: int) -> Finding:
    """More than half of the loads fell back: critical; fewer: worth knowing, since a training was asked for."""
    ratio = failed / loads
    severity = "kritik" if ratio > CRITICAL_RATIO else "dusuk"
    reason = Reason("reason.model_loads", {"failed": failed, "loads": loads})
    return Finding(UNUSABLE, FALLBACK_METRIC, ratio, 0.0, severity, reason, failed > 0)


def disk(used: float, *, was_full: bool) -> Finding:
    """Nine tenths of the disk used, or a file that found no room: the clean-up ran, people must make room."""
    reason = Reason("reason.model_disk_refused" if was_full else "reason.model_disk")
    severity = "kritik" if was_full else "yuksek"
    return Finding(FULL, DISK_METRIC, used, DISK_FULL_RATIO, severity, reason, was_full or used >= DISK_FULL_RATIO)
