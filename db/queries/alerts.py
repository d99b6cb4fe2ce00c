"""Alerts as people read and judge them; the machine's writes are in ``incidents``."""

from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.silences import SILENCED

RANK = "array_position(ARRAY['dusuk', 'orta', 'yuksek', 'kritik'], CAST(a.severity AS text))"
SNOOZED = "coalesce(a.snoozed_until > :now, false)"
SHOWN = f"a.closed_at IS NULL AND NOT {SNOOZED} AND NOT {SILENCED}"  # what waits for somebody now
STATES = {
    "open": f"({SHOWN})",
    "unread": f"({SHOWN} AND a.read_at IS NULL)",
    "acknowledged": f"({SHOWN} AND a.acknowledged_at IS NOT NULL)",
    "unassigned": f"({SHOWN} AND a.assigned_to IS NULL)",
    "snoozed": f"(a.closed_at IS NULL AND {SNOOZED})",
    "silenced": f"(a.closed_at IS NULL AND {SILENCED})",
    "unjudged": "a.verdict IS NULL",
    "closed": "a.closed_at IS NOT NULL",
    "all": "true",
}
JOINS = """
  FROM ml_alerts a
  JOIN hotels h ON h.id = a.hotel_id
  LEFT JOIN rooms r ON r.id = a.room_id
  LEFT JOIN floors f ON f.id = coalesce(r.floor_id, CASE WHEN a.entity_type = 'floor' THEN a.entity_id END)
  LEFT JOIN custom_series c ON a.entity_type = 'custom_series' AND c.id = a.entity_id
  LEFT JOIN products p ON p.id = a.product_id
  LEFT JOIN staff s ON s.id = a.staff_id
"""
COLUMNS = f"""
    a.id, a.hotel_id, a.alert_type, a.metric_type, a.entity_type, a.entity_id, a.room_id, a.product_id, a.staff_id,
    a.severity, a.metric_value, a.expected, a.lower, a.upper, a.deviation_ratio, a.score, a.message_id,
    a.message_params, a.reasons, a.actions, a.context_signature, a.occurrence_count, a.started_at, a.last_seen_at,
    a.raised_at, a.read_at, a.acknowledged_at, a.acknowledged_by, a.closed_at, a.closed_reason, a.verdict,
    a.verdict_by, a.verdict_at, a.verdict_note, a.model_id, a.assigned_to, a.snoozed_until,
    h.name AS hotel_name, h.time_zone, h.currency, f.id AS floor_id,
    r.number AS room, f.name AS floor, p.name AS product, s.full_name AS staff,
    nullif(concat_ws(' · ', c.metric_code, nullif(c.entity, '')), '') AS own_series, {RANK} AS severity_rank
"""
# İ, I, ı and i are one letter to someone who searches, whatever the database's locale thinks of them.
FOLDED = "lower(translate({}, 'İIı', 'iii'))"
SEARCHED = "concat_ws(' ', r.number, p.name, s.full_name, f.name, h.name, c.metric_code, c.entity)"


@dataclass(frozen=True)
class AlertFilters:
    """What a board shows; empty means any. ``states`` are keys of ``STATES``, an alert matches any of them."""

    hotel_ids: tuple[int, ...] | None = None
    severities: tuple[str, ...] = ()
    states: tuple[str, ...] = ("open",)
    alert_types: tuple[str, ...] = ()
    since: datetime | None = None  # seen at or after
    until: datetime | None = None  # began before
    raised_since: datetime | None = None  # raised after
    closed_since: datetime | None = None  # closed after
    text: str = ""
    assignee: str | None = None


@dataclass(frozen=True)
class AlertRow:
    """One alert with the names of today; ``message_params`` hold them too, with ``at`` and ``since`` as instants."""

    id: int
    hotel_id: int
    alert_type: str
    metric_type: str
    entity_type: str
    entity_id: int
    room_id: int | None
    product_id: int | None
    staff_id: int | None
    severity: str
    metric_value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    deviation_ratio: float | None
    score: float | None
    message_id: str
    message_params: dict[str, Any]
    reasons: list[dict[str, Any]]
    actions: list[str]
    context_signature: str | None
    occurrence_count: int
    started_at: datetime
    last_seen_at: datetime
    raised_at: datetime
    read_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None
    closed_reason: str | None
    verdict: str | None
    verdict_by: str | None
    verdict_at: datetime | None
    verdict_note: str | None
    model_id: int | None
    hotel_name: str
    time_zone: str
    currency: str
    room: str | None
    floor: str | None
    product: str | None
    staff: str | None
    severity_rank: int
    own_series: str | None = None  # name of a custom series
    assigned_to: str | None = None
    snoozed_until: datetime | None = None
    floor_id: int | None = None


