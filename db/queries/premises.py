"""Hotels: who they are, and when their records begin."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class HotelRow:
    id: int
    code: str
    name: str
    time_zone: str
    currency: str
    simulated: bool


def hotels(connection: Connection) -> list[HotelRow]:
    """Every hotel, by name."""
    rows = connection.execute(text("SELECT id, code, name, time_zone, currency, simulated FROM hotels ORDER BY name"))
    return [HotelRow(*row) for row in rows]


# The first of each product, room and attendant stands at the begin of an index; the first of a hotel does not.
FIRST_RECORD = """
SELECT least(
  (SELECT min((SELECT min(m.occurred_at) FROM stock_movements m WHERE m.hotel_id = p.hotel_id AND m.product_id = p.id))
     FROM products p WHERE p.hotel_id = :hotel_id),
  (SELECT min((SELECT min(v.occurred_at) FROM visits v WHERE v.hotel_id = r.hotel_id AND v.room_id = r.id))
     FROM rooms r WHERE r.hotel_id = :hotel_id),
  (SELECT min((SELECT min(c.occurred_at) FROM custody_movements c WHERE c.hotel_id = s.hotel_id AND c.staff_id = s.id))
     FROM staff s WHERE s.hotel_id = :hotel_id))
"""


def first_record_at(connection: Connection, hotel_id: int) -> datetime | None:
    """The instant of the oldest movement, visit or custody movement; None for a hotel without any."""
    found: datetime | None = connection.execute(text(FIRST_RECORD), {"hotel_id": hotel_id}).scalar()
    return found
