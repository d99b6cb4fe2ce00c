"""Quality figures of hotels, measured when they are asked for (SPEC P9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock, local_date, local_midnight
from core.scope import Scope
from db.queries import kpis as queries
from db.queries import model_loads
from db.queries.kpis import Share
from db.queries.scores import hotel_time_zone
from db.session import Database
from operations.quality.kpis import Kpi, Measuring
from pipeline.metrics.registry import METRIC_TYPES

__all__ = ["Kpi", "QualityService"]

DAY = timedelta(days=1)
FEATURE_DAYS, RECENT_DAYS, KNOWN_DAYS, VERDICT_DAYS = 7, 7, 30, 30
[SLOT_TYPE] = [metric.name for metric in METRIC_TYPES.values() if metric.entity_type == "minibar_slot"]


@dataclass(frozen=True)
class QualityService:
    """Counts from what is stored; nothing is kept, so a figure is never older than the page."""

    database: Database
    clock: Clock

    def kpis(self, scope: Scope, hotel_id: int, at: datetime | None = None) -> list[Kpi]:
        """Every figure of one hotel as of an instant (now): the hotel's first, then by metric type."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        measured_at = at or self.clock.now()
        with self.database.reading() as connection:
            return _measured(connection, Measuring(hotel_id, measured_at))


def _measured(connection: Any, measuring: Measuring) -> list[Kpi]:
    hotel_id, at = measuring.hotel_id, measuring.at
    time_zone = hotel_time_zone(connection, hotel_id)
    today = local_date(at, time_zone)
    first, last = today - FEATURE_DAYS * DAY, today - DAY
    begins, ends = local_midnight(first, time_zone), local_midnight(today, time_zone)
    month, week = at - KNOWN_DAYS * DAY, at - RECENT_DAYS * DAY
    attempts, failed = model_loads.load_counts(connection, hotel_id, at - DAY, at)
    return [
        measuring.of_share("collection", queries.runs(connection, hotel_id, "collect", at - DAY, at)),
        *measuring.of_ages("freshness", queries.collected(connection, hotel_id)),
        *measuring.of_shares("coverage", queries.coverage(connection, hotel_id, month, week, at, slot_type=SLOT_TYPE)),
        measuring.of_count("duplicates", queries.duplicates(connection, hotel_id, month, at)),
        *measuring.of_shares(
            "features",
            queries.features_built(connection, hotel_id, (first, last), slot_type=SLOT_TYPE, zone=time_zone),
        ),
        measuring.of_share("nulls", queries.feature_nulls(connection, hotel_id, begins, ends)),
        *measuring.of_shares("false_alarms", queries.false_alarms(connection, hotel_id, at - VERDICT_DAYS * DAY, at)),
        measuring.of_share("model_loads", Share(attempts - failed, attempts)),
    ]
