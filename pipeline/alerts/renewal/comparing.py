"""Two versions of a model over the same past and under the same settings: the difference is their alerts (C6, P11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from core.clock import local_date
from core.errors import AppError
from core.settings import Settings
from db.queries import scores as score_queries
from db.queries import thresholds as threshold_queries
from db.queries.features import read_features
from db.queries.metrics import read_metrics
from pipeline.detection.contract import Context, Family
from pipeline.detection.detectors import JUDGES
from pipeline.detection.handover import decided
from pipeline.detection.thresholds.candidates import candidates_of, counts_of
from pipeline.detection.thresholds.history import Truth
from pipeline.detection.thresholds.replay import Comparison, compare_models
from pipeline.detection.thresholds.segments import Places
from pipeline.detection.thresholds.settings import DetectionSettings
from pipeline.detection.thresholds.versions import effective
from pipeline.metrics.metric_type import MetricType
from pipeline.training.voting import UNFIT

KEYS = ["entity_id", "timestamp"]


@dataclass(frozen=True)
class Past:
    """The days on which both are judged: those of one metric type of a hotel in (since, at]."""

    hotel_id: int
    metric: MetricType
    since: datetime
    at: datetime
    time_zone: str

    @property
    def period(self) -> tuple[date, date]:
        """First and last hotel-local day that lie wholly or in part in it."""
        return local_date(self.since, self.time_zone) + timedelta(days=1), local_date(self.at, self.time_zone)


def compared(
    connection: Any, settings: Settings, past: Past, estimators: Sequence[Any | None], truth: Truth
) -> Comparison:
    """Both models (None: the Z-Score speaks alone) over ``past``, under the thresholds in force.

    A model has usually seen these days in its own fit, which makes its evidence there a little too calm. Raises
    ``model_unfit`` for one that loads but cannot judge these rows.
    """
    name = past.metric.name
    lookback = timedelta(days=JUDGES[name].lookback_days + 1)
    rows = read_metrics(connection, past.hotel_id, name, past.since - lookback, past.at)
    features = read_features(connection, past.hotel_id, name, past.since, past.at)
    active = threshold_queries.active(connection, past.hotel_id)
    in_force = effective(active, past.hotel_id, name, settings.alert_budget_per_day)
    places = Places(**threshold_queries.places(connection, past.hotel_id))
    found, counts = [], pd.DataFrame()
    for estimator in estimators:
        context = Context(
            past.time_zone, past.metric.alert_type, settings.min_data_points, past.metric.effect_gate_ratio,
            past.hotel_id, _channel(estimator, features),
        )  # fmt: skip
        families = JUDGES[name].detect(rows, context).families
        found.append(_candidates(families, in_force, name, past.since))
        counts = counts_of(families).assign(metric_type=name)
    period = past.period
    return compare_models(
        found[0], found[1], counts, {name: in_force}, truth, hotel_id=past.hotel_id, period=period, places=places
    )


def hotel_past(connection: Any, hotel_id: int, metric: MetricType, since: datetime, at: datetime) -> Past:
    return Past(hotel_id, metric, since, at, score_queries.hotel_time_zone(connection, hotel_id))


def _candidates(
    families: Sequence[Family], settings: DetectionSettings, metric_type: str, since: datetime
) -> pd.DataFrame:
    found = candidates_of(decided(families, settings)).assign(metric_type=metric_type)
    return found[(found["timestamp"] > pd.Timestamp(since)).to_numpy(dtype=bool)].reset_index(drop=True)


def _channel(estimator: Any | None, features: pd.DataFrame) -> pd.DataFrame | None:
    if estimator is None or features.empty:
        return None
    try:
        return features[KEYS].assign(channel=estimator.evidence(features), model_id=0)
    except UNFIT as error:
        raise AppError("model_unfit", params={"reason": f"{type(error).__name__}: {error}"}) from error
