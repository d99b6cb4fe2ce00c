"""The hotels a caller may see."""

from dataclasses import dataclass
from datetime import datetime

from core.errors import AppError
from core.scope import Scope
from db.queries import premises
from db.queries.premises import HotelRow
from db.session import Database

__all__ = ["HotelRow", "HotelService"]


@dataclass(frozen=True)
class HotelService:
    """Reads of the premises; every other service works by hotel id."""

    database: Database

    def listed(self, scope: Scope, code: str | None = None) -> list[HotelRow]:
        """The hotels of the scope, by name; with a code only that one (``hotel_unknown`` names it)."""
        with self.database.reading() as connection:
            found = premises.hotels(connection)
        allowed = scope.hotel_filter([hotel.id for hotel in found]) or []
        visible = [hotel for hotel in found if hotel.id in allowed and code in (None, hotel.code)]
        if code is not None and not visible:
            raise AppError("hotel_unknown", 404, params={"hotel": code})
        return visible

    def first_record_at(self, scope: Scope, hotel_id: int) -> datetime | None:
        """When the hotel's records begin; None for a hotel without any."""
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return premises.first_record_at(connection, hotel_id)
