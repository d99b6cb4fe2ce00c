"""Models as people judge them: what is in use, how right it was, how it was trained, how often it was asked (C6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from core.clock import Clock
from core.scope import Scope
from db.queries import evaluations as evaluation_queries
from db.queries import model_performance as queries
from db.queries import models as model_queries
from db.queries.evaluations import EvaluationRow
from db.queries.model_performance import Predictions, TrainingRow
from db.queries.models import ModelRow
from db.session import Database
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.training.voting import votes

__all__ = ["History", "InUse", "MetricPerformance", "ModelPerformance", "ModelPerformanceService", "TrainingRow"]

DAY = timedelta(days=1)
FLOOR = 0.80  # SPEC C6: figures below it are highlighted
HISTORY = timedelta(days=180)
SOURCES = ("verdicts", "planted")


@dataclass(frozen=True)
class InUse:
    """The version of a kind that detection uses. ``votes``: it speaks beside the Z-Score."""

    model_id: int
    model_type: str
    trained_until: datetime
    votes: bool


@dataclass(frozen=True)
class MetricPerformance:
    """One metric type. ``measured``: its newest evaluation by source; a source that measured nothing is missing."""

    metric_type: str
    in_use: tuple[InUse, ...]
    measured: Mapping[str, EvaluationRow]
    predictions: Predictions


@dataclass(frozen=True)
class ModelPerformance:
    """A hotel's metric types that have a model or were judged. ``seconds_per_prediction``: of 24 hours, or None."""

    metrics: tuple[MetricPerformance, ...]
    seconds_per_prediction: float | None
    trained_at: datetime | None  # the newest training of a version in use

    @property
    def predictions(self) -> Predictions:
        rows = [one.predictions for one in self.metrics]
        return Predictions(sum(one.rows for one in rows), sum(one.by_model for one in rows))


@dataclass(frozen=True)
class History:
    """What was measured of a metric type, oldest first, and when which version was taken into use."""

    evaluations: list[EvaluationRow]
    activations: list[tuple[datetime, int]] = field(default_factory=list)

    def frame(self, source: str) -> pd.DataFrame:
        """measured_at, precision, low, high (of its 95 % interval), recall: what one source measured; may be empty."""
        rows = [(row, (row.intervals or {}).get("precision") or (None, None)) for row in self.evaluations]
        points = [
            (row.measured_at, row.precision, low, high, row.recall) for row, (low, high) in rows if row.source == source
        ]
        return pd.DataFrame(points, columns=["measured_at", "precision", "low", "high", "recall"])


@dataclass(frozen=True)
class ModelPerformanceService:
    """Reads only; figures come from verdicts, planted anomalies and rows that were judged."""

    database: Database
    clock: Clock

    def performance(self, scope: Scope, hotel_id: int) -> ModelPerformance:
        """What is in use and how right it was, by metric type in the registry's order."""
        scope.require("models.read")
        scope.require_hotel(hotel_id)
        now = self.clock.now()
        with self.database.reading() as connection:
            rows = [row for row in model_queries.list_models(connection, hotel_id) if row.is_active]
            measured = evaluation_queries.latest(connection, [hotel_id])
            asked = queries.predictions(connection, hotel_id, now - DAY, now)
            seconds = queries.seconds_per_prediction(connection, hotel_id, now - DAY)
        metrics = [_metric(name, rows, measured, asked) for name in METRIC_TYPES]
        known = tuple(one for one in metrics if one.in_use or one.measured or one.predictions.rows)
        return ModelPerformance(known, seconds, max((row.trained_at for row in rows), default=None))

    def history(self, scope: Scope, hotel_id: int, metric_type: str) -> History:
        """The last 180 days of one metric type."""
        scope.require("models.read")
        scope.require_hotel(hotel_id)
        since = self.clock.now() - HISTORY
        with self.database.reading() as connection:
            found = evaluation_queries.history(connection, hotel_id, metric_type, since)
            lines = model_queries.activations(connection, hotel_id, 500)
        begun = {(line["active_from"], line["model_id"]) for line in lines if line["metric_type"] == metric_type}
        return History(found, sorted(one for one in begun if one[0] >= since))

    def trainings(
        self, scope: Scope, hotel_id: int, limit: int = 60, before_id: int | None = None
    ) -> list[TrainingRow]:
        """What training did lately and why, newest first; ``before_id``: the last one of the page before."""
        scope.require("models.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return queries.trainings(connection, hotel_id, limit, before_id)


def _metric(
    name: str, rows: list[ModelRow], measured: list[EvaluationRow], asked: Mapping[str, Predictions]
) -> MetricPerformance:
    mine = sorted((row for row in rows if row.metric_type == name), key=lambda row: row.model_type)
    used = tuple(
        InUse(row.id, row.model_type, row.trained_until or row.trained_at, votes(row.parameters)) for row in mine
    )
    figures = {row.source: row for row in measured if row.metric_type == name}
    return MetricPerformance(name, used, figures, asked.get(name, Predictions(0, 0)))
