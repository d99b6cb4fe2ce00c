"""Time to remedy: what the hotel recorded that ended incidents, and how long that takes by type and severity (A5.7)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.scope import Scope
from db.queries import remedies as queries
from db.queries.remedies import TimesRow
from db.session import Database
from pipeline.alerts.lifecycle import Key, Step
from pipeline.alerts.remedies.remedy import Cause, ended, with_causes

__all__ = ["ENOUGH", "RemedyService", "RemedyTimes", "TimesRow", "explained"]

ENOUGH = 5  # remedies, before a median says anything


@dataclass(frozen=True)
class RemedyTimes:
    """Of the alerts that closed lately: all, by severity and by type; medians only where enough stand behind them."""

    everything: TimesRow
    by_severity: tuple[TimesRow, ...]
    by_type: tuple[TimesRow, ...]


def explained(connection: Any, hotel_id: int, at: datetime, steps: Mapping[Key, Step]) -> dict[Key, Step]:
    """The steps of one result; those that close because the data is normal say what ended them, where it is known."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in ended(steps):
        by_kind[row["kind"]].append(row)
    found: dict[Key, Cause] = {}
    for kind, rows in by_kind.items():
        for one in queries.causes(connection, hotel_id, kind, rows, at):
            key = (one["alert_type"], one["entity_type"], one["entity_id"])
            found[key] = Cause(one["kind"], one["at"], int(one["units"]), int(one["rooms"]))
    return with_causes(steps, found)


@dataclass(frozen=True)
class RemedyService:
    database: Database
    clock: Clock

    def times(self, scope: Scope, hotel_ids: tuple[int, ...] | list[int] | None, days: int) -> RemedyTimes:
        """The alerts that closed in the last ``days`` days; those that the data did not end are counted apart."""
        scope.require("alerts.read")
        now = self.clock.now()
        hotels = scope.hotel_filter(None if hotel_ids is None else list(hotel_ids))
        with self.database.reading() as connection:
            rows = queries.times(connection, hotels, now - timedelta(days=days), now)
        told = [_measurable(row) for row in rows]
        [everything] = [row for row in told if not row.alert_type and not row.severity]
        return RemedyTimes(
            everything,
            tuple(row for row in told if row.severity),
            tuple(sorted((row for row in told if row.alert_type), key=lambda row: (-row.remedied, row.alert_type))),
        )


def _measurable(row: TimesRow) -> TimesRow:
    """Without the medians that too few remedies stand behind."""
    if row.remedied < ENOUGH:
        row = replace(row, median_seconds=None, shortest_seconds=None, longest_seconds=None)
    return row if row.acknowledged >= ENOUGH else replace(row, acknowledged_median_seconds=None)