@dataclass(frozen=True)
class EventRow:
    """One line of the timeline."""

    occurred_at: datetime
    actor: str
    kind: str
    details: dict[str, Any] = field(default_factory=dict)


def _alert(row: RowMapping) -> AlertRow:
    values = {one.name: row[one.name] for one in fields(AlertRow)}
    names = {name: values[name] or "–" for name in ("room", "floor", "product", "staff")}
    known = (values["own_series"], values["room"], values["product"], values["staff"], values["hotel_name"])
    names |= {
        "hotel": values["hotel_name"],
        "currency": values["currency"],
        "entity": next(name for name in known if name),
    }
    moments = {"at": values["last_seen_at"], "since": values["started_at"], "day": _day(values)}
    return AlertRow(**(values | {"message_params": values["message_params"] | names | moments}))


def _day(values: dict[str, Any]) -> date:
    """The hotel-local day that the last interval belongs to; one that ends at midnight is of the day before."""
    last_seen_at: datetime = values["last_seen_at"]
    return (last_seen_at - timedelta(microseconds=1)).astimezone(ZoneInfo(values["time_zone"])).date()


def where(hotel_ids: list[int] | None, filters: AlertFilters, now: datetime) -> tuple[str, dict[str, Any]]:
    """The condition of what a board shows, over the aliases of ``JOINS``, and its parameters."""
    conditions: list[str] = ["NOT a.is_suppressed"]
    params: dict[str, Any] = {"now": now}
    states = " OR ".join(STATES[state] for state in filters.states) or "true"
    conditions.append(f"({states})")
    if hotel_ids is not None:
        conditions.append("a.hotel_id = ANY(:hotel_ids)")
        params["hotel_ids"] = hotel_ids
    if filters.severities:
        conditions.append("a.severity = ANY(:severities)")
        params["severities"] = list(filters.severities)
    if filters.alert_types:
        conditions.append("a.alert_type = ANY(:alert_types)")
        params["alert_types"] = list(filters.alert_types)
    if filters.assignee is not None:
        conditions.append("a.assigned_to = :assignee")
        params["assignee"] = filters.assignee
    if filters.since is not None:
        conditions.append("a.last_seen_at >= :since")
        params["since"] = filters.since
    if filters.until is not None:
        conditions.append("a.started_at < :until")
        params["until"] = filters.until
    if filters.raised_since is not None:
        conditions.append("a.raised_at > :raised_since")
        params["raised_since"] = filters.raised_since
    if filters.closed_since is not None:
        conditions.append("a.closed_at > :closed_since")
        params["closed_since"] = filters.closed_since
    if filters.text.strip():
        conditions.append(f"strpos({FOLDED.format(SEARCHED)}, {FOLDED.format(':text')}) > 0")
        params["text"] = filters.text.strip()
    return " AND ".join(conditions), params


def page(
    connection: Connection,
    hotel_ids: list[int] | None,
    filters: AlertFilters,
    limit: int,
    *,
    now: datetime,
    after: tuple[int, datetime, int] | None = None,
    offset: int = 0,
) -> list[AlertRow]:
    """Alerts by severity, then last seen, newest first; ``after`` is the sort key of the row before the page."""
    condition, params = where(hotel_ids, filters, now)
    if after is not None:
        condition += f" AND ({RANK}, a.last_seen_at, a.id) < (:after_rank, :after_seen_at, :after_id)"
        params |= {"after_rank": after[0], "after_seen_at": after[1], "after_id": after[2]}
    query = (
        f"SELECT {COLUMNS} {JOINS} WHERE {condition} "
        f"ORDER BY {RANK} DESC, a.last_seen_at DESC, a.id DESC LIMIT :limit OFFSET :offset"
    )
    rows = connection.execute(text(query), params | {"limit": limit, "offset": offset})
    return [_alert(row) for row in rows.mappings()]


