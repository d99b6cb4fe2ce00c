"""The stages in their order: one pass as of an instant, and the first pass over a hotel's history."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import passes as queries
from db.session import Database
from pipeline.alerts.service import AlertService

if TYPE_CHECKING:
    from pipeline.detection.service import DetectionService
    from pipeline.features.service import FeatureService
    from pipeline.metrics.archive.service import MetricHistory
    from pipeline.metrics.service import MetricsService
    from pipeline.models.service import ModelManager
    from pipeline.training.service import TrainingService

STAGES = ("collect", "features", "train", "detect")
WARM_UP = timedelta(days=30)  # SPEC A1.4: each product learns from its last 30 days
REFIT = timedelta(days=30)


class Stage(Protocol):
    """One stage as of an instant; running it twice writes nothing new."""

    def __call__(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport: ...


@dataclass(frozen=True)
class Pipeline:
    """Collect → features → train → detect of one hotel.

    A stage is imported when it is first used: scikit-learn and its like take seconds that the dashboard, which never
    runs a stage, and a collection do not pay.
    """

    database: Database
    settings: Settings
    clock: Clock
    alerts: AlertService

    @cached_property
    def models(self) -> "ModelManager":
        from pipeline.models.service import ModelManager

        return ModelManager(self.database, self.settings, self.clock)

    @cached_property
    def metrics(self) -> "MetricsService":
        from pipeline.metrics.service import MetricsService

        return MetricsService(self.database)

    @cached_property
    def history(self) -> "MetricHistory":
        from pipeline.metrics.archive.service import MetricHistory

        return MetricHistory.of(self.database, self.settings)

    @cached_property
    def features(self) -> "FeatureService":
        from pipeline.features.service import FeatureService

        return FeatureService(self.database)

    @cached_property
    def training(self) -> "TrainingService":
        from pipeline.alerts.learning.service import ConfirmedAnomalies
        from pipeline.detection.residual import RESIDUALS
        from pipeline.training.service import TrainingService

        return TrainingService(self.database, self.models, self.settings, RESIDUALS, ConfirmedAnomalies())

    @cached_property
    def detection(self) -> "DetectionService":
        from pipeline.detection.service import DetectionService

        return DetectionService(self.database, self.models, self.settings, self.alerts)

    def stage(self, name: str) -> Stage:
        """The stage of that name; raises ``unknown_stage`` listing the known ones."""
        if name == "collect":
            return self.metrics.collect
        if name == "features":
            return self.features.build
        if name == "train":
            return self.training.train
        if name == "detect":
            return self.detection.detect
        raise AppError("unknown_stage", params={"stage": name, "known": ", ".join(STAGES)})

    def later(self, name: str) -> Callable[[Scope, int, datetime, Progress], StageReport]:
        """The same, imported when it runs: scikit-learn takes seconds that the dashboard never pays."""
        return lambda scope, hotel_id, at, progress: self.stage(name)(scope, hotel_id, at, progress)

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
        """The history as if Barometer had run all along: every day is judged by models trained before it.

        Detection takes the newest model whose training ended before a day, so it may look at all days at once when
        every model is there. The search for models runs once; the next training looks whether it is due again.
        """
        total = self.run(scope, hotel_id, at, ("collect", "features"))
        training = replace(self.training, keeps_choices=True)
        cutoffs = [first_at + WARM_UP]
        while cutoffs[-1] + REFIT < at:
            cutoffs.append(cutoffs[-1] + REFIT)
        for position, cutoff in enumerate(cutoffs):
            progress((position + 1) / (len(cutoffs) + 2), "stage.train")
            if cutoff < at:
                total += training.train(scope, hotel_id, cutoff)
        progress((len(cutoffs) + 1) / (len(cutoffs) + 2), "stage.detect")
        total += self.detection.detect(scope, hotel_id, at)
        progress(1.0, "stage.done")
        return total
