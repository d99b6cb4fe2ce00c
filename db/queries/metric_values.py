"""Stored metric values a page at a time, for readers outside of the screens (C12): by keyset, at any depth alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Wanted:
    """Rows of a metric type with ``since <= timestamp < until``; ``entity_id`` None: of every entity."""

    hotel_id: int
    metric_type: str
    since: datetime
    until: datetime
    entity_id: int | None = None


@dataclass(frozen=True)
class MetricValue:
    """One observed interval: it began at ``interval_start`` and ended at ``timestamp``."""

    entity_type: str
    entity_id: int
    interval_start: datetime
    timestamp: datetime
    value: float
    exposure: float | None
    extra: dict[str, Any] | None


# ``timestamp >=`` is what the index is entered by; rows of one instant are told apart by their entity.
VALUES = """
SELECT entity_type, entity_id, interval_start, timestamp, metric_value, exposure, extra_data
  FROM ml_metrics
 WHERE hotel_id = :hotel_id AND metric_type = :metric_type AND timestamp >= :since AND timestamp < :until
   {where}
 ORDER BY timestamp, entity_id LIMIT :limit
"""


def page(connection: Connection, wanted: Wanted, limit: int, after: tuple[datetime, int] | None) -> list[MetricValue]:
    """At most ``limit`` rows in the order of (timestamp, entity_id), those behind ``after``."""
    query, params = statement(wanted, limit, after)
    return [MetricValue(*row) for row in connection.execute(text(query), params)]


def statement(wanted: Wanted, limit: int, after: tuple[datetime, int] | None) -> tuple[str, dict[str, Any]]:
    """The query and its parameters."""
    where, params = "", {**vars(wanted), "limit": limit}
    if wanted.entity_id is not None:
        where += " AND entity_id = :entity_id"
    if after is not None:
        where += " AND (timestamp, entity_id) > (:after_at, :after_entity)"
        params |= {"since": max(wanted.since, after[0]), "after_at": after[0], "after_entity": after[1]}
    return VALUES.format(where=where), params
