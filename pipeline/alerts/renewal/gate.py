"""The gate of a renewal: planted days first, then the difference in alerts and what verdicts say of it (SPEC P11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from core.errors import AppError
from core.settings import Settings
from db.queries import scores as score_queries
from db.queries import thresholds as threshold_queries
from db.queries import verdicts as verdict_queries
from db.queries.features import read_features
from db.queries.metrics import read_metrics
from db.queries.models import ModelRow
from pipeline.alerts.renewal.rules import promotion
from pipeline.detection.contract import Context, Family
from pipeline.detection.detectors import JUDGES
from pipeline.detection.handover import decided
from pipeline.detection.thresholds.candidates import candidates_of, counts_of
from pipeline.detection.thresholds.history import Truth
from pipeline.detection.thresholds.replay import Comparison, compare_models
from pipeline.detection.thresholds.settings import DetectionSettings
from pipeline.detection.thresholds.versions import effective
from pipeline.metrics.metric_type import MetricType
from pipeline.models.service import ModelManager
from pipeline.training.fitting import CHANNELS, Fitted
from pipeline.training.promotion import PlantedGate, Promotion

COMPARED = timedelta(days=30)
KEYS = ["entity_id", "timestamp"]


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
        estimators = (champion if _votes(in_use.parameters) else None, _voting(fitted))
        comparison = self._compare(connection, hotel_id, metric, estimators)
        return promotion(comparison, self.settings.alert_budget_per_day)

    def _compare(
        self, connection: Any, hotel_id: int, metric: MetricType, estimators: Sequence[Any | None]
    ) -> Comparison:
        """Both models over the same last days. The new one has seen them in its fit: a little in its favour, and
        the reason why precision and confirmed anomalies, not its own scores, decide."""
        time_zone = score_queries.hotel_time_zone(connection, hotel_id)
        since = self.at - COMPARED
        lookback = timedelta(days=JUDGES[metric.name].lookback_days + 1)
        rows = read_metrics(connection, hotel_id, metric.name, since - lookback, self.at)
        features = read_features(connection, hotel_id, metric.name, since, self.at)
        active = threshold_queries.active(connection, hotel_id)
        settings = effective(active, hotel_id, metric.name, self.settings.alert_budget_per_day)
        found, counts = [], pd.DataFrame()
        for estimator in estimators:
            context = Context(
                time_zone, metric.alert_type, self.settings.min_data_points, metric.effect_gate_ratio, hotel_id,
                _channel(estimator, features),
            )  # fmt: skip
            families = JUDGES[metric.name].detect(rows, context).families
            found.append(_candidates(families, settings, metric.name, since))
            counts = counts_of(families).assign(metric_type=metric.name)
        judged = verdict_queries.judged(connection, hotel_id, since, self.at)
        labels = score_queries.planted_anomalies(connection, hotel_id)
        mine = labels[(labels["metric_type"] == metric.name).to_numpy()]
        truth = Truth(judged[judged["metric_type"] == metric.name], None, mine if len(mine) else None)
        return compare_models(found[0], found[1], counts, {metric.name: settings}, truth)


def _candidates(
    families: Sequence[Family], settings: DetectionSettings, metric_type: str, since: datetime
) -> pd.DataFrame:
    found = candidates_of(decided(families, settings)).assign(metric_type=metric_type)
    return found[(found["timestamp"] > pd.Timestamp(since)).to_numpy(dtype=bool)].reset_index(drop=True)


def _channel(estimator: Any | None, features: pd.DataFrame) -> pd.DataFrame | None:
    if estimator is None or features.empty:
        return None
    return features[KEYS].assign(channel=estimator.evidence(features), model_id=0)


def _votes(parameters: dict[str, Any] | None) -> bool:
    return bool((parameters or {}).get("votes", True))


def _voting(fitted: Fitted) -> Any | None:
    return fitted.estimator if _votes(fitted.parameters) else None


def _speaks(fitted: Fitted, in_use: ModelRow) -> bool:
    """Whether either model gives evidence of rows at all."""
    return in_use.model_type in CHANNELS and (_votes(fitted.parameters) or _votes(in_use.parameters))
