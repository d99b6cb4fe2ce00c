"""Collection: sources become metric rows, incrementally (SPEC A7.1, A7.2, P1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import (
    collect_refills,
    collect_requests,
    collect_series,
    collect_stock,
    versions,
    watermarks,
)
from db.queries.watermarks import Window
from db.session import Database
from pipeline.metrics.collection.service import Activity, Collected, replace, whole_history
from pipeline.metrics.consumption.service import collect_looks
from pipeline.metrics.daily.service import (
    collect_custody,
    collect_daily,
    collect_occupancy,
    collect_room_days,
    collect_run_out,
    collect_vacant,
)
from pipeline.metrics.hourly import carried_levels, hourly_levels
from pipeline.metrics.metric_type import MetricType, Shape
from pipeline.metrics.registry import METRIC_TYPES
from sources import ledger

STAGE = "collect"
Collector = Callable[[Any, Window, MetricType, Activity], Collected]
EVENTS = {"collect_refills": collect_refills, "collect_requests": collect_requests, "collect_series": collect_series}


@dataclass(frozen=True)
class MetricsService:
    """Collects the metric types of the registry from the hotel's records."""

    database: Database

    def collect(
        self,
        scope: Scope,
        hotel_id: int,
        at: datetime,
        progress: Progress = silent,
        metric_types: tuple[str, ...] | None = None,
    ) -> StageReport:
        """Bring ``ml_metrics`` up to ``at``; nothing after it is read. Each metric type is one transaction.

        Late and corrected rows re-open exactly the intervals they touch. Running it twice writes nothing new. Types
        that are made of another type's rows come after it, whatever order is asked for.
        """
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        wanted = [metric for metric in in_order(METRIC_TYPES) if metric_types is None or metric.name in metric_types]
        report, activity = StageReport(), Activity()
        for position, metric in enumerate(wanted):
            progress(position / len(wanted), metric.name_key)
            report += self._collect_one(hotel_id, metric, at, activity)
        progress(1.0, "stage.done")
        return report

    def compare_everything(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Collect as if for the first time: the whole history is compared and only the differences are written."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.transaction() as connection:
            watermarks.reset(connection, hotel_id, STAGE)
        return self.collect(scope, hotel_id, at, progress)

    def _collect_one(self, hotel_id: int, metric: MetricType, at: datetime, activity: Activity) -> StageReport:
        with self.database.transaction() as connection:
            window = watermarks.open_window(connection, hotel_id, STAGE, metric.name, at)
            collected = SHAPES[metric.source.shape](connection, window, metric, activity)
            watermarks.close_window(connection, window)
            if collected.written.rows:
                versions.bump(connection, hotel_id, "metrics")
        details = {
            "read": collected.rows_in,
            "written": collected.written.changed,
            "deleted": collected.written.deleted,
        }
        return StageReport(collected.rows_in, collected.written.rows, {metric.name: details})


def in_order(metrics: dict[str, MetricType]) -> list[MetricType]:
    """Types made of records first, then those made of other types' rows; a sort that keeps the rest as it is."""
    return sorted(metrics.values(), key=lambda metric: metric.source.shape in DERIVED)


def collect_ledger(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Products that moved are computed from their whole ledger, the others carry their level on; observed hours only.

    When late records turn silence into observed time, that is so for every product.
    """
    again = activity.reopened(connection, window) is not None
    products = collect_stock.touched_products(connection, window, everything=again)
    moved = collect_stock.movements(connection, window, products)
    newest = collect_stock.newest_levels(connection, window, products)
    newest = newest.head(0) if window.is_first else newest  # products without a movement left have no level
    starts = [*moved["occurred_at"].nsmallest(1), *newest["timestamp"].nsmallest(1), window.at]
    computed = hourly_levels(ledger.levels(moved), window.at)
    rows = pd.concat([computed, carried_levels(newest, window.at)], ignore_index=True)
    seen = activity.observed_after(connection, window, pd.Timestamp(min(starts)).to_pydatetime()).rows(rows)
    return replace(connection, window, metric, seen, whole_history(products))


def collect_events(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """One row an event: those of the entities whose records changed, some days back."""
    source = EVENTS[metric.source.query]
    touched = source.touched(connection, window)
    if touched.empty and not window.is_first:
        return Collected()
    return replace(connection, window, metric, source.rows(connection, window, touched), touched)


DERIVED: tuple[Shape, ...] = ("vacant", "run_out")
SHAPES: dict[Shape, Collector] = {
    "ledger": collect_ledger,
    "looks": collect_looks,
    "events": collect_events,
    "custody": collect_custody,
    "daily": collect_daily,
    "room_days": collect_room_days,
    "occupancy": collect_occupancy,
    "vacant": collect_vacant,
    "run_out": collect_run_out,
}
