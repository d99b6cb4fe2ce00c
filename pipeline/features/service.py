"""Features: closed days of the metrics become stored features, once for training and detection (SPEC P2)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from core.clock import local_date, local_midnight
from core.errors import AppError
from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import feature_quality, features, versions, watermarks
from db.queries.features import DailySource
from db.queries.scores import hotel_time_zone
from db.queries.watermarks import Window
from db.session import Database
from pipeline.features.engineer import CONTEXT
from pipeline.features.grid import EPOCH, day_numbers, feature_rows
from pipeline.features.names import FEATURE_VERSION
from pipeline.features.quality import FeatureQuality, report
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.registry import METRIC_TYPES

# Its own watermark for each version: a new definition is built over the whole history once.
STAGE = f"features {FEATURE_VERSION}"
# A row that moved from another day took that day's observation away; collection compares as far back.
COMPARED_DAYS = 31
SAMPLE_ROWS = 5_000


@dataclass(frozen=True)
class FeatureService:
    """Builds ``ml_features`` of every metric type: one row an entity and observed, closed hotel-local day."""

    database: Database

    def build(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Bring the features up to the last day closed at ``at``; days that changed metrics touch are built again.

        Running it twice writes nothing new.
        """
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        report = StageReport()
        for position, metric in enumerate(METRIC_TYPES.values()):
            progress(position / len(METRIC_TYPES), metric.name_key)
            report += self._build_one(hotel_id, metric, at)
        progress(1.0, "stage.done")
        return report

    def quality(
        self, scope: Scope, hotel_id: int, metric_type: str, since: datetime, until: datetime
    ) -> FeatureQuality:
        """Missing, doubled, constant, alike, covered, fresh: features of days that end in (since, until].

        Counts are of all rows; ratios and correlations of some SAMPLE_ROWS rows of whole entities, so that the report
        is quick for any hotel. Raises ``not_found`` for an unknown metric type.
        """
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        metric = METRIC_TYPES.get(metric_type)
        if metric is None:
            raise AppError("not_found", 404, params={"what": f"metric type {metric_type}"})
        where = (hotel_id, metric.name)
        with self.database.reading() as connection:
            time_zone = hotel_time_zone(connection, hotel_id)
            closed = min(until, local_midnight(local_date(until, time_zone), time_zone))
            counts = feature_quality.counted(connection, *where, since, closed)
            share = SAMPLE_ROWS / max(int(counts["rows"]), 1)
            parts = int(min(max(feature_quality.PARTS * share, 1), feature_quality.PARTS))
            rows = feature_quality.sampled_rows(connection, *where, since, closed, parts=parts)
            observed = feature_quality.observed_days(
                connection, *where, _source(metric), (since, closed), time_zone=time_zone, parts=parts
            )
        return report(rows, counts, observed, until)

    def _build_one(self, hotel_id: int, metric: MetricType, at: datetime) -> StageReport:
        with self.database.transaction() as connection:
            window = watermarks.open_window(connection, hotel_id, STAGE, metric.name, at)
            read, written = build_features(connection, window, metric)
            watermarks.close_window(connection, window)
            if written:
                versions.bump(connection, hotel_id, "features")
        return StageReport(read, written, {metric.name: {"read": read, "written": written}})


def build_features(connection: Any, window: Window, metric: MetricType) -> tuple[int, int]:
    """(days read, rows written) of one metric type: touched entities, from 31 days before what was touched."""
    source = _source(metric)
    today = local_date(window.at, window.time_zone)
    until = local_midnight(today, window.time_zone)
    before = window.since_at and local_midnight(local_date(window.since_at, window.time_zone), window.time_zone)
    touched = features.touched_days(connection, window, source, (before, until))
    if touched.empty:
        return 0, 0
    spans = pd.DataFrame({"entity_id": touched["entity_id"], "day": day_numbers(touched["day"]) - COMPARED_DAYS})
    since = _midnight(int(spans["day"].min()) - CONTEXT, window.time_zone)
    daily = features.daily_values(connection, window, source, spans["entity_id"].tolist(), (since, until))
    rows = feature_rows(daily, spans, (today - EPOCH).days - 1, window.time_zone)
    rows = rows.assign(hotel_id=window.hotel_id, metric_type=metric.name, feature_version=FEATURE_VERSION)
    starts = {day: _midnight(day, window.time_zone) for day in spans["day"].unique().tolist()}
    spans["since"] = spans["day"].map(starts)
    return len(daily), features.replace_features(connection, window, rows, spans)


def _source(metric: MetricType) -> DailySource:
    slots = metric.entity_type == "minibar_slot" and metric.described_entity_type == "room"
    return DailySource(metric.feature_value, metric.daily, slots)


def _midnight(day: int, time_zone: str) -> datetime:
    """The instant at which a hotel-local day (since 1970) begins."""
    on: date = EPOCH + timedelta(days=day)
    return local_midnight(on, time_zone)
