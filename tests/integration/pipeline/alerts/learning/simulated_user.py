"""A user who looks at every alert of a planted hotel once a day and says, nearly always rightly, what it was."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries import scores as score_queries
from db.session import Database
from pipeline.alerts.learning.service import LearningService
from pipeline.alerts.service import AlertFilters, AlertRow, AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult
from pipeline.detection.evaluation.measures import match
from pipeline.detection.service import DetectionService
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from sources.simulation.anomalies import USUAL_RATES, PlantPlan
from sources.simulation.service import SimulationService

DAY = timedelta(days=1)
FORECAST = "stok_bitis_tahmini"  # that something will run out is a fact that nobody planted
EVERYTHING = AlertFilters(states=("all",))


@dataclass
class SimulatedUser:
    """Wrong in ``error_ratio`` of the verdicts, at random."""

    error_ratio: float = 0.05
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def verdict(self, is_true: bool) -> str:
        said = is_true != (self.random.random() < self.error_ratio)
        return "dogru" if said else "yanlis_pozitif"


@dataclass(frozen=True)
class Life:
    """A hotel with planted anomalies, lived through day by day."""

    database: Database
    clock: FixedClock
    settings: Settings
    hotel_id: int

    @property
    def alerts(self) -> AlertService:
        return AlertService(self.database, self.clock)

    @property
    def thresholds(self) -> ThresholdService:
        return ThresholdService(self.database, self.clock, self.settings)

    @property
    def learning(self) -> LearningService:
        return LearningService(self.database, self.clock, self.settings, self.thresholds)

    def live(self, first: datetime, days: int, user: SimulatedUser, learns: bool = True) -> pd.DataFrame:
        """One row a judged alert: day (0 …), is_true, verdict, metric_type. ``learns=False`` is the control.

        Detection has scored the whole time already (a score depends on the past only); each day is decided anew, by
        the settings that were in force on it, and handed to the alerts.
        """
        with self.database.reading() as connection:
            labels = score_queries.planted_anomalies(connection, self.hotel_id)
        judged = []
        for day in range(days):
            self.clock.at = first + day * DAY
            self._raise(self.clock.at.date())
            new = [row for row in self.alerts.board(SYSTEM, EVERYTHING, 1000).rows if row.raised_at == self.clock.at]
            for row, is_true in zip(new, truths(new, labels), strict=True):
                verdict = user.verdict(is_true)
                judged.append((day, row.id, row.metric_type, is_true, verdict))
                if learns:
                    self.alerts.triage.judge(SYSTEM, [row.id], verdict)
            if learns:
                self.learning.learn(SYSTEM, self.hotel_id, self.clock.at)
        return pd.DataFrame(judged, columns=["day", "id", "metric_type", "is_true", "verdict"])

    def _raise(self, on: date) -> None:
        """What the settings in force alert on that local day, given to the alerts as detection gives it."""
        decided = self.thresholds.replay(SYSTEM, [self.hotel_id], on, on).decided
        alerting = decided[decided["alert"].to_numpy(dtype=bool) & (decided["metric_type"] != FORECAST).to_numpy()]
        for metric_type, rows in alerting.groupby("metric_type"):
            anomalies = tuple(anomaly_of(str(metric_type), row) for row in rows.to_dict("records"))
            result = DetectionResult(self.hotel_id, str(metric_type), self.clock.at, anomalies, frozenset())
            with self.database.transaction() as connection:
                self.alerts.apply(connection, result)


def anomaly_of(metric_type: str, row: dict[Any, Any]) -> Anomaly:
    """A stored candidate as detection hands it over."""
    places = {name: int(row[name]) for name in ("room_id", "product_id", "staff_id") if row[name] == row[name]}
    figures = {name: float(row[name]) for name in ("value", "expected", "lower", "upper", "deviation_ratio", "score")}
    return Anomaly(
        alert_type=row["alert_type"], metric_type=metric_type, entity_type=row["entity_type"],
        entity_id=int(row["entity_id"]), interval_start=row["interval_start"].to_pydatetime(),
        timestamp=row["timestamp"].to_pydatetime(), severity="orta", context_signature=row["context_signature"],
        **figures, **places,
    )  # fmt: skip


class Nobody:
    """Takes anomalies and does nothing."""

    def apply(self, connection: Any, result: DetectionResult) -> int:
        return 0


def truths(alerts: list[AlertRow], labels: pd.DataFrame) -> list[bool]:
    """Whether each alert speaks of something planted."""
    if not alerts:
        return []
    frame = pd.DataFrame([vars(row) for row in alerts]).assign(
        interval_start=[row.started_at for row in alerts], timestamp=[row.last_seen_at for row in alerts]
    )
    for name in ("room_id", "product_id", "staff_id"):
        frame[name] = frame[name].astype(float)
    of_room = frame["entity_type"].isin(["room", "minibar_slot"])
    frame["staff_id"] = np.where(of_room, np.nan, frame["staff_id"])
    for name in ("interval_start", "timestamp"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return [bool(hit >= 0) for hit in match(frame, labels)]


def planted_life(
    database: Database, clock: FixedClock, settings: Settings, until: datetime, *, rooms: int, days: int, seed: int
) -> Life:
    """A simulated hotel with many anomalies, collected, described and scored up to ``until``."""
    rates = {kind: 8 * rate for kind, rate in USUAL_RATES.items()}
    [hotel_id] = SimulationService(database).create(
        SYSTEM, 1, rooms, days, seed=seed, until=until, plant=PlantPlan(rates, first_day=28)
    )
    MetricsService(database).collect(SYSTEM, hotel_id, until)
    models = ModelManager(database, settings, clock)
    DetectionService(database, models, settings, Nobody()).detect(SYSTEM, hotel_id, until)
    return Life(database, clock, settings, hotel_id)