def total(connection: Connection, hotel_ids: list[int] | None, filters: AlertFilters, now: datetime) -> int:
    """How many alerts match."""
    condition, params = where(hotel_ids, filters, now)
    return int(connection.execute(text(f"SELECT count(*) {JOINS} WHERE {condition}"), params).scalar_one())


def find(connection: Connection, alert_id: int) -> AlertRow | None:
    query = text(f"SELECT {COLUMNS} {JOINS} WHERE a.id = :id")
    row = connection.execute(query, {"id": alert_id}).mappings().one_or_none()
    return None if row is None else _alert(row)


def by_ids(connection: Connection, alert_ids: list[int]) -> dict[int, AlertRow]:
    """Several alerts at once, by id; those that are not there any more are left out."""
    rows = connection.execute(text(f"SELECT {COLUMNS} {JOINS} WHERE a.id = ANY(:ids)"), {"ids": alert_ids})
    return {row["id"]: _alert(row) for row in rows.mappings()}


def timeline(connection: Connection, alert_id: int) -> list[EventRow]:
    """Events, newest first; the runs that a verdict kept silent are one line with their number."""
    query = """
        SELECT occurred_at, actor, kind, coalesce(details, '{}') AS details, id FROM ml_alert_events
         WHERE alert_id = :id AND kind <> 'suppressed'
        UNION ALL
        SELECT max(occurred_at), 'system', 'suppressed',
               jsonb_build_object('count', sum(CAST(details->>'count' AS bigint))), max(id)
          FROM ml_alert_events WHERE alert_id = :id AND kind = 'suppressed' HAVING count(*) > 0
         ORDER BY 1 DESC, 5 DESC"""
    rows = connection.execute(text(query), {"id": alert_id})
    return [EventRow(row.occurred_at, row.actor, row.kind, row.details) for row in rows]


def counts(
    connection: Connection, hotel_ids: list[int] | None, now: datetime, since: datetime | None = None
) -> dict[str, int]:
    """Open alerts by severity; ``since`` leaves those raised at or after it. Severities without any are absent."""
    condition, params = where(hotel_ids, AlertFilters(), now)
    if since is not None:
        condition += " AND a.raised_at >= :raised_since"
        params["raised_since"] = since
    query = text(f"SELECT a.severity, count(*) AS number FROM ml_alerts a WHERE {condition} GROUP BY a.severity")
    return {row.severity: row.number for row in connection.execute(query, params)}


def alert_types(connection: Connection, hotel_ids: list[int] | None) -> list[str]:
    """The types that occur."""
    condition, params = where(hotel_ids, AlertFilters(states=("all",)), datetime(1970, 1, 1, tzinfo=UTC))
    query = text(f"SELECT DISTINCT a.alert_type FROM ml_alerts a WHERE {condition} ORDER BY 1")
    return list(connection.execute(query, params).scalars())


def hotel_of_locked(connection: Connection, alert_id: int) -> int | None:
    """The alert's hotel; the row stays locked, so that a command sees and changes one state."""
    query = text("SELECT hotel_id FROM ml_alerts WHERE id = :id FOR UPDATE")
    found: int | None = connection.execute(query, {"id": alert_id}).scalar()
    return found


def mark_read(connection: Connection, alert_id: int, at: datetime) -> bool:
    """The first reading is kept; whether this was it."""
    query = "UPDATE ml_alerts SET read_at = :at WHERE id = :id AND read_at IS NULL"
    return connection.execute(text(query), {"id": alert_id, "at": at}).rowcount == 1


def add_event(
    connection: Connection, alert_id: int, kind: str, details: dict[str, Any], *, at: datetime, actor: str
) -> None:
    statement = text(
        "INSERT INTO ml_alert_events (alert_id, occurred_at, actor, kind, details) "
        "VALUES (:alert_id, :at, :actor, :kind, :details)"
    ).bindparams(bindparam("details", type_=JSONB))
    values = {"alert_id": alert_id, "at": at, "actor": actor, "kind": kind, "details": details}
    connection.execute(statement, values)
