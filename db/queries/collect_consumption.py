"""Sources of tuketim_miktar: slots, visits and stays; and the rows of changed intervals, one for every slot."""

from datetime import date

import pandas as pd
from sqlalchemy import Connection, text

from db.bulk import copy_frame
from db.queries import consumption_days, metric_writes
from db.queries.frames import copy_out
from db.queries.metric_writes import Written
from db.queries.watermarks import Window

METRIC = "tuketim_miktar"

# Every product of the room type's par template, and every product that a visit of the window recorded in the room.
ENSURE_SLOTS = """
INSERT INTO minibar_slots (hotel_id, room_id, product_id)
SELECT :hotel_id, wanted.room_id, wanted.product_id
  FROM (SELECT r.id AS room_id, p.product_id
          FROM rooms r JOIN par_templates p ON p.room_type_id = r.room_type_id WHERE r.hotel_id = :hotel_id
         UNION
        SELECT v.room_id, l.product_id FROM visits v JOIN visit_lines l ON l.visit_id = v.id
         WHERE v.hotel_id = :hotel_id AND v.occurred_at <= :at
           AND (cast(:since AS timestamptz) IS NULL OR v.recorded_at > :recorded)
         UNION
        SELECT v.room_id, l.product_id FROM visits v JOIN visit_lines l ON l.visit_id = v.id
         WHERE v.hotel_id = :hotel_id AND v.occurred_at > :since AND v.occurred_at <= :at) wanted
 WHERE NOT EXISTS (SELECT FROM minibar_slots s WHERE (s.room_id, s.product_id) = (wanted.room_id, wanted.product_id))
 ORDER BY 2, 3
    ON CONFLICT (room_id, product_id) DO NOTHING
RETURNING room_id
"""

TOUCHED_VISITS = """
SELECT room_id, min(occurred_at) AS since
  FROM (SELECT room_id, occurred_at FROM visits WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(at)s
           AND (%(since)s IS NULL OR recorded_at > %(recorded)s)
         UNION ALL
        SELECT room_id, occurred_at FROM visits WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(at)s
           AND occurred_at > %(since)s) touched
 GROUP BY room_id
"""

# From the last look before ``since`` on, because the first interval starts there.
VISITS = """
SELECT v.id AS visit_id, v.room_id, v.occurred_at, v.visit_type
  FROM unnest(%(rooms)s::bigint[], %(since_each)s::timestamptz[]) AS wanted(room_id, since)
  LEFT JOIN LATERAL (SELECT occurred_at FROM visits WHERE hotel_id = %(hotel_id)s AND room_id = wanted.room_id
                        AND occurred_at < wanted.since AND visit_type = ANY(%(bounds)s)
                      ORDER BY occurred_at DESC LIMIT 1) before ON true
  JOIN visits v ON v.hotel_id = %(hotel_id)s AND v.room_id = wanted.room_id AND v.occurred_at <= %(at)s
       AND v.occurred_at >= coalesce(before.occurred_at, wanted.since)
"""

# All slots of a room have rows of the same intervals, so its first slot tells what is stored.
STORED = """
SELECT s.room_id, m.interval_start, m.timestamp, m.exposure, m.extra_data->>'occupancy' AS occupancy,
       (m.extra_data->>'guests')::float8 AS guests, (m.extra_data->>'nights')::float8 AS nights,
       (m.extra_data->>'visit_id')::bigint AS visit_id
  FROM (SELECT room_id, min(id) AS slot_id FROM minibar_slots WHERE room_id = ANY(%(rooms)s) GROUP BY room_id) s
  JOIN unnest(%(rooms)s::bigint[], %(since_each)s::timestamptz[]) AS wanted(room_id, since)
       ON wanted.room_id = s.room_id
  JOIN ml_metrics m ON m.hotel_id = %(hotel_id)s AND m.metric_type = 'tuketim_miktar' AND m.entity_id = s.slot_id
       AND m.timestamp <= %(at)s AND m.timestamp >= wanted.since
"""

ROWS = """
SELECT s.id AS entity_id, i.interval_start, i.timestamp, coalesce(c.units, 0)::float8 AS metric_value, i.exposure,
       i.extra_data
  FROM (SELECT *, jsonb_build_object('occupancy', occupancy, 'guests', guests, 'nights', nights, 'visit_id', visit_id)
               AS extra_data FROM staged_intervals) i
  JOIN minibar_slots s ON s.room_id = i.room_id
  LEFT JOIN (SELECT v.room_id, v.timestamp, l.product_id, sum(l.consumed_quantity) AS units
               FROM staged_visits v JOIN visit_lines l ON l.visit_id = v.visit_id
              GROUP BY 1, 2, 3) c
       ON c.room_id = i.room_id AND c.timestamp = i.timestamp AND c.product_id = s.product_id
"""


