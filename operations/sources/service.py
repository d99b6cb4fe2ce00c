"""Sources as administrators and managers see them: what came, how complete, how fresh, and what is unknown (P9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock, local_date
from core.scope import Scope
from db.queries import premises
from db.queries import source_quality as queries
from db.queries.scores import hotel_time_zone
from db.queries.source_quality import SourceRow
from db.session import Database
from operations.sources.unknowns import Unknown, of_checks, of_stays, unmeasured
from pipeline.metrics.registry import METRIC_TYPES
from sources.visit_types import names

__all__ = ["SourceQuality", "SourceRow", "SourceService", "Unknown"]

DAY = timedelta(days=1)
DAYS, UNSEEN_DAYS = 30, 7


@dataclass(frozen=True)
class SourceQuality:
    """The last ``days`` closed days, fewer where the records begin later; 0 without any record."""

    days: int
    sources: tuple[SourceRow, ...]
    unknowns: tuple[Unknown, ...]


@dataclass(frozen=True)
class SourceService:
    """Counts from what is stored, when it is asked for."""

    database: Database
    clock: Clock

    def quality(self, scope: Scope, hotel_id: int) -> SourceQuality:
        """Every source of a hotel, and what cannot be known because of what is missing in it."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return _quality(connection, hotel_id, self.clock.now())


def _quality(connection: Any, hotel_id: int, at: datetime) -> SourceQuality:
    zone, observing = hotel_time_zone(connection, hotel_id), names(observes=True)
    today = local_date(at, zone)
    sources = tuple(
        queries.source_row(connection, hotel_id, name, today - DAYS * DAY, at, zone=zone, observing=observing)
        for name in queries.TABLES
    )
    begun_at = premises.first_record_at(connection, hotel_id)
    if begun_at is None:
        return SourceQuality(0, sources, ())
    days = min(DAYS, (today - local_date(begun_at, zone)).days)
    first, last = today - days * DAY, today - DAY
    types = list(METRIC_TYPES)
    known = queries.known_days(connection, hotel_id, types, first, last, zone=zone)
    unseen, rooms = queries.unseen_rooms(connection, hotel_id, at - UNSEEN_DAYS * DAY, at, observing)
    doubtful = queries.unknown_occupancy(connection, hotel_id, first, last)
    unknowns = (
        *of_stays(*doubtful, of_days=days, of_rooms=rooms),
        *of_checks(unseen, rooms, UNSEEN_DAYS),
        *unmeasured(METRIC_TYPES.values(), known, days),
    )
    return SourceQuality(days, sources, unknowns)
