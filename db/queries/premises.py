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


def first_record_at(connection: Connection, hotel_id: int) -> datetime | None:
    """The instant of the oldest movement, visit or custody movement; None for a hotel without any."""
    found: datetime | None = connection.execute(
        text(
            "SELECT least((SELECT min(occurred_at) FROM stock_movements WHERE hotel_id = :hotel_id),"
            " (SELECT min(occurred_at) FROM visits WHERE hotel_id = :hotel_id),"
            " (SELECT min(occurred_at) FROM custody_movements WHERE hotel_id = :hotel_id))"
        ),
        {"hotel_id": hotel_id},
    ).scalar()
    return found
