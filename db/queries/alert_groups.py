"""Alerts that belong together: of one hotel, floor, type, product and shift, over the whole result (A5.6)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.queries.alerts import JOINS, RANK, AlertFilters, where

# Shifts of the hotel's day: night 22-6, morning 6-14, evening 14-22, by the moment an alert was last seen.
HOUR = "extract(hour FROM a.last_seen_at AT TIME ZONE h.time_zone)"
SHIFT = f"CASE WHEN {HOUR} >= 22 OR {HOUR} < 6 THEN 'night' WHEN {HOUR} < 14 THEN 'morning' ELSE 'evening' END"
# Alerts of a room speak of its floor; a product is named where the whole group is about one.
GROUPED = f"""
    SELECT h.name AS hotel_name, a.alert_type, f.name AS floor, {SHIFT} AS shift,
           CASE WHEN count(DISTINCT p.id) = 1 AND count(p.id) = count(*) THEN min(p.name) END AS product,
           count(*) AS alerts, count(DISTINCT a.room_id) AS rooms, max({RANK}) AS severity_rank,
           min(a.started_at) AS started_at, max(a.last_seen_at) AS last_seen_at,
           (array_agg(a.id ORDER BY {RANK} DESC, a.last_seen_at DESC, a.id DESC))[1:1000] AS alert_ids
"""


@dataclass(frozen=True)
class AlertGroup:
    """``severity_rank``: of the worst one, 1 (low) to 4; ``alert_ids``: the worst first, a thousand at most."""

    hotel_name: str
    alert_type: str
    floor: str | None
    shift: str
    product: str | None
    alerts: int
    rooms: int
    severity_rank: int
    started_at: datetime
    last_seen_at: datetime
    alert_ids: tuple[int, ...]


def groups(
    connection: Connection, hotel_ids: list[int] | None, filters: AlertFilters, now: datetime, limit: int
) -> list[AlertGroup]:
    """The largest groups of what the filters find, the worst first."""
    condition, params = where(hotel_ids, filters, now)
    query = (
        f"{GROUPED} {JOINS} WHERE {condition} GROUP BY h.id, h.name, a.alert_type, f.id, f.name, {SHIFT} "
        "ORDER BY severity_rank DESC, alerts DESC, last_seen_at DESC LIMIT :limit"
    )
    rows = connection.execute(text(query), params | {"limit": limit}).mappings()
    return [AlertGroup(**{**dict(row), "alert_ids": tuple(row["alert_ids"])}) for row in rows]
