"""Champion against challenger as a difference of alerts: asked for, compared by a job, looked at (SPEC C6, P11)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.clock import Clock, local_date
from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import jobs as job_queries
from db.queries import model_comparisons as queries
from db.queries import models as model_queries
from db.queries import premises, tuning, versions
from db.queries import scores as score_queries
from db.queries import thresholds as threshold_queries
from db.queries import verdicts as verdict_queries
from db.queries.model_comparisons import ComparisonRow
from db.queries.models import ModelRow
from db.session import Database
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.training.voting import votes
from reports.threshold_preview import Listed, Side, listed, moments

if TYPE_CHECKING:
    from pipeline.models.service import ModelManager

__all__ = ["ComparisonRow", "ModelComparison", "ModelComparisonService", "Version"]

JOB = "examine_models"
COMPARED_DAYS = 30
CHANNELS = ("isolation_forest", "autoencoder")  # what speaks beside the Z-Score; others change no alert
LISTED = 50
log = logger(__name__)


@dataclass(frozen=True)
class Version:
    """A version that can be compared. ``speaks``: training gave it a voice; without one it changes no alert yet."""

    model_id: int
    metric_type: str
    model_type: str
    trained_until: datetime
    is_active: bool
    speaks: bool

    @property
    def kind(self) -> str:
        return f"{self.metric_type}.{self.model_type}"


@dataclass(frozen=True)
class ModelComparison:
    """What the challenger, given a voice, would have raised beside what the champion would have.

    ``new_days``: days of the period that neither of them had learned from. ``daily``: observed_on, before, after.
    """

    row: ComparisonRow
    before: Side
    after: Side
    stay: int
    new_days: int
    days: int
    appear: Listed
    disappear: Listed
    daily: pd.DataFrame


@dataclass(frozen=True)
class ModelComparisonService:
    """``models.read`` looks, ``jobs.run`` asks for a comparison; the sidecar compares."""

    database: Database
    clock: Clock
    settings: Settings
    models: "ModelManager"

    def versions(self, scope: Scope, hotel_id: int) -> list[Version]:
        """What can be compared, the newest of each kind first."""
        _may_look(scope, hotel_id)
        with self.database.reading() as connection:
            return [_version(row) for row in _comparable(connection, hotel_id)]

    def listed(self, scope: Scope, hotel_id: int) -> list[ComparisonRow]:
        """Comparisons done and waiting, the newest first."""
        _may_look(scope, hotel_id)
        with self.database.reading() as connection:
            return queries.listed(connection, hotel_id, LISTED)

    def read(self, scope: Scope, hotel_id: int, comparison_id: int) -> ModelComparison:
        """A comparison that was done. Raises ``not_found`` for another hotel's, and for one that waits or failed."""
        _may_look(scope, hotel_id)
        with self.database.reading() as connection:
            found = queries.result(connection, hotel_id, comparison_id)
            if found is None or not found[1]:
                raise AppError("not_found", 404, params={"what": f"comparison {comparison_id}"})
            return _opened(connection, *found)

    def request(self, scope: Scope, hotel_id: int, challenger_id: int, champion_id: int | None = None) -> int:
        """Ask the sidecar to compare; the same question that waits is asked once. Returns the comparison's id.

        ``champion_id`` None: the Z-Score alone. Raises ``models_not_comparable`` for versions of two kinds.
        """
        scope.require("jobs.run")
        _may_look(scope, hotel_id)
        now = self.clock.now()
        with self.database.transaction() as connection:
            known = {row.id: row for row in _comparable(connection, hotel_id)}
            pair = [known.get(one) for one in (challenger_id, champion_id) if one is not None]
            if None in pair:
                raise AppError("not_found", 404, params={"what": "model"})
            chosen = [row for row in pair if row is not None]
            if len({row.kind for row in chosen}) > 1 or challenger_id == champion_id:
                raise AppError("models_not_comparable")
            asked = queries.add(connection, _asked(chosen[0], *chosen[1:], by=scope.actor, at=now))
            waiting = job_queries.pending_requests(connection, [hotel_id])
            if not any(request.job_name == JOB for request in waiting):
                job_queries.ask(connection, scope.actor, JOB, hotel_id, at=now)
            versions.bump(connection, hotel_id, "comparisons")
        return asked

    def compare(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """The job: what waits, and of each kind its newest version against what was in use before it."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.transaction() as connection:
            for champion, challenger in _new_pairs(connection, hotel_id):
                queries.add(connection, _asked(challenger, *champion, by=scope.actor, at=at))
            waiting = queries.waiting(connection, hotel_id)
        outcome = {}
        for position, row in enumerate(waiting):
            progress(position / len(waiting), METRIC_TYPES[row.metric_type].name_key)
            outcome[f"{row.champion_id or 'zscore'}:{row.challenger_id}"] = self._compare(hotel_id, row, at)
        progress(1.0, "stage.done")
        return StageReport(len(waiting), sum(said == "compared" for said in outcome.values()), outcome)

    def _compare(self, hotel_id: int, row: ComparisonRow, at: datetime) -> str:
        """Compare and keep; a version that cannot be used is said with its row, and those that wait behind it go on."""
        from pipeline.alerts.renewal.comparing import compared, hotel_past  # scipy: seconds that screens do not pay
        from reports.comparison_document import document

        metric = METRIC_TYPES[row.metric_type]
        values: dict[str, Any] = {"since_on": None, "until_on": None, "error": None, "result": None}
        with self.database.reading() as connection:
            past = hotel_past(connection, hotel_id, metric, at - timedelta(days=COMPARED_DAYS), at)
            try:
                estimators = [self._estimator(connection, one) for one in (row.champion_id, row.challenger_id)]
                truth = _truth(connection, hotel_id, metric.name)
                found = document(compared(connection, self.settings, past, estimators, truth), metric.name)
                values |= {"since_on": past.period[0], "until_on": past.period[1], "result": found}
            except AppError as error:
                if error.code.startswith("database_"):
                    raise  # not the versions' fault: the row waits for the next run
                log.warning("models_not_compared", comparison_id=row.id, reason=str(error))
                values["error"] = error.code
        with self.database.transaction() as connection:
            queries.finish(connection, row.id, {**values, "compared_at": self.clock.now()})
            versions.bump(connection, hotel_id, "comparisons")
        return values["error"] or "compared"

    def _estimator(self, connection: Any, model_id: int | None) -> Any | None:
        if model_id is None:
            return None
        row = model_queries.model(connection, model_id)
        if row is None:
            raise AppError("model_missing", params={"model": model_id})
        return self.models.load_model_from_file(row)


def _may_look(scope: Scope, hotel_id: int) -> None:
    scope.require("models.read")
    scope.require_hotel(hotel_id)


def _comparable(connection: Any, hotel_id: int) -> list[ModelRow]:
    """Versions of kinds that speak beside the Z-Score and that there still is something of, newest first."""
    rows = [row for row in model_queries.list_models(connection, hotel_id) if row.model_type in CHANNELS]
    there = [row for row in rows if (row.model_path or row.has_data) and not row.is_locked]
    return sorted(there, key=lambda row: (row.metric_type, row.model_type, -row.id))


def _version(row: ModelRow) -> Version:
    learned = row.trained_until or row.trained_at
    return Version(row.id, row.metric_type, row.model_type, learned, row.is_active, votes(row.parameters))


def _asked(challenger: ModelRow, champion: ModelRow | None = None, *, by: str, at: datetime) -> dict[str, Any]:
    one, other = _version(challenger), None if champion is None else _version(champion)
    return {
        "hotel_id": challenger.hotel_id, "metric_type": one.metric_type, "model_type": one.model_type,
        "champion_id": None if other is None else other.model_id,
        "champion_until": None if other is None else other.trained_until,
        "challenger_id": one.model_id, "challenger_until": one.trained_until, "asked_by": by, "asked_at": at,
    }  # fmt: skip


def _new_pairs(connection: Any, hotel_id: int) -> list[tuple[list[ModelRow], ModelRow]]:
    """The newest version of each kind against what spoke before it (the Z-Score alone: nothing), if that is new."""
    rows = _comparable(connection, hotel_id)
    newest = {row.kind: row for row in reversed(rows)}
    known = {row.id: row for row in rows}
    pairs = []
    for kind, challenger in newest.items():
        ids = model_queries.previously_active(connection, kind) if challenger.is_active else []
        before = [known[one] for one in ids if one in known and one != challenger.id][:1]
        if not challenger.is_active:
            before = [row for row in rows if row.kind == kind and row.is_active]
        champion = [row for row in before if votes(row.parameters)]
        if not queries.was_compared(connection, hotel_id, champion[0].id if champion else None, challenger.id):
            pairs.append((champion, challenger))
    return pairs


def _truth(connection: Any, hotel_id: int, metric_type: str) -> Any:
    """What is known of a metric type's past: verdicts, what they silence, planted anomalies."""
    from pipeline.detection.suppression import dismissals
    from pipeline.detection.thresholds.history import Truth
    from pipeline.detection.thresholds.service import BEGINNING, END

    judged = verdict_queries.judged(connection, hotel_id, BEGINNING, END)
    labels = score_queries.planted_anomalies(connection, hotel_id)
    mine = labels[(labels["metric_type"] == metric_type).to_numpy()].reset_index(drop=True)
    known = judged[(judged["metric_type"] == metric_type).to_numpy()].reset_index(drop=True)
    return Truth(known, dismissals(judged), mine if len(mine) else None)


def _opened(connection: Any, row: ComparisonRow, found: dict[str, Any]) -> ModelComparison:
    from reports.comparison_document import changes_of, daily_of, side_of

    names = threshold_queries.names(connection, row.hotel_id)
    kinds = {}
    for kind in ("appear", "disappear"):
        rows = changes_of(found[kind])
        shown = listed(rows, names, tuning.raised(connection, row.hotel_id, moments(rows)))
        counts = {name: found[kind][name] for name in ("total", "confirmed", "false")}
        kinds[kind] = replace(shown, **counts)
    days = daily_of(found)
    [zone] = [hotel.time_zone for hotel in premises.hotels(connection) if hotel.id == row.hotel_id]
    learned = [at for at in (row.champion_until, row.challenger_until) if at is not None]
    seen_on = pd.Timestamp(local_date(max(learned), zone))
    return ModelComparison(
        row, side_of(found["before"]), side_of(found["after"]), found["stay"],
        int((days["observed_on"] > seen_on).sum()), len(days), kinds["appear"], kinds["disappear"], days,
    )  # fmt: skip
