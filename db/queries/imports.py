"""Writes of imported records: upserts that count, visit lines, stays that may not overlap, run records."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db import locks
from db.bulk import copy_frame, quoted, upsert_frame

CODES = {"rooms": "number", "products": "code", "staff": "code", "room_types": "code", "product_groups": "code"}


@dataclass(frozen=True)
class HotelRow:
    id: int
    code: str
    time_zone: str


@dataclass(frozen=True)
class Written:
    """What an upsert did to the rows it was given."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.inserted + other.inserted, self.updated + other.updated, self.unchanged + other.unchanged)


def find_hotel(connection: Connection, hotel_id: int) -> HotelRow | None:
    row = connection.execute(
        text("SELECT id, code, time_zone FROM hotels WHERE id = :hotel_id"), {"hotel_id": hotel_id}
    ).one_or_none()
    return HotelRow(row.id, row.code, row.time_zone) if row else None


def hotel_by_code(connection: Connection, code: str) -> HotelRow | None:
    row = connection.execute(
        text("SELECT id, code, time_zone FROM hotels WHERE code = :code"), {"code": code}
    ).one_or_none()
    return HotelRow(row.id, row.code, row.time_zone) if row else None


def ensure_hotel(connection: Connection, code: str, name: str, time_zone: str, currency: str) -> HotelRow:
    """The real (not simulated) hotel of a code, made when it is not there; an existing one keeps its settings."""
    connection.execute(
        text(
            "INSERT INTO hotels (code, name, time_zone, currency) VALUES (:code, :name, :time_zone, :currency) "
            "ON CONFLICT (code) DO NOTHING"
        ),
        {"code": code, "name": name, "time_zone": time_zone, "currency": currency},
    )
    hotel = hotel_by_code(connection, code)
    assert hotel is not None  # noqa: S101 - inserted or already there, in this transaction
    return hotel


def lock_imports(connection: Connection, hotel_id: int) -> None:
    """One import of a hotel at a time; released with the transaction."""
    locks.wait_for(connection, "imports", hotel_id)


def identifiers(connection: Connection, table: str, hotel_id: int) -> dict[str, int]:
    """{code: id} of a hotel's rooms, products, staff, room types or product groups."""
    rows = connection.execute(
        text(f'SELECT id, "{CODES[table]}" AS code FROM "{table}" WHERE hotel_id = :hotel_id'), {"hotel_id": hotel_id}
    )
    return {row.code: row.id for row in rows}


def write_rows(connection: Connection, table: str, frame: pd.DataFrame, keys: Sequence[str]) -> Written:
    """Upsert and count; rows whose values are stored already are not touched."""
    if frame.empty:
        return Written()
    known = _known(connection, table, frame, keys)
    written = upsert_frame(connection, table, frame, keys)
    inserted = len(frame) - known
    return Written(inserted, written - inserted, len(frame) - written)


def _stage(connection: Connection, name: str, frame: pd.DataFrame, types: dict[str, str]) -> None:
    columns = ", ".join(f'"{column}" {types[column]}' for column in frame.columns)
    connection.execute(text(f'CREATE TEMP TABLE "{name}" ({columns}) ON COMMIT DROP'))
    copy_frame(connection, name, frame)


def _unstage(connection: Connection, name: str) -> None:
    connection.execute(text(f'DROP TABLE "{name}"'))


def _known(connection: Connection, table: str, frame: pd.DataFrame, keys: Sequence[str]) -> int:
    """How many of the frame's keys the table holds."""
    types = {key: _key_type(key) for key in keys}
    _stage(connection, "import_keys", frame[list(keys)], types)
    known = connection.execute(
        text(f'SELECT count(*) FROM import_keys JOIN "{table}" USING ({quoted(keys)})')
    ).scalar_one()
    _unstage(connection, "import_keys")
    return int(known)


def _key_type(key: str) -> str:
    if key.endswith("_at"):
        return "timestamptz"
    return "bigint" if key.endswith("_id") and key != "external_id" else "text"


