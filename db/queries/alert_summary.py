"""How many alerts came, closed and are open in a period, beside the period before it (A5.4)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.queries.alerts import SHOWN
from db.queries.hotel_scope import of_hotels

COUNTED = f"""
SELECT coalesce(a.severity, '') AS severity, coalesce(a.alert_type, '') AS alert_type,
       count(*) FILTER (WHERE a.raised_at > :since) AS raised,
       count(*) FILTER (WHERE a.raised_at > :before AND a.raised_at <= :since) AS raised_before,
       count(*) FILTER (WHERE a.closed_at > :since) AS closed,
       count(*) FILTER (WHERE a.closed_at > :before AND a.closed_at <= :since) AS closed_before,
       count(*) FILTER (WHERE c.by_itself) AS closed_by_itself,
       count(*) FILTER (WHERE {SHOWN}) AS open
  FROM ml_alerts a
  LEFT JOIN LATERAL (SELECT e.actor = 'system' AS by_itself FROM ml_alert_events e
                      WHERE e.alert_id = a.id AND e.kind = 'closed' AND a.closed_at > :since
                      ORDER BY e.id DESC LIMIT 1) c ON true
 WHERE NOT a.is_suppressed AND {of_hotels("a.hotel_id")}
   AND (a.closed_at IS NULL OR a.closed_at > :before OR a.raised_at > :before)
 GROUP BY GROUPING SETS ((), (a.severity), (a.alert_type))
"""


@dataclass(frozen=True)
class CountRow:
    """Of one severity, of one alert type, or ('' and '') of all; ``open`` is what the board shows now."""

    severity: str
    alert_type: str
    raised: int
    raised_before: int
    closed: int
    closed_before: int
    closed_by_itself: int
    open: int


def counted(
    connection: Connection, hotel_ids: list[int] | None, since: datetime, before: datetime, now: datetime
) -> list[CountRow]:
    """Raised and closed in ``since < at``, and in ``before < at ≤ since`` to compare with."""
    params = {"hotel_ids": hotel_ids, "since": since, "before": before, "now": now}
    return [CountRow(**row) for row in connection.execute(text(COUNTED), params).mappings()]
