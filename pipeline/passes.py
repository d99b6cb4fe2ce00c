"""The stages in their order: one pass as of an instant, and the first pass over a hotel's history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.errors import AppError
from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import passes as queries
from db.session import Database
from pipeline.detection.service import DetectionService
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.training.service import TrainingService

STAGES = ("collect", "features", "train", "detect")
WARM_UP = timedelta(days=30)  # SPEC A1.4: each product learns from its last 30 days
REFIT = timedelta(days=14)


class Stage(Protocol):
    """One stage as of an instant; running it twice writes nothing new."""

    def __call__(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport: ...


@dataclass(frozen=True)
class Pipeline:
    """Collect → features → train → detect of one hotel."""

    database: Database
    metrics: MetricsService
    features: FeatureService
    training: TrainingService
    detection: DetectionService

    def stage(self, name: str) -> Stage:
        """The stage of that name; raises ``unknown_stage`` listing the known ones."""
        stages: dict[str, Stage] = {
            "collect": self.metrics.collect,
            "features": self.features.build,
            "train": self.training.train,
            "detect": self.detection.detect,
        }
        if name not in stages:
            raise AppError("unknown_stage", params={"stage": name, "known": ", ".join(STAGES)})
        return stages[name]

    def was_judged(self, scope: Scope, hotel_id: int) -> bool:
        """Whether detection ever ran over the hotel; its past wants a first pass otherwise."""
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return queries.was_judged(connection, hotel_id)

    def run(
        self, scope: Scope, hotel_id: int, at: datetime, names: tuple[str, ...] = STAGES, progress: Progress = silent
    ) -> StageReport:
        """Some stages, in order, as of one instant."""
        total = StageReport()
        for position, name in enumerate(names):
            progress(position / len(names), f"stage.{name}")
            report = self.stage(name)(scope, hotel_id, at)
            total += StageReport(report.rows_in, report.rows_out, {name: report.details})
        progress(1.0, "stage.done")
        return total

    def first_pass(
        self, scope: Scope, hotel_id: int, first_at: datetime, at: datetime, progress: Progress = silent
    ) -> StageReport:
        """The history as if Barometer had run all along: every block is judged by models trained before it."""
        total = self.run(scope, hotel_id, at, ("collect", "features"))
        cutoffs = [first_at + WARM_UP]
        while cutoffs[-1] + REFIT < at:
            cutoffs.append(cutoffs[-1] + REFIT)
        for position, cutoff in enumerate(cutoffs):
            progress((position + 1) / (len(cutoffs) + 2), "stage.detect")
            if cutoff < at:
                total += self.detection.detect(scope, hotel_id, cutoff)
                total += self.training.train(scope, hotel_id, cutoff)
        total += self.detection.detect(scope, hotel_id, at)
        progress(1.0, "stage.done")
        return total
