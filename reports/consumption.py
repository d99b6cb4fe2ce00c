"""Consumption for exploring: key figures, trend, floors by day, products, room types and occupancy of a hotel."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from core.clock import local_date, local_midnight
from core.errors import AppError
from core.scope import Scope
from db.queries import consumption as queries
from db.queries import overview, premises, stay_nights, watermarks
from db.queries.consumption import Cut, Place, Window
from db.queries.premises import HotelRow
from db.session import Database
from reports import consumption_sums as sums

__all__ = [
    "PERIODS",
    "Consumption",
    "ConsumptionFilters",
    "ConsumptionService",
    "Place",
    "Places",
    "Totals",
]

PERIODS = (30, 7, 90, 365)  # days; the first is what readers see unless they choose
COMPARABLE_RATIO = 0.9  # of the days looked at, must have been looked at in the period before too


@dataclass(frozen=True)
class ConsumptionFilters:
    """What a reader asked for; codes as they stand in the address, None means all."""

    hotel_id: int
    days: int = PERIODS[0]
    floor: str | None = None
    room_type: str | None = None
    product: str | None = None


@dataclass(frozen=True)
class Places:
    """What readers can filter by."""

    floors: list[Place]
    room_types: list[Place]
    products: list[Place]


@dataclass(frozen=True)
class Totals:
    """Sums of one period; ``units`` None: nobody looked; nights and the rate None: the stays are not known."""

    units: float | None
    revenue: float | None
    observed_days: int
    known_days: int
    nights: int | None
    units_per_night: float | None


@dataclass(frozen=True)
class Consumption:
    """Everything of the page in one snapshot; the frames are described in ``reports.consumption_sums``.

    ``before``: the period of equal length before it, None when too few of its days were looked at to compare with.
    """

    filters: ConsumptionFilters
    as_of: datetime | None
    currency: str
    first_on: date
    last_on: date
    totals: Totals
    before: Totals | None
    days: pd.DataFrame
    floor_days: pd.DataFrame  # with ``floor``, its name, in the order of the floors
    products: pd.DataFrame
    room_types: pd.DataFrame
    segments: pd.DataFrame
    deviation_ratio: float | None
    floor_deviation: tuple[str, float] | None
    half_of_products: int | None

    @property
    def is_as_expected(self) -> bool:
        """Whether the deviation is too small to be a finding."""
        return self.deviation_ratio is not None and abs(self.deviation_ratio) < sums.SMALL_RATIO

    def change(self, what: str) -> float | None:
        """``units``, ``revenue`` or ``units_per_night`` against the period before, as a ratio."""
        now, then = getattr(self.totals, what), getattr(self.before, what, None)
        return now / then - 1 if now is not None and then else None

    def trend(self, step: str) -> pd.DataFrame:
        """By day, week or month: see ``consumption_sums.trend``."""
        return sums.trend(self.days, step)


@dataclass(frozen=True)
class ConsumptionService:
    """Reads of closed hotel-local days; today is left out, since it is not over."""

    database: Database

    def places(self, scope: Scope, hotel_id: int) -> Places:
        """The floors, room types and products of a hotel."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return Places(*(queries.places(connection, hotel_id, kind) for kind in queries.PLACES))

    def explore(self, scope: Scope, filters: ConsumptionFilters, at: datetime) -> Consumption:
        """What was consumed in the ``days`` closed days before ``at``."""
        places = self.places(scope, filters.hotel_id)
        cut = cut_of(filters, places)
        with self.database.reading() as connection:
            hotel = hotel_of(premises.hotels(connection), filters.hotel_id)
            border = watermarks.kept_since(connection, hotel.id)
            window = window_of(hotel, local_date(at, hotel.time_zone), filters.days, border)
            earlier = window_of(hotel, window.first_on, filters.days, border)
            types, looks = queries.room_types(connection, window, cut), queries.looks(connection, window, cut)
            products = queries.products(connection, window, cut)
            nights, known = stay_nights.nights(connection, window, cut), stay_nights.known_days(connection, window)
            before = _totals(
                queries.day_sums(connection, earlier, cut), stay_nights.nights(connection, earlier, cut),
                stay_nights.known_days(connection, earlier),
            )  # fmt: skip
            as_of = overview.known_at(connection, hotel.id)
        totals = _totals(looks.room_types, nights, known)
        days = sums.by_day(looks.room_types, pd.date_range(window.first_on, window.last_on))
        floor_days = _named_floors(sums.by_floor_and_day(looks.floors), places.floors)
        names = pd.DataFrame([vars(one) for one in places.products], columns=["id", "code", "name"])
        shares = sums.pareto(products, names.rename(columns={"id": "product_id"}))
        return Consumption(
            filters=filters, as_of=as_of, currency=hotel.currency, first_on=window.first_on, last_on=window.last_on,
            totals=totals, before=before if _is_comparable(before, totals) else None, days=days,
            floor_days=floor_days, products=shares, room_types=sums.per_night(looks.room_types, nights, known, types),
            segments=sums.segments(looks.occupancies), deviation_ratio=sums.deviation_ratio(days),
            floor_deviation=_named_deviation(floor_days), half_of_products=sums.few_that_make_half(shares),
        )  # fmt: skip


