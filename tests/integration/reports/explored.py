"""A hotel for the exploration pages: two floors, two room types, and looks that the tests add up themselves."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import insert, text

from core.clock import local_midnight
from db.models.ml import Metric, Score
from db.models.premises import Floor, MinibarSlot, Room, RoomType
from db.queries import consumption_days
from db.session import Database
from tests.integration.builders import BuiltHotel, build_hotel

ZONE = "Europe/Istanbul"
TODAY = date(2026, 3, 2)  # the local day of tests.conftest.NOW
PRICES = (2.0, 3.5)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Look:
    """What was found in one room at one instant; ``units`` and ``expected`` by product."""

    room: int
    on: date
    units: tuple[float, ...]
    expected: tuple[float | None, ...]
    occupancy: str


@dataclass(frozen=True)
class Explored:
    """Rooms 0 and 1 on floor 1 (Standard), room 2 on floor 2 (Suite); two products."""

    database: Database
    hotel: BuiltHotel
    floors: list[int]
    types: list[int]
    rooms: list[int]
    slots: dict[tuple[int, int], int]
    looks: list[Look] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.hotel.hotel_id

    def look(
        self,
        room: int,
        days_ago: int,
        units: tuple[float, float],
        expected: tuple[float | None, float | None] = (None, None),
        occupancy: str = "occupied",
        hour: float = 10,
    ) -> None:
        """Both products of a room were looked at on a local day."""
        on = TODAY - timedelta(days=days_ago)
        at = local_midnight(on, ZONE) + hour * HOUR
        self.looks.append(Look(room, on, units, expected, occupancy))
        for product in (0, 1):
            slot = self.slots[room, product]
            self.add("tuketim_miktar", slot, at, units[product], {"occupancy": occupancy})
            self.score(slot, at, expected[product])
        with self.database.transaction() as connection:
            consumption_days.refresh(
                connection, self.id, pd.DataFrame({"room_id": [self.rooms[room]], "timestamp": [pd.Timestamp(at)]})
            )

    def add(self, metric_type: str, entity_id: int, at: datetime, value: float, extra: dict[str, Any]) -> None:
        row = {
            "hotel_id": self.id, "metric_type": metric_type, "entity_type": "x", "entity_id": entity_id,
            "interval_start": at - 24 * HOUR, "timestamp": at, "metric_value": value, "extra_data": extra,
        }  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(insert(Metric), row)

    def score(self, slot: int, at: datetime, expected: float | None) -> None:
        row = {
            "hotel_id": self.id, "metric_type": "tuketim_miktar", "entity_id": slot, "timestamp": at,
            "detector": "count", "expected": expected, "observations": 30,
        }  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(insert(Score), row)

    def stay(self, room: int, first_days_ago: int, nights: int) -> None:
        """A stay whose first night is that many days ago."""
        arrival = TODAY - timedelta(days=first_days_ago)
        with self.database.transaction() as connection:
            self.hotel.stay(connection, room, arrival, arrival + timedelta(days=nights))

    def stays_known(self, *days_ago: int) -> None:
        for ago in days_ago:
            end = local_midnight(TODAY - timedelta(days=ago - 1), ZONE)
            self.add("doluluk_oran", self.id, end, 0.5, {"occupied_rooms": 1})


def explored(database: Database) -> Explored:
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=2, products=2, time_zone=ZONE)
        here = {"hotel_id": hotel.hotel_id}
        floor = connection.execute(insert(Floor).returning(Floor.id), here | {"number": 2, "name": "2"}).scalar_one()
        suite = connection.execute(
            insert(RoomType).returning(RoomType.id), here | {"code": "STE", "name": "Suite"}
        ).scalar_one()
        room = connection.execute(
            insert(Room).returning(Room.id), here | {"floor_id": floor, "room_type_id": suite, "number": "201"}
        ).scalar_one()
        hotel.rooms.append(room)
        for product, price in zip(hotel.products, PRICES, strict=True):
            connection.execute(
                text("UPDATE products SET price = :price WHERE id = :id"), {"price": price, "id": product}
            )
        slots = {
            (number, product): connection.execute(
                insert(MinibarSlot).returning(MinibarSlot.id),
                here | {"room_id": room_id, "product_id": hotel.products[product]},
            ).scalar_one()
            for number, room_id in enumerate(hotel.rooms)
            for product in (0, 1)
        }
        standard = connection.execute(
            text("SELECT id FROM room_types WHERE hotel_id = :hotel_id AND code = 'STD'"), here
        )
        types = [int(standard.scalar_one()), int(suite)]
    return Explored(database, hotel, [hotel.floors[0], int(floor)], types, hotel.rooms, slots)
