"""Writes the premises, goods and team that a simulation needs and a hotel does not have yet."""

from typing import Any

import numpy as np
import pandas as pd

from db.queries import simulation as queries
from db.queries.simulation import Building
from sources.simulation import premises
from sources.simulation.parameters import GROUP_NAMES, ROOM_TYPES


def by_code(codes: pd.Series, ids: np.ndarray) -> dict[str, int]:
    return dict(zip(codes, ids.tolist(), strict=True))


def add_rooms(connection: Any, hotel_id: int, count: int) -> None:
    """Floors, room types and rooms of a new sample hotel."""
    rooms = premises.sample_rooms(count)
    numbers = rooms["floor_number"].drop_duplicates()
    floors = pd.DataFrame({"hotel_id": hotel_id, "number": numbers, "name": numbers.astype(str)})
    floor_ids = by_code(numbers, queries.insert_numbered(connection, "floors", floors))
    types = pd.DataFrame([(kind.code, kind.name) for kind in ROOM_TYPES], columns=["code", "name"])
    types = types[types["code"].isin(rooms["room_type"])]
    type_ids = by_code(
        types["code"], queries.insert_numbered(connection, "room_types", types.assign(hotel_id=hotel_id))
    )
    frame = rooms[["number"]].assign(
        hotel_id=hotel_id,
        floor_id=rooms["floor_number"].map(floor_ids),
        room_type_id=rooms["room_type"].map(type_ids),
    )
    queries.insert_numbered(connection, "rooms", frame)


def add_products(connection: Any, hotel_id: int, rooms_by_type: dict[str, int]) -> None:
    groups = pd.DataFrame(GROUP_NAMES.items(), columns=["code", "name"]).assign(hotel_id=hotel_id)
    group_ids = by_code(groups["code"], queries.insert_numbered(connection, "product_groups", groups))
    products = premises.sample_products(rooms_by_type)
    frame = products.drop(columns="product_group").assign(
        hotel_id=hotel_id, product_group_id=products["product_group"].map(group_ids)
    )
    queries.insert_numbered(connection, "products", frame)


def add_par(connection: Any, hotel_id: int, building: Building, own_products: bool) -> None:
    """Templates of the room types that have none."""
    without = building.rooms[~building.rooms["room_type_id"].isin(building.par["room_type_id"])]
    types = dict(zip(without["room_type"], without["room_type_id"], strict=True))
    if not types:
        return
    products = dict(zip(building.products["code"], building.products["id"], strict=True))
    par = premises.own_par(list(types), list(products)) if own_products else premises.sample_par(list(types))
    frame = pd.DataFrame({
        "hotel_id": hotel_id, "room_type_id": par["room_type"].map(types), "product_id": par["product"].map(products),
        "par_level": par["par_level"],
    })  # fmt: skip
    queries.insert_numbered(connection, "par_templates", frame)


def complete_building(connection: Any, hotel_id: int) -> Building:
    """Products, templates, slots and staff where the hotel has none; what it has then."""
    building = queries.read_building(connection, hotel_id)
    own_products = not building.products.empty
    if not own_products:
        rooms_by_type = building.rooms["room_type"].value_counts().to_dict()
        add_products(connection, hotel_id, {str(code): int(count) for code, count in rooms_by_type.items()})
        building = queries.read_building(connection, hotel_id)
    add_par(connection, hotel_id, building, own_products)
    staff = premises.sample_staff(len(building.rooms))
    lacking = staff[~staff["role"].isin(building.staff["role"])]
    queries.insert_numbered(connection, "staff", lacking.assign(hotel_id=hotel_id))
    queries.insert_missing_slots(connection, hotel_id)
    return queries.read_building(connection, hotel_id)