def ensure_series(connection: Connection, hotel_id: int, points: pd.DataFrame) -> pd.Series:
    """The id of each point's custom series (metric, entity); missing series are made, a stated unit is kept."""
    series = points[["metric", "entity", "unit"]].groupby(["metric", "entity"], as_index=False, sort=True).last()
    rows = series.rename(columns={"metric": "metric_code"}).assign(hotel_id=hotel_id)
    if not rows.empty:
        upsert_frame(connection, "custom_series", rows.drop(columns="unit"), ["hotel_id", "metric_code", "entity"])
        stated = rows[rows["unit"].notna()].astype({"unit": object})
        upsert_frame(connection, "custom_series", stated, ["hotel_id", "metric_code", "entity"])
    known = connection.execute(
        text("SELECT id, metric_code, entity FROM custom_series WHERE hotel_id = :hotel_id"), {"hotel_id": hotel_id}
    )
    ids = {(row.metric_code, row.entity): row.id for row in known}
    keys = zip(points["metric"], points["entity"], strict=True)
    return pd.Series([ids[key] for key in keys], points.index, dtype="int64")


def stored_overlaps(connection: Connection, hotel_id: int, stays: pd.DataFrame) -> pd.DataFrame:
    """Stored stays in the way of new ones: columns ``row, external_id, arrival_on, departure_on``.

    ``stays`` has ``row, room_id, arrival_on, departure_on, external_id``; a stored stay of one of these external ids
    is about to be corrected and is in nobody's way.
    """
    types = {
        "row": "bigint", "room_id": "bigint", "arrival_on": "date", "departure_on": "date", "external_id": "text",
    }  # fmt: skip
    _stage(connection, "import_stays", stays[list(types)], types)
    found = pd.read_sql(
        text(
            "SELECT DISTINCT ON (n.row) n.row, s.external_id, s.arrival_on, s.departure_on FROM import_stays n "
            "JOIN stays s ON s.hotel_id = :hotel_id AND s.room_id = n.room_id "
            "AND s.arrival_on < n.departure_on AND n.arrival_on < s.departure_on "
            "WHERE NOT EXISTS (SELECT FROM import_stays own WHERE own.external_id = s.external_id) "
            "ORDER BY n.row, s.arrival_on"
        ),
        connection,
        params={"hotel_id": hotel_id},
    )
    _unstage(connection, "import_stays")
    return found


def write_visit_lines(connection: Connection, hotel_id: int, external_ids: pd.Series, lines: pd.DataFrame) -> int:
    """State the lines of visits whole; returns how many visits changed.

    ``lines`` has ``external_id, product_id, consumed_quantity, refilled_quantity``. Lines a visit no longer has are
    removed, and the visits that changed count as recorded anew, so that collection reads them again.
    """
    line_types = {
        "external_id": "text", "product_id": "bigint", "consumed_quantity": "bigint", "refilled_quantity": "bigint",
    }  # fmt: skip
    _stage(connection, "import_visits", external_ids.to_frame("external_id"), {"external_id": "text"})
    _stage(connection, "import_lines", lines[list(line_types)], line_types)
    connection.execute(text("ANALYZE import_visits; ANALYZE import_lines"))
    changed = connection.execute(
        text(
            """WITH wanted AS (
                SELECT v.id AS visit_id, l.product_id, l.consumed_quantity, l.refilled_quantity
                FROM import_lines l JOIN visits v ON v.hotel_id = :hotel_id AND v.external_id = l.external_id
            ), removed AS (
                DELETE FROM visit_lines old USING visits v JOIN import_visits i USING (external_id)
                WHERE v.hotel_id = :hotel_id AND old.visit_id = v.id AND NOT EXISTS (
                    SELECT FROM wanted w WHERE w.visit_id = old.visit_id AND w.product_id = old.product_id)
                RETURNING old.visit_id
            ), written AS (
                INSERT INTO visit_lines AS old (hotel_id, visit_id, product_id, consumed_quantity, refilled_quantity)
                SELECT :hotel_id, visit_id, product_id, consumed_quantity, refilled_quantity FROM wanted
                ON CONFLICT (visit_id, product_id) DO UPDATE
                SET consumed_quantity = EXCLUDED.consumed_quantity, refilled_quantity = EXCLUDED.refilled_quantity
                WHERE (old.consumed_quantity, old.refilled_quantity)
                    IS DISTINCT FROM (EXCLUDED.consumed_quantity, EXCLUDED.refilled_quantity)
                RETURNING visit_id
            ), touched AS (
                UPDATE visits SET visit_type = visit_type
                WHERE id IN (SELECT visit_id FROM removed UNION SELECT visit_id FROM written) RETURNING id
            ) SELECT count(*) FROM touched"""
        ),
        {"hotel_id": hotel_id},
    ).scalar_one()
    _unstage(connection, "import_lines")
    _unstage(connection, "import_visits")
    return int(changed)


