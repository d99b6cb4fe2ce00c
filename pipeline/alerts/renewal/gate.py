"""The gate of a renewal: planted days first, then the difference in alerts and what verdicts say of it (SPEC P11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.errors import AppError
from core.settings import Settings
from db.queries import scores as score_queries
from db.queries import verdicts as verdict_queries
from db.queries.models import ModelRow
from pipeline.alerts.renewal.comparing import compared, hotel_past
from pipeline.alerts.renewal.rules import promotion
from pipeline.detection.detectors import JUDGES
from pipeline.detection.thresholds.history import Truth
from pipeline.detection.thresholds.replay import Comparison
from pipeline.metrics.metric_type import MetricType
from pipeline.models.service import ModelManager
from pipeline.training.fitting import CHANNELS, Fitted
from pipeline.training.promotion import PlantedGate, Promotion
from pipeline.training.voting import votes

COMPARED = timedelta(days=30)


@dataclass(frozen=True)
class AlertGate:
    """Asked by training. A model without a vote changes no alert, so planted days decide about it alone."""

    models: ModelManager
    settings: Settings
    at: datetime

    def decide(
        self, connection: Any, hotel_id: int, metric: MetricType, fitted: Fitted, in_use: ModelRow | None
    ) -> Promotion:
        planted = PlantedGate().decide(connection, hotel_id, metric, fitted, in_use)
        if not planted.is_promoted or in_use is None or not _speaks(fitted, in_use) or metric.name not in JUDGES:
            return planted
        try:
            champion = self.models.load_model_from_file(in_use)
        except AppError as error:
            return Promotion(True, "in_use_unusable", {"reason": error.code})
        estimators = (champion if votes(in_use.parameters) else None, _voting(fitted))
        comparison = self._compare(connection, hotel_id, metric, estimators)
        return promotion(comparison, self.settings.alert_budget_per_day)

    def _compare(
        self, connection: Any, hotel_id: int, metric: MetricType, estimators: Sequence[Any | None]
    ) -> Comparison:
        """Both models over the same last days. The new one has seen them in its fit: a little in its favour, and
        the reason why precision and confirmed anomalies, not its own scores, decide."""
        past = hotel_past(connection, hotel_id, metric, self.at - COMPARED, self.at)
        judged = verdict_queries.judged(connection, hotel_id, past.since, self.at)
        labels = score_queries.planted_anomalies(connection, hotel_id)
        mine = labels[(labels["metric_type"] == metric.name).to_numpy()]
        truth = Truth(judged[judged["metric_type"] == metric.name], None, mine if len(mine) else None)
        return compared(connection, self.settings, past, estimators, truth)


def _voting(fitted: Fitted) -> Any | None:
    return fitted.estimator if votes(fitted.parameters) else None


def _speaks(fitted: Fitted, in_use: ModelRow) -> bool:
    """Whether either model gives evidence of rows at all."""
    return in_use.model_type in CHANNELS and (votes(fitted.parameters) or votes(in_use.parameters))
