"""Versions of the detection settings: written once, followed by others, one of them active."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from db import locks
from db.sealed import seal, unseal

COLUMNS = "id, hotel_id, metric_type, version, parameters, source, reason, trace, created_by, created_at, is_active"


def lock_settings(connection: Connection, hotel_id: int) -> None:
    """One writer of a hotel's settings at a time; a second one waits and then sees what the first one wrote."""
    locks.wait_for(connection, "settings", hotel_id)


def active(connection: Connection, hotel_id: int) -> list[Mapping[str, Any]]:
    """The active version of each metric type of a hotel that has one."""
    query = f"SELECT {COLUMNS} FROM detection_settings WHERE hotel_id = :hotel_id AND is_active AND segment = ''"
    return _opened(connection, query, {"hotel_id": hotel_id})


def versions(connection: Connection, hotel_id: int, metric_type: str | None = None) -> list[Mapping[str, Any]]:
    """Every version, newest first."""
    wanted = "" if metric_type is None else "AND metric_type = :metric_type "
    query = (
        f"SELECT {COLUMNS} FROM detection_settings WHERE hotel_id = :hotel_id AND segment = '' {wanted}"
        "ORDER BY created_at DESC, id DESC"
    )
    return _opened(connection, query, {"hotel_id": hotel_id, "metric_type": metric_type})


def _opened(connection: Connection, query: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Rows with what stands sealed in them opened; raises ``encryption_key_missing`` when its key is gone."""
    return [
        {**row, "parameters": unseal(connection, row["parameters"]), "trace": unseal(connection, row["trace"])}
        for row in connection.execute(text(query), params).mappings()
    ]


def version_in_force(connection: Connection, hotel_id: int, metric_type: str) -> int | None:
    """The number of the active version; None where the defaults are in force."""
    query = (
        "SELECT version FROM detection_settings WHERE hotel_id = :hotel_id AND metric_type = :metric_type "
        "AND segment = '' AND is_active"
    )
    params = {"hotel_id": hotel_id, "metric_type": metric_type}
    return connection.execute(text(query), params).scalar_one_or_none()


def add_version(connection: Connection, row: Mapping[str, Any]) -> int:
    """Append the next version of a metric type and make it the active one; returns its id.

    ``row``: hotel_id, metric_type, parameters, source, reason, trace, created_by, created_at.
    The caller holds the lock.
    """
    sealed = {name: seal(connection, row[name]) for name in ("parameters", "trace")}
    params = {**row, **sealed}
    connection.execute(
        text(
            "UPDATE detection_settings SET is_active = false WHERE hotel_id = :hotel_id "
            "AND metric_type = :metric_type AND segment = '' AND is_active"
        ),
        params,
    )
    return int(
        connection.execute(
            text(
                "INSERT INTO detection_settings (hotel_id, metric_type, segment, version, parameters, source, reason, "
                "trace, created_by, created_at, is_active) SELECT :hotel_id, :metric_type, '', "
                "coalesce(max(version), 0) + 1, :parameters, :source, :reason, :trace, "
                ":created_by, :created_at, true FROM detection_settings "
                "WHERE hotel_id = :hotel_id AND metric_type = :metric_type AND segment = '' RETURNING id"
            ),
            params,
        ).scalar_one()
    )


def add_old_version(connection: Connection, row: Mapping[str, Any]) -> None:
    """Put a version that the history lacks where it was, not in force; the number may not be taken.

    ``row``: as for ``add_version``, and its version.
    """
    sealed = {name: seal(connection, row[name]) for name in ("parameters", "trace")}
    connection.execute(
        text(
            "INSERT INTO detection_settings (hotel_id, metric_type, segment, version, parameters, source, reason, "
            "trace, created_by, created_at, is_active) VALUES (:hotel_id, :metric_type, '', :version, :parameters, "
            ":source, :reason, :trace, :created_by, :created_at, false)"
        ),
        {**row, **sealed},
    )


def places(connection: Connection, hotel_id: int) -> dict[str, dict[int, int]]:
    """What rooms and products of a hotel belong to: floors, room_types, product_groups by id."""
    rooms = connection.execute(
        text("SELECT id, floor_id, room_type_id FROM rooms WHERE hotel_id = :hotel_id"), {"hotel_id": hotel_id}
    ).all()
    products = connection.execute(
        text("SELECT id, product_group_id FROM products WHERE hotel_id = :hotel_id"), {"hotel_id": hotel_id}
    ).all()
    return {
        "floors": {row.id: row.floor_id for row in rooms},
        "room_types": {row.id: row.room_type_id for row in rooms},
        "product_groups": {row.id: row.product_group_id for row in products},
    }


def names(connection: Connection, hotel_id: int) -> dict[str, dict[int, str]]:
    """What people call the rooms, products, staff and floors of a hotel, by the column that holds their id."""
    tables = {
        "room_id": ("rooms", "number"), "product_id": ("products", "name"), "staff_id": ("staff", "full_name"),
        "floor_id": ("floors", "name"),
    }  # fmt: skip
    found = {}
    for column, (table, name) in tables.items():
        query = f"SELECT id, {name} AS name FROM {table} WHERE hotel_id = :hotel_id"
        found[column] = {row.id: row.name for row in connection.execute(text(query), {"hotel_id": hotel_id})}
    return found
