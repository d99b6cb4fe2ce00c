"""Small source data for tests: a hotel with rooms, products and people, and what happens in it."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, insert, text

from db.models import activity, catalog, premises

_numbers = count(1)


def _add(connection: Connection, model: Any, **values: Any) -> int:
    return int(connection.execute(insert(model).returning(model.id), values).scalar_one())


@dataclass(frozen=True)
class BuiltHotel:
    """Ids of a hotel's rows, in the order in which they were made."""

    hotel_id: int
    floors: list[int]
    rooms: list[int]
    products: list[int]
    staff: list[int]

    def visit(
        self,
        connection: Connection,
        room: int,
        at: datetime,
        visit_type: str = "yeniden_dolum",
        consumed: dict[int, int] | None = None,
        refilled: dict[int, int] | None = None,
        staff: int | None = 0,
    ) -> int:
        """A visit to the room of that position; ``consumed`` and ``refilled`` are units by position of the product."""
        visit_id = _add(
            connection, activity.Visit, hotel_id=self.hotel_id, room_id=self.rooms[room], visit_type=visit_type,
            occurred_at=at, staff_id=None if staff is None else self.staff[staff],
        )  # fmt: skip
        taken, put = consumed or {}, refilled if refilled is not None else (consumed or {})
        for product in sorted(taken.keys() | put.keys()):
            _add(
                connection, activity.VisitLine, hotel_id=self.hotel_id, visit_id=visit_id,
                product_id=self.products[product], consumed_quantity=taken.get(product, 0),
                refilled_quantity=put.get(product, 0),
            )  # fmt: skip
        return visit_id

    def check(
        self,
        connection: Connection,
        room: int,
        start: datetime,
        end: datetime | None,
        visit: int | None,
        staff: int = 0,
    ) -> int:
        """A room check, with the visit that it recorded."""
        return _add(
            connection, activity.RoomCheck, hotel_id=self.hotel_id, room_id=self.rooms[room], visit_id=visit,
            staff_id=self.staff[staff], started_at=start, ended_at=end,
        )  # fmt: skip

    def stay(self, connection: Connection, room: int, arrival: date, departure: date, adults: int = 2) -> int:
        return _add(
            connection, activity.Stay, hotel_id=self.hotel_id, room_id=self.rooms[room], arrival_on=arrival,
            departure_on=departure, adults=adults,
        )  # fmt: skip

    def movement(self, connection: Connection, product: int, at: datetime, kind: str, quantity: int) -> int:
        """A movement of the central store."""
        return _add(
            connection, activity.StockMovement, hotel_id=self.hotel_id, product_id=self.products[product],
            movement_type=kind, quantity=quantity, occurred_at=at,
        )  # fmt: skip

    def custody(
        self, connection: Connection, staff: int, at: datetime, kind: str, quantity: int, product: int = 0
    ) -> int:
        """Goods issued to an attendant, used, returned or written off."""
        return _add(
            connection, activity.CustodyMovement, hotel_id=self.hotel_id, staff_id=self.staff[staff],
            product_id=self.products[product], movement_type=kind, quantity=quantity, occurred_at=at,
        )  # fmt: skip

    def request(
        self, connection: Connection, room: int, at: datetime, done: datetime | None, cancelled: datetime | None = None
    ) -> int:
        """A guest's wish for a refill, completed at ``done``."""
        return _add(
            connection, activity.RefillRequest, hotel_id=self.hotel_id, room_id=self.rooms[room], requested_at=at,
            completed_at=done, cancelled_at=cancelled,
        )  # fmt: skip

    def scan(self, connection: Connection, room: int, at: datetime, succeeded: bool = True, staff: int = 0) -> int:
        """An attendant's scan of the code at a door."""
        return _add(
            connection, activity.QrScan, hotel_id=self.hotel_id, room_id=self.rooms[room], scanned_at=at,
            succeeded=succeeded, staff_id=self.staff[staff],
        )  # fmt: skip

    def point(self, connection: Connection, at: datetime, value: float) -> None:
        """A point of the hotel's own series; the same instant again corrects it."""
        connection.execute(
            text(
                "WITH made AS (INSERT INTO custom_series (hotel_id, metric_code) VALUES (:hotel_id, 'nem') "
                "ON CONFLICT (hotel_id, metric_code, entity) DO UPDATE SET unit = custom_series.unit RETURNING id) "
                "INSERT INTO custom_points (series_id, occurred_at, value) SELECT id, :at, :value FROM made "
                "ON CONFLICT (series_id, occurred_at) DO UPDATE SET value = EXCLUDED.value"
            ),
            {"hotel_id": self.hotel_id, "at": at, "value": value},
        )

    def do_not_disturb(self, connection: Connection, room: int, at: datetime) -> int:
        return _add(connection, activity.DoNotDisturb, hotel_id=self.hotel_id, room_id=self.rooms[room], occurred_at=at)


def build_hotel(
    connection: Connection,
    rooms: int = 2,
    products: int = 3,
    staff: int = 2,
    par_products: int | None = None,
    time_zone: str = "Europe/Istanbul",
) -> BuiltHotel:
    """A hotel of one floor and one room type, whose par template holds the first ``par_products`` products."""
    number = next(_numbers)
    hotel_id = _add(connection, premises.Hotel, code=f"H{number}", name=f"Hotel {number}", time_zone=time_zone)
    floor = _add(connection, premises.Floor, hotel_id=hotel_id, number=1, name="1")
    room_type = _add(connection, premises.RoomType, hotel_id=hotel_id, code="STD", name="Standard")
    group = _add(connection, catalog.ProductGroup, hotel_id=hotel_id, code="G", name="G")
    product_ids = []
    for i in range(products):
        names = {"code": f"P{i}", "name": f"P{i}", "price": 2 + i}
        product_ids.append(_add(connection, catalog.Product, hotel_id=hotel_id, product_group_id=group, **names))
    for product in product_ids[: products if par_products is None else par_products]:
        _add(
            connection, premises.ParTemplate, hotel_id=hotel_id, room_type_id=room_type, product_id=product,
            par_level=4,
        )  # fmt: skip
    room_ids = [
        _add(connection, premises.Room, hotel_id=hotel_id, floor_id=floor, room_type_id=room_type, number=str(101 + i))
        for i in range(rooms)
    ]
    staff_ids = [
        _add(connection, premises.Staff, hotel_id=hotel_id, code=f"S{i}", full_name=f"Attendant {i}")
        for i in range(staff)
    ]
    return BuiltHotel(hotel_id, [floor], room_ids, product_ids, staff_ids)
