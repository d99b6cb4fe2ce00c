"""How complete a hotel's records are by source, and which days and rooms they say nothing about (P9, A2.6)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class SourceTable:
    """A table of records: when a row happened, which columns may be empty, what makes two rows the same, of whom."""

    table: str
    at: str
    nullable: tuple[str, ...]
    key: str
    entity: str
    entities: str  # the table of those who should have rows
    condition: str = "true"


TABLES = {
    "stays": SourceTable(
        "stays", "(s.arrival_on::timestamp AT TIME ZONE :zone)", ("segment",), "room_id, arrival_on, departure_on",
        "room_id", "rooms",
    ),
    "stock": SourceTable(
        "stock_movements", "s.occurred_at", ("staff_id", "document_number"),
        "product_id, movement_type, quantity, occurred_at, staff_id, document_number", "product_id", "products",
    ),
    "checks": SourceTable(
        "visits", "s.occurred_at", ("staff_id",), "room_id, occurred_at", "room_id", "rooms",
        "s.visit_type = ANY(:observing)",
    ),
    "refills": SourceTable(
        "room_checks", "s.started_at", ("staff_id", "ended_at"), "room_id, started_at", "room_id", "rooms",
    ),
    "custody": SourceTable(
        "custody_movements", "s.occurred_at", (), "staff_id, product_id, movement_type, quantity, occurred_at",
        "staff_id", "staff",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class SourceRow:
    """One source over the days asked for. ``cells``: values that may be missing, ``missing`` of them are."""

    source: str
    rows: int
    missing: int
    cells: int
    duplicates: int
    days: int  # on which anything was recorded
    entities: int  # that have any row
    entities_known: int
    last_at: datetime | None  # when the newest row happened, as far as it is not in the future
    recorded_at: datetime | None  # when Barometer last learned of a row


def source_row(
    connection: Connection, hotel_id: int, source: str, since: datetime, until: datetime, *, zone: str,
    observing: list[str],
) -> SourceRow:  # fmt: skip
    """Rows that happened in ``since < at ≤ until``."""
    one = TABLES[source]
    missing = f"coalesce(sum(num_nulls({', '.join(f's.{name}' for name in one.nullable)})), 0)" if one.nullable else "0"
    key = ", ".join(f"s.{name.strip()}" for name in one.key.split(","))
    query = f"""
        SELECT count(*) AS rows, {missing} AS missing, count(*) * {len(one.nullable)} AS cells,
               count(*) - count(DISTINCT ({key})) AS duplicates,
               count(DISTINCT ({one.at} AT TIME ZONE :zone)::date) AS days, count(DISTINCT s.{one.entity}) AS entities,
               (SELECT count(*) FROM {one.entities} WHERE hotel_id = :hotel_id AND is_active) AS entities_known,
               coalesce(max({one.at}), (SELECT {one.at} FROM {one.table} s WHERE s.hotel_id = :hotel_id
                         AND {one.at} <= :until AND {one.condition} ORDER BY s.recorded_at DESC LIMIT 1)) AS last_at,
               (SELECT max(recorded_at) FROM {one.table} WHERE hotel_id = :hotel_id) AS recorded_at
          FROM {one.table} s
         WHERE s.hotel_id = :hotel_id AND {one.at} > :since AND {one.at} <= :until AND {one.condition}"""
    params: dict[str, Any] = {"hotel_id": hotel_id, "since": since, "until": until, "zone": zone}
    found = connection.execute(text(query), params | {"observing": observing}).mappings().one()
    return SourceRow(source, **found)


def known_days(
    connection: Connection, hotel_id: int, metric_types: list[str], first: date, last: date, *, zone: str
) -> dict[str, int | None]:
    """By metric type: on how many of the hotel-local days, both ends included, anything was measured; None: never."""
    query = """
        SELECT t.metric_type, count(*) FILTER (WHERE EXISTS (
                   SELECT 1 FROM ml_metrics m WHERE m.hotel_id = :hotel_id AND m.metric_type = t.metric_type
                      AND m.timestamp > d.begins AND m.timestamp <= d.ends)) AS known,
               EXISTS (SELECT 1 FROM ml_metrics m
                        WHERE m.hotel_id = :hotel_id AND m.metric_type = t.metric_type) AS ever
          FROM unnest(CAST(:types AS text[])) AS t(metric_type)
         CROSS JOIN (SELECT day AT TIME ZONE :zone AS begins, (day + interval '1 day') AT TIME ZONE :zone AS ends
                       FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), '1 day') AS day) d
         GROUP BY t.metric_type"""
    params = {"hotel_id": hotel_id, "types": metric_types, "first": first, "last": last, "zone": zone}
    return {row.metric_type: row.known if row.ever else None for row in connection.execute(text(query), params)}


def unknown_occupancy(
    connection: Connection, hotel_id: int, since: datetime, until: datetime, *, zone: str
) -> tuple[int, int]:
    """(rooms, hotel-local days) with checks at which nobody could tell whether the room was taken."""
    query = """
        SELECT count(DISTINCT s.room_id) AS rooms, count(DISTINCT (m.timestamp AT TIME ZONE :zone)::date) AS days
          FROM ml_metrics m JOIN minibar_slots s ON s.id = m.entity_id
         WHERE m.hotel_id = :hotel_id AND m.metric_type = 'tuketim_miktar' AND m.extra_data->>'occupancy' = 'unknown'
           AND m.timestamp > :since AND m.timestamp <= :until"""
    params = {"hotel_id": hotel_id, "since": since, "until": until, "zone": zone}
    row = connection.execute(text(query), params).one()
    return int(row.rooms), int(row.days)


def unseen_rooms(
    connection: Connection, hotel_id: int, since: datetime, until: datetime, observing: list[str]
) -> tuple[int, int]:
    """(rooms nobody looked into since ``since``, active rooms with a minibar)."""
    query = """
        SELECT count(*) FILTER (WHERE NOT EXISTS (
                   SELECT 1 FROM visits v WHERE v.hotel_id = r.hotel_id AND v.room_id = r.id
                      AND v.occurred_at > :since AND v.occurred_at <= :until
                      AND v.visit_type = ANY(:observing))) AS unseen, count(*) AS rooms
          FROM rooms r WHERE r.hotel_id = :hotel_id AND r.is_active
           AND EXISTS (SELECT 1 FROM minibar_slots s WHERE s.room_id = r.id)"""
    params = {"hotel_id": hotel_id, "since": since, "until": until, "observing": observing}
    row = connection.execute(text(query), params).one()
    return int(row.unseen), int(row.rooms)
