"""Training as a stage: rows before an instant in, models as files and a log line of every attempt out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
from db.session import Database
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.models.service import ModelManager, TrainedModel
from pipeline.training.choice import KEPT_FOR, Choice, Chooser, choose, is_due, planted_pr_auc, restored
from pipeline.training.exclusion import ConfirmedAnomalies, NothingConfirmed, without
from pipeline.training.fitting import CHANNELS, FITS, Fitted
from pipeline.training.follow_up import FOLLOW_UPS
from pipeline.training.planting import DOWN, KINDS, Residual
from pipeline.training.promotion import PlantedGate, Promotion, PromotionGate

WINDOW = timedelta(days=60)
log = logger(__name__)


@dataclass(frozen=True)
class Attempt:
    """One try to fit one model type of one metric type."""

    hotel_id: int
    time_zone: str
    metric: MetricType
    kind: str
    at: datetime
    started_at: datetime

    def logged(self) -> dict[str, Any]:
        return {
            "hotel_id": self.hotel_id, "metric_type": self.metric.name, "model_type": self.kind,
            "started_at": self.started_at,
        }  # fmt: skip


@dataclass(frozen=True)
class TrainingService:
    """Fits every model of a hotel on the 60 days before an instant; nothing at or after it is seen.

    ``residuals``: what a metric type's detector says without a model, for the choice whether one may vote.
    ``confirmed``: anomalies that people confirmed, left out of fits. ``gate``: whether a fit replaces the one in use.
    """

    database: Database
    models: ModelManager
    settings: Settings
    residuals: Mapping[str, Residual] = field(default_factory=dict)
    confirmed: ConfirmedAnomalies = field(default_factory=NothingConfirmed)
    gate: PromotionGate = field(default_factory=PlantedGate)
    chooser: Chooser = choose
    only: frozenset[str] | None = None  # metric types; None: all
    searches_anew: bool = False  # features and parameters are chosen again, whatever the model in use chose
    keeps_choices: bool = False  # a choice that a search made holds however old it is, unless the model drifted

    def train(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """One attempt a metric and model type. Trained as of the same instant before: nothing to do."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            time_zone = score_queries.hotel_time_zone(connection, hotel_id)
        wanted = [metric for metric in METRIC_TYPES.values() if self.only is None or metric.name in self.only]
        plan = [(metric, kind) for metric in wanted for kind in self._kinds(metric)]
        total = StageReport()
        for position, (metric, kind) in enumerate(plan):
            progress(position / len(plan), metric.name_key)
            total += self._attempt(Attempt(hotel_id, time_zone, metric, kind, at, self.models.clock.now()))
        progress(1.0, "stage.done")
        return total

    def _kinds(self, metric: MetricType) -> tuple[str, ...]:
        deep = self.settings.ml_deep_model and "isolation_forest" in metric.model_types
        return (*metric.model_types, "autoencoder") if deep else metric.model_types

    def _attempt(self, attempt: Attempt) -> StageReport:
        """Fit, save, switch and log; a failure is logged and shown, and leaves the active model alone."""
        hotel_id, name, at = attempt.hotel_id, attempt.metric.name, attempt.at
        with self.database.reading() as connection:
            if not self.searches_anew and model_queries.trained_until(connection, hotel_id, name, attempt.kind) == at:
                return StageReport()
            read = self._rows(connection, attempt)
            rows = without(read, self._excluded(connection, attempt))
            in_use = next(iter(self.models.usable_models(connection, hotel_id, name, attempt.kind)), None)
        label, left_out = f"{name}.{attempt.kind}", len(read) - len(rows)
        if rows["timestamp"].nunique() < self.settings.min_data_points:
            self._log(attempt, {"status": "not_enough_data", "row_count": len(rows)})
            return StageReport(len(rows), 0, {label: "not_enough_data"})
        try:
            fitted = self._fit(attempt, rows, in_use)
            fitted.metrics["rows_left_out"] = left_out
            status = self._save(attempt, fitted, rows, in_use)
        except (ValueError, OSError, AppError) as error:
            if isinstance(error, AppError) and error.code.startswith("database_"):
                raise
            log.exception("training_failed", **{key: str(value) for key, value in attempt.logged().items()})
            told = str(error) if isinstance(error, AppError) else f"{type(error).__name__}: {error}"
            self._log(attempt, {"status": "failed", "row_count": len(rows), "error": told})
            return StageReport(len(rows), 0, {label: "failed"})
        return StageReport(len(rows), 1, {label: status})

    def _fit(self, attempt: Attempt, rows: pd.DataFrame, in_use: ModelRow | None) -> Fitted:
        """The fit with its figures, and those of the model in use on the rows after its own training."""
        champion, followed = self._champion(in_use)
        if in_use is not None:
            newer = rows[rows["timestamp"] > pd.Timestamp(in_use.trained_until or in_use.trained_at)]
            followed["rows"] = len(newer)
            if champion is not None and not newer.empty:
                followed |= FOLLOW_UPS[attempt.kind](champion, newer, attempt.time_zone)
        choice = self._choice(attempt, rows, in_use, followed) if attempt.kind in CHANNELS else Choice()
        fitted = FITS[attempt.kind](rows, attempt.time_zone, choice)
        if attempt.kind in CHANNELS:
            models = [model for model in (fitted.estimator, champion) if model is not None]
            figures = planted_pr_auc(rows, attempt.time_zone, models, self._residual(attempt.metric))
            fitted.metrics["planted_pr_auc"] = figures[0]
            if champion is not None:
                followed["planted_pr_auc"] = figures[1]
        if in_use is not None:
            fitted.metrics["in_use"] = followed
        return fitted

    def _champion(self, in_use: ModelRow | None) -> tuple[Any, dict[str, Any]]:
        """The model in use, or why its file cannot be used."""
        if in_use is None:
            return None, {}
        try:
            return self.models.load_model_from_file(in_use), {"model_id": in_use.id}
        except AppError as error:
            log.warning("model_not_followed", model_id=in_use.id, reason=error.code)
            return None, {"model_id": in_use.id, "unusable": error.code}

    def _choice(
        self, attempt: Attempt, rows: pd.DataFrame, in_use: ModelRow | None, followed: dict[str, Any]
    ) -> Choice:
        """That of the model in use while it holds, or a new search. The autoencoder follows the forest's choice."""
        if attempt.kind == "autoencoder":
            with self.database.reading() as connection:
                forests = self.models.usable_models(
                    connection, attempt.hotel_id, attempt.metric.name, "isolation_forest"
                )
            document = (forests[0].parameters or {}).get("choice") if forests else None
            return restored(document) if document else Choice()
        document = (in_use.parameters or {}).get("choice") if in_use is not None else None
        kept = restored(document) if document else None
        kept_for = None if self.keeps_choices else KEPT_FOR
        due = kept is None or is_due(kept, attempt.at, followed, deep=self.settings.ml_deep_model, kept_for=kept_for)
        if kept is not None and not due and not self.searches_anew:
            return kept
        residual = self._residual(attempt.metric)
        return self.chooser(rows, attempt.time_zone, attempt.at, residual, deep=self.settings.ml_deep_model)

    def _residual(self, metric: MetricType) -> Residual:
        kinds = {
            "upper": tuple(kind for kind in KINDS if kind not in DOWN), "lower": DOWN, "both": KINDS
        }[metric.direction]  # fmt: skip
        return self.residuals.get(metric.name, Residual(kinds=kinds))

    def _rows(self, connection: Any, attempt: Attempt) -> pd.DataFrame:
        hotel_id, metric, since = attempt.hotel_id, attempt.metric, attempt.at - WINDOW
        if attempt.kind in CHANNELS:
            return read_features(connection, hotel_id, metric.name, since, attempt.at)
        if metric.family == "count":
            return read_consumption(connection, hotel_id, since, attempt.at)
        rows = read_metrics(connection, hotel_id, metric.name, since, attempt.at)
        return rows.assign(metric_value=rows[metric.feature_value].astype(float))

    def _excluded(self, connection: Any, attempt: Attempt) -> pd.DataFrame:
        """Confirmed anomalies; features of another entity than the metric's have no row of them."""
        metric = attempt.metric
        if attempt.kind in CHANNELS and metric.described_entity_type != metric.entity_type:
            return pd.DataFrame()
        return self.confirmed.excluded(connection, attempt.hotel_id, metric.name, attempt.at - WINDOW, attempt.at)

    def _save(self, attempt: Attempt, fitted: Fitted, rows: pd.DataFrame, in_use: ModelRow | None) -> str:
        """Publish the fit and log the attempt in the publication's own transaction."""
        with self.database.reading() as connection:
            promotion = self.gate.decide(connection, attempt.hotel_id, attempt.metric, fitted, in_use)
        fitted.metrics["promotion"] = _figures(promotion)
        reason = None if promotion.is_promoted else promotion.reason_id
        model = TrainedModel(
            attempt.hotel_id, attempt.kind, attempt.metric.name, fitted.estimator,
            trained_from=rows["timestamp"].min().to_pydatetime(), trained_until=attempt.at,
            feature_names=fitted.feature_names, parameters=fitted.parameters, metrics=fitted.metrics,
            refused=reason, batch=fitted.batch, breaks_pin="unusable" in fitted.metrics.get("in_use", {}),
        )  # fmt: skip
        status = "success"

        def logged(connection: Any, model_id: int, refused: str | None) -> None:
            nonlocal status
            status = "refused" if refused else "success"
            done = {
                "status": status, "row_count": fitted.rows, "series_count": fitted.series, "metrics": fitted.metrics,
                "model_id": model_id, "error": refused, "finished_at": self.models.clock.now(),
            }  # fmt: skip
            model_queries.log_training(connection, attempt.logged() | done)

        self.models.save_model_to_file(model, also=logged)
        return status

    def _log(self, attempt: Attempt, outcome: dict[str, Any]) -> None:
        with self.database.transaction() as connection:
            finished = {"finished_at": self.models.clock.now()}
            model_queries.log_training(connection, attempt.logged() | outcome | finished)


def _figures(promotion: Promotion) -> dict[str, Any]:
    return {"is_promoted": promotion.is_promoted, "reason": promotion.reason_id, **promotion.figures}
