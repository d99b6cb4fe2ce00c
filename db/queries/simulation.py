"""Simulated hotels: what they are built of, how they were made, and bulk writes with ids taken in advance."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from db import locks
from db.bulk import copy_frame
from db.queries.frames import copy_out
from db.queries.imports import ensure_series

SAMPLE_CODE = "SAMPLE-"


@dataclass(frozen=True)
class StoredSimulation:
    """How a hotel's simulated rows were made and how far they reach."""

    hotel_id: int
    time_zone: str
    profile: str
    seed: int
    rooms: int
    started_on: date
    simulated_until: datetime
    planted: dict[str, Any] | None


@dataclass(frozen=True)
class Building:
    """A hotel's premises, goods and team as frames in the order of their ids."""

    time_zone: str
    rooms: pd.DataFrame  # id, room_type_id, room_type, floor_number, floor_id
    products: pd.DataFrame  # id, code, case_size
    par: pd.DataFrame  # room_type_id, product_id, par_level
    staff: pd.DataFrame  # id, role


def next_sample_number(connection: Connection) -> int:
    """The number of the next sample hotel; holds a lock until the transaction ends."""
    locks.wait_for(connection, "simulation")  # two at once would number their hotels alike
    codes = connection.execute(text("SELECT code FROM hotels WHERE code ~ :form"), {"form": f"^{SAMPLE_CODE}[0-9]+$"})
    return 1 + max((int(code.removeprefix(SAMPLE_CODE)) for code in codes.scalars()), default=0)


def insert_hotel(connection: Connection, number: int, name: str) -> int:
    """A new simulated hotel with the code SAMPLE-number; its id."""
    statement = "INSERT INTO hotels (code, name, simulated) VALUES (:code, :name, true) RETURNING id"
    found = connection.execute(text(statement), {"code": f"{SAMPLE_CODE}{number}", "name": name})
    return int(found.scalar_one())


def insert_numbered(connection: Connection, table: str, frame: pd.DataFrame) -> np.ndarray:
    """COPY rows with ids taken from the table's sequence; the ids in the order of the rows."""
    statement = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    taken = connection.execute(statement, {"table": table, "count": len(frame)})
    ids = np.fromiter(taken.scalars(), dtype=np.int64, count=len(frame))
    copy_frame(connection, table, frame.assign(id=ids))
    return ids


def insert_points(connection: Connection, hotel_id: int, points: pd.DataFrame) -> int:
    """Points of custom series: metric, entity, unit, occurred_at, value."""
    if points.empty:
        return 0
    rows = points.assign(series_id=ensure_series(connection, hotel_id, points))
    return copy_frame(connection, "custom_points", rows[["series_id", "occurred_at", "value"]])


def insert_labels(connection: Connection, labels: pd.DataFrame) -> int:
    details = labels["details"].map(lambda value: json.dumps(value, ensure_ascii=False))
    return copy_frame(connection, "planted_anomalies", labels.assign(details=details))


def read_building(connection: Connection, hotel_id: int) -> Building:
    """Everything that a simulation's layout is made of."""
    params = {"hotel_id": hotel_id}
    rooms = (
        "SELECT r.id, r.room_type_id, t.code AS room_type, f.number AS floor_number, f.id AS floor_id FROM rooms r "
        "JOIN room_types t ON t.id = r.room_type_id JOIN floors f ON f.id = r.floor_id "
        "WHERE r.hotel_id = %(hotel_id)s ORDER BY r.id"
    )
    of_hotel = "WHERE hotel_id = %(hotel_id)s ORDER BY id"
    zone = connection.execute(text("SELECT time_zone FROM hotels WHERE id = :hotel_id"), params).scalar_one()
    return Building(
        time_zone=str(zone),
        rooms=copy_out(connection, rooms, params),
        products=copy_out(connection, f"SELECT id, code, case_size FROM products {of_hotel}", params),
        par=copy_out(connection, f"SELECT room_type_id, product_id, par_level FROM par_templates {of_hotel}", params),
        staff=copy_out(connection, f"SELECT id, role FROM staff {of_hotel}", params),
    )


def insert_missing_slots(connection: Connection, hotel_id: int) -> None:
    """One slot for every product of every room's template."""
    connection.execute(
        text(
            "INSERT INTO minibar_slots (hotel_id, room_id, product_id) "
            "SELECT r.hotel_id, r.id, p.product_id "
            "FROM rooms r JOIN par_templates p ON p.room_type_id = r.room_type_id "
            "WHERE r.hotel_id = :hotel_id ORDER BY r.id, p.product_id ON CONFLICT (room_id, product_id) DO NOTHING"
        ),
        {"hotel_id": hotel_id},
    )


def read_stays(connection: Connection, hotel_id: int) -> pd.DataFrame:
    """room_id, arrival_on, departure_on, adults, children of a hotel's stays, by arrival and id."""
    statement = (
        "SELECT room_id, arrival_on, departure_on, adults, children FROM stays "
        "WHERE hotel_id = %(hotel_id)s ORDER BY arrival_on, id"
    )
    return copy_out(connection, statement, {"hotel_id": hotel_id})


def has_activity(connection: Connection, hotel_id: int) -> bool:
    """Whether anybody has recorded visits, checks, movements or custody of this hotel."""
    tables = ("visits", "room_checks", "stock_movements", "custody_movements")
    found = " OR ".join(f"EXISTS (SELECT FROM {table} WHERE hotel_id = :hotel_id)" for table in tables)
    return bool(connection.execute(text(f"SELECT {found}"), {"hotel_id": hotel_id}).scalar_one())


def store_simulation(connection: Connection, stored: StoredSimulation) -> None:
    connection.execute(
        text(
            "INSERT INTO simulated_hotels (hotel_id, profile, seed, rooms, started_on, simulated_until, planted) "
            "VALUES (:hotel_id, :profile, :seed, :rooms, :started_on, :simulated_until, cast(:planted AS jsonb))"
        ),
        {
            "hotel_id": stored.hotel_id, "profile": stored.profile, "seed": stored.seed, "rooms": stored.rooms,
            "started_on": stored.started_on, "simulated_until": stored.simulated_until,
            "planted": None if stored.planted is None else json.dumps(stored.planted),
        },
    )  # fmt: skip


def lock_simulation(connection: Connection, hotel_id: int) -> StoredSimulation | None:
    """How the hotel was simulated; nobody else continues it until the transaction ends."""
    row = connection.execute(
        text(
            "SELECT s.hotel_id, h.time_zone, s.profile, s.seed, s.rooms, s.started_on, s.simulated_until, s.planted "
            "FROM simulated_hotels s JOIN hotels h ON h.id = s.hotel_id WHERE s.hotel_id = :hotel_id FOR UPDATE OF s"
        ),
        {"hotel_id": hotel_id},
    ).one_or_none()
    return StoredSimulation(*row) if row else None


def advance_simulation(connection: Connection, hotel_id: int, until: datetime) -> None:
    connection.execute(
        text("UPDATE simulated_hotels SET simulated_until = :until WHERE hotel_id = :hotel_id"),
        {"hotel_id": hotel_id, "until": until},
    )
