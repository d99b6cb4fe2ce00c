"""Detection as a stage: rows that wait for a score in, scores and anomalies out, in one transaction a metric type."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import pandas as pd

from core.clock import local_date
from core.logs import logger
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import candidates as candidate_queries
from db.queries import scores as score_queries
from db.queries import thresholds as threshold_queries
from db.queries import watermarks
from db.queries.features import read_features
from db.queries.metrics import read_metrics
from db.queries.versions import bump
from db.queries.watermarks import Window
from db.session import Database
from pipeline.detection.anomaly import DetectionResult
from pipeline.detection.contract import Context, Detected, Family
from pipeline.detection.decision import RANK_DAYS, TEST_MEMORY_DAYS
from pipeline.detection.detectors import JUDGES
from pipeline.detection.handover import Decided, Span, decided, results, since_day, spoken
from pipeline.detection.remembering.service import ConsumptionReader
from pipeline.detection.thresholds.candidates import (
    COUNT_COLUMNS,
    candidates_of,
    counts_of,
    date_of,
    days_by_family,
    joined_counts,
    keys_of,
    vanished,
)
from pipeline.detection.thresholds.segments import NOWHERE, Places
from pipeline.detection.thresholds.versions import effective
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.models.service import ModelManager
from pipeline.training.fitting import CHANNELS
from pipeline.training.rows import local_days
from pipeline.training.voting import channel_of

ENTITY_KEYS = ["entity_id", "timestamp"]
SCORE_COLUMNS = [*ENTITY_KEYS, "detector", "expected", "lower", "upper", "score", "observations", "model_id"]
BEGINNING = timedelta(days=3_650)
log = logger(__name__)


class AlertSink(Protocol):
    """What takes anomalies over, in the scores' own transaction; returns how many alerts it wrote."""

    def apply(self, connection: Any, result: DetectionResult) -> int: ...