def hotel_of(hotels: list[HotelRow], hotel_id: int) -> HotelRow:
    """Raises ``not_found`` (404) for a hotel that does not exist."""
    for hotel in hotels:
        if hotel.id == hotel_id:
            return hotel
    raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})


def window_of(hotel: HotelRow, before_day: date, days: int, border: datetime | None = None) -> Window:
    """The ``days`` hotel-local days that end with the one before ``before_day``; ``border``: of the archive."""
    if days not in PERIODS:
        raise AppError("not_found", 404, params={"what": f"period {days}"})
    first_on, last_on = before_day - timedelta(days=days), before_day - timedelta(days=1)
    bounds = local_midnight(first_on, hotel.time_zone), local_midnight(before_day, hotel.time_zone)
    return Window(hotel.id, hotel.time_zone, first_on, last_on, *bounds, border)


def cut_of(filters: ConsumptionFilters, places: Places) -> Cut:
    """The ids of the codes that were asked for."""
    return Cut(
        _id(filters.floor, places.floors), _id(filters.room_type, places.room_types),
        _id(filters.product, places.products),
    )  # fmt: skip


def _id(code: str | None, places: list[Place]) -> int | None:
    if code is None:
        return None
    for place in places:
        if place.code == code:
            return place.id
    raise AppError("not_found", 404, params={"what": code})


def _totals(found: pd.DataFrame, nights: pd.DataFrame, known: pd.DataFrame) -> Totals:
    """``found``: day, units and revenue, any number of rows a day."""
    counted = found[found["day"].isin(known["day"])]
    stayed = int(nights.loc[nights["day"].isin(known["day"]), "nights"].sum()) if len(known) else None
    return Totals(
        units=float(found["units"].sum()) if len(found) else None,
        revenue=float(found["revenue"].sum()) if len(found) else None,
        observed_days=int(found["day"].nunique()),
        known_days=len(known),
        nights=stayed,
        units_per_night=float(counted["units"].sum()) / stayed if stayed and len(counted) else None,
    )


def _is_comparable(before: Totals, totals: Totals) -> bool:
    return before.observed_days > 0 and before.observed_days >= COMPARABLE_RATIO * totals.observed_days


def _named_floors(floor_days: pd.DataFrame, floors: list[Place]) -> pd.DataFrame:
    order = {place.id: number for number, place in enumerate(floors)}
    names = {place.id: place.name for place in floors}
    found = floor_days.assign(floor=floor_days["floor_id"].map(names), place=floor_days["floor_id"].map(order))
    return found.sort_values(["place", "day"], ignore_index=True).drop(columns="place")


def _named_deviation(floor_days: pd.DataFrame) -> tuple[str, float] | None:
    found = sums.floor_that_stands_out(floor_days)
    if found is None:
        return None
    name = floor_days.loc[floor_days["floor_id"] == found[0], "floor"].iloc[0]
    return str(name), found[1]
