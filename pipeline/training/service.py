"""Training as a stage: rows before an instant in, models as files and a log line of every attempt out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import models as model_queries
from db.queries import scores as score_queries
from db.queries.features import read_features
from db.queries.metrics import read_consumption, read_metrics
from db.queries.models import ModelRow
from db.queries.versions import bump
from db.session import Database
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.models.service import ModelManager, TrainedModel
from pipeline.training.fitting import FITS, Fitted
from pipeline.training.follow_up import FOLLOW_UPS

WINDOW = timedelta(days=60)
log = logger(__name__)


@dataclass(frozen=True)
class TrainingService:
    """Fits every model of a hotel on the 60 days before an instant; nothing at or after it is seen."""

    database: Database
    models: ModelManager
    settings: Settings

    def train(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """One attempt a metric and model type. Trained as of the same instant before: nothing to do."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            time_zone = score_queries.hotel_time_zone(connection, hotel_id)
        plan = [(metric, kind) for metric in METRIC_TYPES.values() for kind in metric.model_types]
        total = StageReport()
        for position, (metric, kind) in enumerate(plan):
            progress(position / len(plan), metric.name_key)
            total += self._attempt(hotel_id, time_zone, metric, kind, at)
        progress(1.0, "stage.done")
        return total

    def _attempt(self, hotel_id: int, time_zone: str, metric: MetricType, kind: str, at: datetime) -> StageReport:
        """Fit, save, switch and log; a failure is logged and shown, and leaves the active model alone."""
        started_at = self.models.clock.now()
        with self.database.reading() as connection:
            if model_queries.trained_until(connection, hotel_id, metric.name, kind) == at:
                return StageReport()
            rows = self._rows(connection, hotel_id, metric, kind, at)
            in_use = self.models.usable_models(connection, hotel_id, metric.name, kind)[:1]
        attempt = {"hotel_id": hotel_id, "metric_type": metric.name, "model_type": kind, "started_at": started_at}
        label = f"{metric.name}.{kind}"
        if rows["timestamp"].nunique() < self.settings.min_data_points:
            self._log(attempt, {"status": "not_enough_data", "row_count": len(rows)})
            return StageReport(len(rows), 0, {label: "not_enough_data"})
        try:
            fitted = FITS[kind](rows, time_zone)
            for row in in_use:
                fitted.metrics["in_use"] = self._follow_up(row, rows, time_zone)
            self._save(attempt, fitted, rows, at)
        except (ValueError, OSError) as error:
            log.exception("training_failed", **{key: str(value) for key, value in attempt.items()})
            self._log(
                attempt, {"status": "failed", "row_count": len(rows), "error": f"{type(error).__name__}: {error}"}
            )
            return StageReport(len(rows), 0, {label: "failed"})
        return StageReport(len(rows), 1, {label: "success"})

    def _follow_up(self, row: ModelRow, rows: pd.DataFrame, time_zone: str) -> dict[str, Any]:
        """How the model in use did on the rows after its training; why not, when its file cannot be used."""
        newer = rows[rows["timestamp"] > pd.Timestamp(row.trained_until or row.trained_at)]
        figures: dict[str, Any] = {"model_id": row.id, "rows": len(newer)}
        if newer.empty:
            return figures
        try:
            model = self.models.load_model_from_file(row)
        except AppError as error:
            log.warning("model_not_followed", model_id=row.id, reason=error.code)
            return figures | {"unusable": error.code}
        return figures | FOLLOW_UPS[row.model_type](model, newer, time_zone)

    def _rows(self, connection: Any, hotel_id: int, metric: MetricType, kind: str, at: datetime) -> pd.DataFrame:
        since = at - WINDOW
        if kind == "isolation_forest":
            return read_features(connection, hotel_id, metric.name, since, at)
        if metric.family == "count":
            return read_consumption(connection, hotel_id, since, at)
        rows = read_metrics(connection, hotel_id, metric.name, since, at)
        return rows.assign(metric_value=rows[metric.feature_value].astype(float))

    def _save(self, attempt: dict[str, Any], fitted: Fitted, rows: pd.DataFrame, at: datetime) -> None:
        model = TrainedModel(
            attempt["hotel_id"], attempt["model_type"], attempt["metric_type"], fitted.estimator,
            trained_from=rows["timestamp"].min().to_pydatetime(), trained_until=at,
            feature_names=fitted.feature_names, parameters=fitted.parameters, metrics=fitted.metrics,
        )  # fmt: skip
        done = {"status": "success", "row_count": fitted.rows, "series_count": fitted.series, "metrics": fitted.metrics}
        with self.database.transaction() as connection:
            model_id = self.models.save_model_to_file(connection, model)
            finished = {"finished_at": self.models.clock.now(), "model_id": model_id}
            model_queries.log_training(connection, attempt | done | finished)
            bump(connection, attempt["hotel_id"], "models")

    def _log(self, attempt: dict[str, Any], outcome: dict[str, Any]) -> None:
        with self.database.transaction() as connection:
            model_queries.log_training(connection, attempt | outcome | {"finished_at": self.models.clock.now()})