def ensure_slots(connection: Connection, hotel_id: int) -> int:
    """A minibar slot for every product seen in a room or laid down for its type; returns the new ones."""
    return connection.execute(
        text(
            "INSERT INTO minibar_slots (hotel_id, room_id, product_id) "
            "SELECT :hotel_id, v.room_id, l.product_id FROM visit_lines l JOIN visits v ON v.id = l.visit_id "
            "WHERE l.hotel_id = :hotel_id "
            "UNION SELECT :hotel_id, r.id, p.product_id FROM rooms r JOIN par_templates p USING (room_type_id) "
            "WHERE r.hotel_id = :hotel_id "
            "EXCEPT SELECT hotel_id, room_id, product_id FROM minibar_slots WHERE hotel_id = :hotel_id "
            "ON CONFLICT DO NOTHING"
        ),
        {"hotel_id": hotel_id},
    ).rowcount


def link_checks(connection: Connection, hotel_id: int) -> int:
    """Name the visit that a check recorded: the last of its room and attendant between its start and its end."""
    return connection.execute(
        text(
            "UPDATE room_checks c SET visit_id = found.visit_id FROM ("
            "  SELECT DISTINCT ON (c.id) c.id, v.id AS visit_id FROM room_checks c JOIN visits v "
            "  ON v.hotel_id = c.hotel_id AND v.room_id = c.room_id AND v.staff_id IS NOT DISTINCT FROM c.staff_id "
            "  AND v.occurred_at BETWEEN c.started_at AND c.ended_at "
            "  WHERE c.hotel_id = :hotel_id AND c.visit_id IS NULL ORDER BY c.id, v.occurred_at DESC, v.id DESC"
            ") found WHERE c.id = found.id"
        ),
        {"hotel_id": hotel_id},
    ).rowcount


def stored_mapping(connection: Connection, hotel_id: int, kind: str) -> dict[str, str]:
    found = connection.execute(
        text("SELECT columns FROM import_mappings WHERE hotel_id = :hotel_id AND kind = :kind"),
        {"hotel_id": hotel_id, "kind": kind},
    ).scalar_one_or_none()
    return dict(found or {})


def save_mapping(connection: Connection, hotel_id: int, kind: str, columns: dict[str, str]) -> None:
    connection.execute(
        text(
            "INSERT INTO import_mappings (hotel_id, kind, columns) VALUES (:hotel_id, :kind, CAST(:columns AS jsonb)) "
            "ON CONFLICT (hotel_id, kind) DO UPDATE SET columns = EXCLUDED.columns, updated_at = now()"
        ),
        {"hotel_id": hotel_id, "kind": kind, "columns": json.dumps(columns)},
    )


def record_run(connection: Connection, hotel_id: int, values: dict[str, Any]) -> int:
    """Write one row of ``import_runs``; ``values`` names its columns, ``errors`` as a list."""
    params = {"hotel_id": hotel_id, **values, "errors": json.dumps(values.get("errors") or [], ensure_ascii=False)}
    return int(
        connection.execute(
            text(
                "INSERT INTO import_runs (hotel_id, kind, file_name, file_sha256, finished_at, state, row_count, "
                "inserted_count, updated_count, error_count, errors) VALUES (:hotel_id, :kind, :file_name, "
                ":file_sha256, clock_timestamp(), :state, :row_count, :inserted_count, :updated_count, :error_count, "
                "CAST(:errors AS jsonb)) RETURNING id"
            ),
            params,
        ).scalar_one()
    )


def recent_runs(connection: Connection, hotel_id: int, limit: int = 50) -> pd.DataFrame:
    return pd.read_sql(
        text(
            "SELECT id, kind, file_name, started_at, finished_at, state, row_count, inserted_count, updated_count, "
            "error_count FROM import_runs WHERE hotel_id = :hotel_id ORDER BY id DESC LIMIT :limit"
        ),
        connection,
        params={"hotel_id": hotel_id, "limit": limit},
    )


def ensure_floors(connection: Connection, hotel_id: int, numbers: list[int]) -> dict[int, int]:
    """{number: id} of a hotel's floors; the missing ones are made with their number as name."""
    for number in numbers:
        connection.execute(
            text(
                "INSERT INTO floors (hotel_id, number, name) VALUES (:hotel_id, :number, CAST(:number AS text)) "
                "ON CONFLICT (hotel_id, number) DO NOTHING"
            ),
            {"hotel_id": hotel_id, "number": number},
        )
    rows = connection.execute(text("SELECT id, number FROM floors WHERE hotel_id = :hotel_id"), {"hotel_id": hotel_id})
    return {row.number: row.id for row in rows}