@dataclass(frozen=True)
class DetectionService:
    """Scores every metric row once, and again when it was corrected."""

    database: Database
    models: ModelManager
    settings: Settings
    sink: AlertSink

    def detect(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Score what waits up to ``at`` and hand anomalies over, day by day; nothing after ``at`` is read."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        total = StageReport()
        for position, metric_type in enumerate(JUDGES):
            progress(position / len(JUDGES), f"metric.{metric_type}")
            with self.database.transaction() as connection:
                total += self._metric(connection, hotel_id, metric_type, at)
        progress(1.0, "stage.done")
        return total

    def _metric(self, connection: Any, hotel_id: int, metric_type: str, at: datetime) -> StageReport:
        window = score_queries.open_scoring(connection, hotel_id, metric_type, at)
        waiting = score_queries.waiting_rows(connection, window)
        watermarks.close_window(connection, window)
        if waiting.empty and not _closed_a_day(window):
            return StageReport(details={metric_type: {"alerts": 0}})
        channel, fallbacks = self._channel(connection, window, waiting)
        rows, detected = self._judged(connection, window, waiting, self._context(window, channel))
        written = self._write(connection, window, waiting, detected)
        alerts, handed = 0, 0
        span = Span(hotel_id, metric_type, window.time_zone, _located(waiting, rows), window.since_at, at)
        for result in results(self._decide(connection, window, detected, span), span):
            handed += len(result.anomalies)
            alerts += self.sink.apply(connection, result)
        bump(connection, hotel_id, "scores")
        details = {"alerts": alerts, "anomalies": handed, "fallbacks": fallbacks}
        log.info("rows_scored", hotel_id=hotel_id, metric_type=metric_type, rows=written, **details)
        return StageReport(len(waiting), written, {metric_type: details})

    def _decide(self, connection: Any, window: Window, detected: Detected, span: Span) -> Decided:
        """The decisions that this run speaks about, under the settings in force; candidates are kept for replay."""
        days = _days(window, span.waiting, detected.families)
        if days is None:
            return []
        active = threshold_queries.active(connection, window.hotel_id)
        budget = self.settings.alert_budget_per_day
        settings = effective(active, window.hotel_id, window.metric_type, budget)
        counts = self._count(connection, window, detected.families, days)
        places = Places(**threshold_queries.places(connection, window.hotel_id)) if settings.segments else NOWHERE
        families = since_day(detected.families, days[0] - RANK_DAYS)
        decisions = decided(families, settings, days_by_family(counts), places)
        mine = spoken(decisions, span)
        found = candidates_of(mine)
        where = (window.hotel_id, window.metric_type)
        stored = candidate_queries.stored_keys(connection, *where, *map(date_of, days))
        gone = vanished(stored, keys_of(decisions), keys_of(mine), found) if len(stored) else stored
        candidate_queries.replace_candidates(connection, *where, found, gone)
        return mine

    def _count(
        self, connection: Any, window: Window, families: tuple[Family, ...], days: tuple[int, int]
    ) -> pd.DataFrame:
        """Numbers of tests by family and day; those of the days judged now are written."""
        first, last = date_of(days[0]), date_of(days[1])
        where = (window.hotel_id, window.metric_type)
        since = date_of(days[0] - TEST_MEMORY_DAYS)
        stored = candidate_queries.read_counts(connection, window.hotel_id, since, last, window.metric_type)
        counts = joined_counts(stored, counts_of(families), days[0], window.is_first)
        fresh = counts[counts["is_new"].to_numpy(dtype=bool) & (counts["observed_on"] <= pd.Timestamp(last)).to_numpy()]
        candidate_queries.replace_counts(connection, *where, fresh[COUNT_COLUMNS], (first, last))
        return counts

    def _judged(
        self, connection: Any, window: Window, waiting: pd.DataFrame, context: Context
    ) -> tuple[pd.DataFrame, Detected]:
        """The waiting rows and everything before them that their scores depend on, and what is said about them."""
        judge = JUDGES[window.metric_type]
        oldest = [] if waiting.empty else [waiting["timestamp"].min().to_pydatetime()]
        if window.since_at is not None:
            oldest.append(window.since_at)
        if window.metric_type == "tuketim_miktar":
            reader = ConsumptionReader(self.settings.data_dir / "detection")
            return reader.judged(connection, window, None if window.is_first else min(oldest), context)
        lookback = BEGINNING if window.is_first else timedelta(days=judge.lookback_days + 1)
        rows = read_metrics(connection, window.hotel_id, window.metric_type, min(oldest) - lookback, window.at)
        return rows, judge.detect(rows, context)

    def _channel(self, connection: Any, window: Window, waiting: pd.DataFrame) -> tuple[pd.DataFrame | None, int]:
        """Evidence of the model that training chose, of the days that end with a waiting row; models not usable.

        A day is judged by the newest model whose training ended before it. Without one the Z-Score speaks alone.
        """
        metric = METRIC_TYPES[window.metric_type]
        if waiting.empty or not set(CHANNELS) & set(metric.model_types):
            return None, 0
        where = (connection, window.hotel_id, window.metric_type)
        models = [row for kind in CHANNELS for row in self.models.usable_models(*where, kind)]
        since = waiting["timestamp"].min().to_pydatetime() - timedelta(microseconds=1)
        return channel_of(models, self.models.loaded, read_features(*where, since, window.at))

    def _context(self, window: Window, channel: pd.DataFrame | None) -> Context:
        metric = METRIC_TYPES[window.metric_type]
        return Context(
            window.time_zone,
            metric.alert_type,
            self.settings.min_data_points,
            metric.effect_gate_ratio,
            window.hotel_id,
            channel,
        )

    def _write(self, connection: Any, window: Window, waiting: pd.DataFrame, detected: Detected) -> int:
        scores = detected.scores.merge(waiting, on=ENTITY_KEYS)
        if "model_id" not in scores:
            scores = scores.assign(model_id=0)
        model_id = scores["model_id"].astype("Int64")
        scores = scores.assign(
            model_id=model_id.mask(model_id == 0), observations=scores["observations"].astype("int64")
        )
        at = score_queries.scoring_instant(connection)
        return score_queries.write_scores(connection, window.hotel_id, window.metric_type, scores[SCORE_COLUMNS], at)


def _closed_a_day(window: Window) -> bool:
    """Whether a hotel-local day ended since the last run: tests of whole days are due."""
    if window.since_at is None:
        return False
    return local_date(window.since_at, window.time_zone) < local_date(window.at, window.time_zone)


def _days(window: Window, waiting: pd.DataFrame, families: tuple[Family, ...]) -> tuple[int, int] | None:
    """First and last local day (days since 1970) of which a run judges all tests anew; None without any test."""
    tested = [int(family.tests["day"].min()) for family in families if len(family.tests)]
    if not tested:
        return None
    instants = [] if waiting.empty else [waiting["timestamp"].min()]
    if window.since_at is not None:
        instants.append(pd.Timestamp(window.since_at))
    ends = local_days(pd.Series([*instants, pd.Timestamp(window.at)]), window.time_zone)
    # As of an earlier instant than before, the last day was known better than it is now.
    is_behind = window.since_at is not None and window.at < window.since_at
    first = min(tested) if window.is_first else int(ends.min())
    return first, int(ends[-1]) - is_behind


def _located(waiting: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The waiting rows with their room, where the metric has rooms: a corrected cell re-opens its check's total."""
    if "room_id" not in rows or "product_id" not in rows:
        return waiting
    return waiting.merge(rows[[*ENTITY_KEYS, "room_id"]], on=ENTITY_KEYS)
