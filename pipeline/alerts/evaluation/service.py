"""The nightly evaluation: what verdicts and labelled anomalies say of each metric type, stored (SPEC A6.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from core.clock import Clock, local_date
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import candidates as candidate_queries
from db.queries import evaluations as queries
from db.queries import scores as score_queries
from db.queries import verdicts as verdict_queries
from db.queries.evaluations import EvaluationRow
from db.queries.metrics import read_consumption, read_metrics
from db.queries.versions import bump
from db.session import Database
from pipeline.alerts.evaluation.ranking import ranked, within
from pipeline.detection.contract import Context
from pipeline.detection.evaluation.candidates import candidates
from pipeline.detection.evaluation.injection import inject
from pipeline.detection.evaluation.labelled import LabelledFigures, labelled_figures
from pipeline.detection.evaluation.verdicts import VerdictFigures, verdict_figures
from pipeline.detection.handover import EPOCH, decided
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import DetectionSettings
from pipeline.metrics.registry import METRIC_TYPES

__all__ = ["EvaluationRow", "EvaluationService"]

DAY = timedelta(days=1)
EVALUATED, READ = 30 * DAY, 90 * DAY  # held out at the end, and read before it
LEAST_LABELS = 5  # fewer say nothing: not measurable yet
NOT_INJECTED = ("run_out",)  # says what will be: back-tests judge it
OF_HOTEL = ("gelir_oda",)  # its rooms raise nothing by themselves, and a hotel has too few weeks
VERDICTS, PLANTED = "verdicts", "planted"


@dataclass(frozen=True)
class Subject:
    """What is measured: one hotel's last days under the settings and models in force."""

    hotel_id: int
    at: datetime
    time_zone: str
    settings: dict[str, DetectionSettings]
    models: dict[str, int]

    @property
    def since(self) -> datetime:
        return self.at - EVALUATED

    def row(self, metric_type: str, source: str, **values: Any) -> dict[str, Any]:
        return {
            "hotel_id": self.hotel_id, "metric_type": metric_type, "source": source,
            "model_id": self.models.get(metric_type), "setting_id": self.settings[metric_type].setting_id,
            "measured_at": self.at, "since_at": self.since, "until_at": self.at, **values,
        }  # fmt: skip


