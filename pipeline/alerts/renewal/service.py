"""Quality fell below its floor: noticed, features built anew, columns selected, retrained, better or kept (P9, P11)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.logs import logger
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import models as model_queries
from db.queries import renewals as queries
from db.queries import watermarks
from db.queries.versions import bump
from db.session import Database
from pipeline.alerts.evaluation.service import EvaluationService
from pipeline.alerts.renewal.gate import AlertGate
from pipeline.detection.evaluation.verdicts import VerdictFigures
from pipeline.features.service import STAGE, FeatureService
from pipeline.training.fitting import CHANNELS
from pipeline.training.service import TrainingService

LOOKED_AT = timedelta(days=30)
LEAST_VERDICTS = 20
log = logger(__name__)


@dataclass(frozen=True)
class RenewalService:
    """The scenario of fallen quality. It runs by itself; the old model stays unless the new one passes the gate."""

    database: Database
    clock: Clock
    settings: Settings
    evaluations: EvaluationService
    features: FeatureService
    training: TrainingService

    def renew(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Every metric type whose precision on verdicts has fallen; a line in the training log says what and why."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        fallen = self.fallen(scope, hotel_id, at)
        if not fallen:
            return StageReport()
        started_at = self.clock.now()
        progress(0.1, "stage.features")
        with self.database.transaction() as connection:
            watermarks.reset(connection, hotel_id, STAGE)
        self.features.build(scope, hotel_id, at)
        progress(0.4, "stage.train")
        gate = AlertGate(self.training.models, self.settings, at)
        names = frozenset(figures.metric_type for figures in fallen)
        training = replace(self.training, gate=gate, only=names, searches_anew=True)
        outcome = training.train(scope, hotel_id, at).details
        for figures in fallen:
            self._log(hotel_id, figures, outcome, started_at, at)
        progress(1.0, "stage.done")
        return StageReport(len(fallen), sum(status == "success" for status in outcome.values()), outcome)

    def fallen(self, scope: Scope, hotel_id: int, at: datetime) -> list[VerdictFigures]:
        """Metric types with enough verdicts since their last renewal, and a precision below the floor."""
        with self.database.reading() as connection:
            renewed = queries.last_renewals(connection, hotel_id)
        since = at - LOOKED_AT
        figures = self.evaluations.verdict_figures(scope, hotel_id, since, at)
        for metric_type, last in renewed.items():
            if last > since:
                newer = self.evaluations.verdict_figures(scope, hotel_id, last, at)
                others = [one for one in figures if one.metric_type != metric_type]
                figures = others + [one for one in newer if one.metric_type == metric_type]
        return [one for one in figures if one.is_below(self.settings.quality_floor, LEAST_VERDICTS)]

    def _log(
        self, hotel_id: int, figures: VerdictFigures, outcome: dict[str, Any], started_at: datetime, at: datetime
    ) -> None:
        """What fell, how far, and what became of each model: the promotion's own reasons are in the lines before."""
        mine = {label: status for label, status in outcome.items() if label.startswith(f"{figures.metric_type}.")}
        metrics = {
            "precision": figures.precision, "verdicts": figures.judged, "floor": self.settings.quality_floor,
            "as_of": at.isoformat(), "models": mine,
        }  # fmt: skip
        voices = {label: one for label, one in mine.items() if label.endswith(CHANNELS)} or mine
        status = "renewed" if "success" in voices.values() else "kept"
        row = {
            "hotel_id": hotel_id, "metric_type": figures.metric_type, "model_type": queries.RENEWAL, "status": status,
            "started_at": started_at, "finished_at": self.clock.now(), "metrics": metrics,
        }  # fmt: skip
        with self.database.transaction() as connection:
            model_queries.log_training(connection, row)
            bump(connection, hotel_id, "models")
        log.warning("quality_fell", hotel_id=hotel_id, metric_type=figures.metric_type, status=status, **metrics)