def ensure_slots(connection: Connection, window: Window) -> list[int]:
    """Insert the slots that are missing; returns the rooms that got one."""
    added = connection.execute(
        text(ENSURE_SLOTS),
        {
            "hotel_id": window.hotel_id, "at": window.at, "since": window.since_at, "recorded": window.recorded_since,
        },
    )  # fmt: skip
    return sorted({row.room_id for row in added})


def touched_by_visits(connection: Connection, window: Window) -> pd.DataFrame:
    """room_id, since: rooms with visits that this run must look at, and the first of those visits."""
    return copy_out(connection, TOUCHED_VISITS, _params(window))


def touched_by_stays(connection: Connection, window: Window) -> list[int]:
    """Rooms with stays recorded since the run before; on the first run nothing, since every room is read anyway."""
    found = copy_out(
        connection,
        "SELECT DISTINCT room_id FROM stays WHERE hotel_id = %(hotel_id)s AND recorded_at > %(recorded)s",
        _params(window),
    )
    return found["room_id"].tolist()


def all_rooms(connection: Connection, hotel_id: int) -> list[int]:
    found = copy_out(connection, "SELECT id FROM rooms WHERE hotel_id = %(hotel_id)s", {"hotel_id": hotel_id})
    return found["id"].tolist()


def visits(connection: Connection, window: Window, rooms: pd.DataFrame, bounds: list[str]) -> pd.DataFrame:
    """visit_id, room_id, occurred_at, visit_type of ``rooms`` (room_id, since) up to the window's end.

    They begin with the last visit of a type in ``bounds`` before ``since``.
    """
    return copy_out(connection, VISITS, _params(window) | _rooms(rooms) | {"bounds": bounds})


def stays(connection: Connection, window: Window, rooms: list[int], since_on: date) -> pd.DataFrame:
    """room_id, arrival_on, departure_on, guests of the stays in some rooms that end on ``since_on`` or later."""
    return copy_out(
        connection,
        "SELECT room_id, arrival_on, departure_on, adults + children AS guests FROM stays "
        "WHERE hotel_id = %(hotel_id)s AND room_id = ANY(%(rooms)s) "
        "AND departure_on >= %(since_on)s "
        "AND arrival_on <= (%(at)s AT TIME ZONE %(zone)s)::date",
        _params(window) | {"rooms": rooms, "since_on": since_on, "zone": window.time_zone},
    )


def stored_intervals(connection: Connection, window: Window, rooms: pd.DataFrame) -> pd.DataFrame:
    """The intervals as they were collected before, one row an interval."""
    return copy_out(connection, STORED, _params(window) | _rooms(rooms))


def write_intervals(
    connection: Connection, window: Window, intervals: pd.DataFrame, members: pd.DataFrame, gone: pd.DataFrame
) -> Written:
    """Rows of ``intervals`` for every slot of their rooms, with the units of their visits (``members``).

    ``gone`` (room_id, timestamp): intervals that no longer exist; their rows are deleted.
    """
    params = {
        "hotel_id": window.hotel_id, "metric_type": METRIC, "entity_type": "minibar_slot", "at": window.at,
        "kept_since": window.kept_since,
    }  # fmt: skip
    connection.execute(
        text(
            "CREATE TEMP TABLE staged_intervals (room_id bigint, interval_start timestamptz, timestamp timestamptz, "
            "visit_id bigint, occupancy text, guests bigint, nights bigint, exposure float8) ON COMMIT DROP; "
            "CREATE TEMP TABLE staged_visits (visit_id bigint, room_id bigint, timestamp timestamptz) ON COMMIT DROP; "
            "CREATE TEMP TABLE staged_gone (room_id bigint, timestamp timestamptz) ON COMMIT DROP"
        )
    )
    copy_frame(connection, "staged_intervals", intervals)
    copy_frame(connection, "staged_visits", members)
    copy_frame(connection, "staged_gone", gone)
    connection.execute(text("ANALYZE staged_intervals, staged_visits"))
    spans = "SELECT s.id AS entity_id, g.timestamp FROM staged_gone g JOIN minibar_slots s ON s.room_id = g.room_id"
    deleted = metric_writes.delete(connection, spans, "m.timestamp = span.timestamp", params) if len(gone) else 0
    changed = metric_writes.upsert(connection, ROWS, params) if len(intervals) else 0
    touched = pd.concat([part[["room_id", "timestamp"]] for part in (intervals, gone) if len(part)] or [gone])
    consumption_days.refresh(connection, window.hotel_id, touched)
    connection.execute(text("DROP TABLE staged_intervals, staged_visits, staged_gone"))
    return Written(changed, deleted)


def _params(window: Window) -> dict[str, object]:
    return {
        "hotel_id": window.hotel_id, "at": window.at, "since": window.since_at, "recorded": window.recorded_since,
    }  # fmt: skip


def _rooms(rooms: pd.DataFrame) -> dict[str, object]:
    return {"rooms": rooms["room_id"].tolist(), "since_each": rooms["since"].tolist()}