@dataclass(frozen=True)
class EvaluationService:
    """Measures and keeps; what cannot be measured gets no row, and screens say "not measurable yet"."""

    database: Database
    clock: Clock
    settings: Settings
    thresholds: ThresholdService

    def evaluate(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """The last 30 days of every judged metric type. The same instant again replaces its own rows."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            time_zone = score_queries.hotel_time_zone(connection, hotel_id)
            models = queries.active_models(connection, hotel_id)
        from pipeline.detection.detectors import JUDGES  # scipy: seconds that screens, which only read, do not pay

        subject = Subject(hotel_id, at, time_zone, self.thresholds.current(scope, hotel_id), models)
        rows = self._from_verdicts(subject)
        for position, metric_type in enumerate(JUDGES):
            progress(position / len(JUDGES), f"metric.{metric_type}")
            figures, is_injected = self._labelled(scope, subject, metric_type)
            if figures is not None and figures.labelled >= LEAST_LABELS:
                rows.append(_labelled_row(subject, figures, is_injected))
        self._store(subject, rows)
        progress(1.0, "stage.done")
        return StageReport(len(JUDGES), len(rows), {row["metric_type"]: row["source"] for row in rows})

    def latest(self, scope: Scope, hotel_ids: Sequence[int] | None = None) -> list[EvaluationRow]:
        """The newest measurement of each hotel, metric type and source; none where nothing was measurable."""
        scope.require("metrics.read")
        with self.database.reading() as connection:
            return queries.latest(connection, scope.hotel_filter(None if hotel_ids is None else list(hotel_ids)))

    def history(self, scope: Scope, hotel_id: int, metric_type: str, days: int = 180) -> list[EvaluationRow]:
        """The measurements of a metric type, oldest first."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return queries.history(connection, hotel_id, metric_type, self.clock.now() - days * DAY)

    def verdict_figures(self, scope: Scope, hotel_id: int, since: datetime, until: datetime) -> list[VerdictFigures]:
        """What verdicts say now of the alerts raised in a span, by metric type."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            judged = verdict_queries.judged(connection, hotel_id, since, until)
            raised = queries.raised(connection, hotel_id, since, until)
        return [verdict_figures(metric_type, judged, raised[metric_type]) for metric_type in sorted(raised)]

    def _from_verdicts(self, subject: Subject) -> list[dict[str, Any]]:
        with self.database.reading() as connection:
            judged = verdict_queries.judged(connection, subject.hotel_id, subject.since, subject.at)
            raised = queries.raised(connection, subject.hotel_id, subject.since, subject.at)
        figures = [verdict_figures(name, judged, raised[name]) for name in sorted(raised) if name in subject.settings]
        return [_verdict_row(subject, one) for one in figures if one.judged]

    def _labelled(self, scope: Scope, subject: Subject, metric_type: str) -> tuple[LabelledFigures | None, bool]:
        """On planted anomalies where the hotel has enough of them; on injected ones elsewhere."""
        with self.database.reading() as connection:
            planted = score_queries.planted_anomalies(connection, subject.hotel_id)
        began = planted["started_at"]
        mine = planted[(planted["metric_type"] == metric_type) & (began > subject.since) & (began <= subject.at)]
        if len(mine) >= LEAST_LABELS:
            return self._planted(scope, subject, metric_type, mine.reset_index(drop=True)), False
        with self.database.reading() as connection:
            return _injected(connection, subject, metric_type), True

    def _planted(self, scope: Scope, subject: Subject, metric_type: str, labels: pd.DataFrame) -> LabelledFigures:
        """What was really raised under the settings in force, from stored candidates."""
        days = (local_date(subject.since, subject.time_zone), local_date(subject.at, subject.time_zone))
        replayed = self.thresholds.replay(scope, [subject.hotel_id], *days)
        with self.database.reading() as connection:
            counts = candidate_queries.read_counts(connection, subject.hotel_id, *days, metric_type)
        return labelled_figures(metric_type, ranked(replayed.decided, metric_type), labels, int(counts["tests"].sum()))

    def _store(self, subject: Subject, rows: list[dict[str, Any]]) -> None:
        """The rows, and on the model in use the accuracy that was measured with it: NULL where it was not."""
        measured = {row["metric_type"]: row["accuracy"] for row in rows if row["source"] == PLANTED}
        with self.database.transaction() as connection:
            for row in rows:
                queries.add(connection, row)
            for metric_type, model_id in subject.models.items():
                queries.set_accuracy(connection, model_id, measured.get(metric_type))
            bump(connection, subject.hotel_id, "evaluations")


def _injected(connection: Any, subject: Subject, metric_type: str) -> LabelledFigures | None:
    """On anomalies put into a copy of the held-out rows, judged by today's settings without a trained model."""
    from pipeline.detection.detectors import JUDGES

    metric = METRIC_TYPES[metric_type]
    rows = _rows(connection, subject, metric_type)
    if rows.empty or metric.entity_type == "floor" or metric.family in NOT_INJECTED or metric.name in OF_HOTEL:
        return None
    changed, labels = inject(metric, rows, subject.since)
    context = Context(
        subject.time_zone, metric.alert_type, effect_gate_ratio=metric.effect_gate_ratio, hotel_id=subject.hotel_id
    )
    families = JUDGES[metric_type].detect(changed, context).families
    found = candidates(decided(families, subject.settings[metric_type]), metric_type)
    first = (local_date(subject.since, subject.time_zone) - EPOCH).days
    tests = sum(int((family.tests["day"] >= first).sum()) for family in families if len(family.tests))
    return labelled_figures(metric_type, within(found, first), labels, tests)


def _rows(connection: Any, subject: Subject, metric_type: str) -> pd.DataFrame:
    since, until = subject.at - READ, subject.at
    if metric_type != "tuketim_miktar":
        return read_metrics(connection, subject.hotel_id, metric_type, since, until)
    rows = read_consumption(connection, subject.hotel_id, since, until)
    return rows.merge(score_queries.visit_staff(connection, subject.hotel_id, since, until), on="visit_id", how="left")


def _verdict_row(subject: Subject, figures: VerdictFigures) -> dict[str, Any]:
    intervals = {"precision": list(figures.interval)} if figures.interval else None
    details = {"confirmed": figures.confirmed, "false": figures.false, "expected": figures.expected}
    return subject.row(
        figures.metric_type, VERDICTS, alerts=figures.alerts, labelled=figures.judged, precision=figures.precision,
        recall=None, f1=None, accuracy=None, pr_auc=None, intervals=intervals, details=details,
    )  # fmt: skip


def _labelled_row(subject: Subject, figures: LabelledFigures, is_injected: bool) -> dict[str, Any]:
    details = {"injected": is_injected, "by_type": {kind: list(pair) for kind, pair in figures.by_type.items()}}
    return subject.row(
        figures.metric_type, PLANTED, alerts=figures.alerts, labelled=figures.labelled, precision=figures.precision,
        recall=figures.recall, f1=figures.f1, accuracy=figures.accuracy, pr_auc=figures.pr_auc,
        intervals={name: list(pair) for name, pair in figures.intervals.items()}, details=details,
    )  # fmt: skip
