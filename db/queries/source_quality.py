"""How complete a hotel's records are by source, and which days and rooms they say nothing about (P9, A2.6)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from core.clock import local_date, local_midnight

DAY = timedelta(days=1)


@dataclass(frozen=True)
class SourceTable:
    """A table of records: when a row happened, which columns may be empty, what makes two rows the same, of whom."""

    table: str
    at: str  # an instant, or the hotel-local date
    nullable: tuple[str, ...]
    key: str
    entity: str
    entities: str  # the table of those who should have rows
    condition: str = "true"
    of_days: bool = False  # ``at`` is a date: its row happened when the day began

    @property
    def begun(self) -> str:
        return f"{self.at} > {':since_on' if self.of_days else ':since'}"

    @property
    def happened(self) -> str:
        return f"{self.at} <= {':until_on' if self.of_days else ':until'} AND {self.condition}"

    @property
    def day(self) -> str:
        return "at" if self.of_days else "width_bucket(at, CAST(:midnights AS timestamptz[]))"

    def instant(self, at: str) -> str:
        return f"(({at})::timestamp AT TIME ZONE :zone)" if self.of_days else at


TABLES = {
    "stays": SourceTable(
        "stays", "arrival_on", ("segment",), "room_id, arrival_on, departure_on", "room_id", "rooms", of_days=True
    ),
    "stock": SourceTable(
        "stock_movements", "occurred_at", ("staff_id", "document_number"),
        "product_id, movement_type, quantity, occurred_at, staff_id, document_number", "product_id", "products",
    ),
    "checks": SourceTable(
        "visits", "occurred_at", ("staff_id",), "room_id, occurred_at", "room_id", "rooms",
        "visit_type = ANY(:observing)",
    ),
    "refills": SourceTable(
        "room_checks", "started_at", ("staff_id", "ended_at"), "room_id, started_at", "room_id", "rooms",
    ),
    "custody": SourceTable(
        "custody_movements", "occurred_at", (), "staff_id, product_id, movement_type, quantity, occurred_at",
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
    connection: Connection, hotel_id: int, source: str, since_on: date, until: datetime, *, zone: str,
    observing: list[str],
) -> SourceRow:  # fmt: skip
    """Rows that happened in ``since < at ≤ until``, where ``since`` is the beginning of the hotel-local day."""
    one, until_on = TABLES[source], local_date(until, zone)
    missing = f"num_nulls({', '.join(one.nullable)})" if one.nullable else "0"
    query = f"""
        WITH distinct_rows AS (
            SELECT {one.entity} AS entity, {one.at} AS at, count(*) AS rows, sum({missing}) AS missing
              FROM {one.table} WHERE hotel_id = :hotel_id AND {one.begun} AND {one.happened} GROUP BY {one.key})
        SELECT coalesce(sum(rows), 0)::int AS rows, coalesce(sum(missing), 0)::int AS missing,
               coalesce(sum(rows), 0)::int * {len(one.nullable)} AS cells,
               coalesce(sum(rows - 1), 0)::int AS duplicates,
               count(DISTINCT {one.day}) AS days, count(DISTINCT entity) AS entities,
               (SELECT count(*) FROM {one.entities} WHERE hotel_id = :hotel_id AND is_active) AS entities_known,
               coalesce({one.instant("max(at)")}, (SELECT {one.instant(one.at)} FROM {one.table}
                         WHERE hotel_id = :hotel_id AND {one.happened} ORDER BY recorded_at DESC LIMIT 1)) AS last_at,
               (SELECT max(recorded_at) FROM {one.table} WHERE hotel_id = :hotel_id) AS recorded_at
          FROM distinct_rows"""
    params: dict[str, Any] = {
        "hotel_id": hotel_id, "since_on": since_on, "until_on": until_on, "since": local_midnight(since_on, zone),
        "until": until, "zone": zone, "observing": observing,
        "midnights": [local_midnight(since_on + n * DAY, zone) for n in range((until_on - since_on).days + 1)],
    }  # fmt: skip
    return SourceRow(source, **connection.execute(text(query), params).mappings().one())


def known_days(
    connection: Connection, hotel_id: int, metric_types: list[str], first: date, last: date, *, zone: str
) -> dict[str, int | None]:
    """By metric type: on how many of the hotel-local days, both ends included, anything was measured; None: never."""
    query = """
        SELECT t.metric_type, count(*) FILTER (WHERE EXISTS (
                   SELECT 1 FROM ml_metrics m WHERE m.hotel_id = :hotel_id AND m.metric_type = t.metric_type
                      AND m.timestamp > d.begins AND m.timestamp <= d.ends)) AS known,
               -- In the order of an index: with EXISTS the planner may read the whole table for a type without rows.
               (SELECT true FROM ml_metrics m WHERE m.hotel_id = :hotel_id AND m.metric_type = t.metric_type
                 ORDER BY m.timestamp LIMIT 1) AS ever
          FROM unnest(CAST(:types AS text[])) AS t(metric_type)
         CROSS JOIN (SELECT day AT TIME ZONE :zone AS begins, (day + interval '1 day') AT TIME ZONE :zone AS ends
                       FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), '1 day') AS day) d
         GROUP BY t.metric_type"""
    params = {"hotel_id": hotel_id, "types": metric_types, "first": first, "last": last, "zone": zone}
    return {row.metric_type: row.known if row.ever else None for row in connection.execute(text(query), params)}


def unknown_occupancy(connection: Connection, hotel_id: int, first: date, last: date) -> tuple[int, int]:
    """(rooms, hotel-local days, both ends included) with checks at which nobody could tell whether it was taken."""
    query = """
        SELECT count(DISTINCT room_id) AS rooms, count(DISTINCT day) AS days FROM look_days
         WHERE hotel_id = :hotel_id AND day BETWEEN :first AND :last AND occupancy = 'unknown'"""
    row = connection.execute(text(query), {"hotel_id": hotel_id, "first": first, "last": last}).one()
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
