"""Rooms for exploring: what each used, beside the other rooms of its type."""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from core.clock import local_date
from core.errors import AppError
from core.scope import Scope
from db.queries import consumption as queries
from db.queries import overview, premises, stay_nights, watermarks
from db.queries.consumption import Cut
from db.session import Database
from reports.consumption import ConsumptionFilters, ConsumptionService, cut_of, hotel_of, window_of


@dataclass(frozen=True)
class Rooms:
    """``rooms``: number, floor, room_type, units, revenue, nights, units_per_night, looked_at, open_alerts.

    Units and revenue are NaN where nobody looked in the period; nights and the rate where the stays are not known.
    """

    as_of: datetime | None
    currency: str
    first_on: date
    last_on: date
    known_days: int
    rooms: pd.DataFrame


@dataclass(frozen=True)
class RoomDays:
    """``days``: day, last_on, mean (units found in the room, NaN: nobody looked), expected (mean of its type)."""

    number: str
    room_type: str
    peers: int
    days: pd.DataFrame


@dataclass(frozen=True)
class RoomUseService:
    """Reads of closed hotel-local days."""

    database: Database
    consumption: ConsumptionService

    def rooms(self, scope: Scope, filters: ConsumptionFilters, at: datetime) -> Rooms:
        """The rooms in service; those with open alerts first, then by units."""
        cut = cut_of(filters, self.consumption.places(scope, filters.hotel_id))
        with self.database.reading() as connection:
            hotel = hotel_of(premises.hotels(connection), filters.hotel_id)
            border = watermarks.kept_since(connection, hotel.id)
            window = window_of(hotel, local_date(at, hotel.time_zone), filters.days, border)
            rooms = queries.rooms(connection, window, cut)
            known = stay_nights.known_days(connection, window)["day"].dt.date.tolist()
            used = queries.room_sums(connection, window, cut, known)
            nights = stay_nights.room_nights(connection, window, cut, known)
            alerts = queries.open_alerts(connection, hotel.id)
            as_of = overview.known_at(connection, hotel.id)
        table = _with_rates(rooms, used, nights, bool(known))
        table["open_alerts"] = table["room_id"].map(alerts).fillna(0).astype(int)
        order = table.sort_values(["open_alerts", "units"], ascending=False, na_position="last", ignore_index=True)
        return Rooms(as_of, hotel.currency, window.first_on, window.last_on, len(known), order)

    def room(self, scope: Scope, filters: ConsumptionFilters, number: str, at: datetime) -> RoomDays:
        """One room by day beside the mean of the other rooms of its type that were looked into on that day."""
        cut = cut_of(filters, self.consumption.places(scope, filters.hotel_id))
        with self.database.reading() as connection:
            hotel = hotel_of(premises.hotels(connection), filters.hotel_id)
            border = watermarks.kept_since(connection, hotel.id)
            window = window_of(hotel, local_date(at, hotel.time_zone), filters.days, border)
            everywhere = queries.rooms(connection, window, Cut())
            asked = everywhere[everywhere["number"] == number]
            if asked.empty:
                raise AppError("not_found", 404, params={"what": f"room {number}"})
            room_id, type_id = int(asked["room_id"].iloc[0]), int(asked["room_type_id"].iloc[0])
            of_type = Cut(room_type_id=type_id, product_id=cut.product_id)
            found = queries.room_days(connection, window, of_type)
        peers = int((everywhere["room_type_id"] == type_id).sum()) - 1
        days = room_days(found, room_id, pd.date_range(window.first_on, window.last_on))
        return RoomDays(number, str(asked["room_type"].iloc[0]), peers, days)


def room_days(found: pd.DataFrame, room_id: int, days: pd.DatetimeIndex) -> pd.DataFrame:
    """day, last_on, mean and expected (see ``RoomDays``) of a room among ``found[day, room_id, units]``."""
    is_room = found["room_id"] == room_id
    own = found[is_room].set_index("day")["units"].reindex(days)
    others = found[~is_room].groupby("day")["units"].mean().reindex(days)
    return pd.DataFrame({"day": days, "last_on": days, "mean": own.to_numpy(), "expected": others.to_numpy()})


def _with_rates(rooms: pd.DataFrame, used: pd.DataFrame, nights: pd.DataFrame, is_known: bool) -> pd.DataFrame:
    joined = rooms.join(used.set_index("room_id"), on="room_id").join(nights.set_index("room_id"), on="room_id")
    joined["nights"] = joined["nights"].fillna(0) if is_known else float("nan")
    return joined.assign(units_per_night=joined["counted"] / joined["nights"].where(joined["nights"] > 0))
