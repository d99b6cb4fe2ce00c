"""The figures of the Overview: what a duty manager must know at eight in the morning."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.clock import local_date, local_days, local_midnight
from core.scope import Scope
from db.queries import overview as queries
from db.queries import premises, versions
from db.queries.overview import Freshness, Sales, Span
from db.queries.premises import HotelRow
from db.session import Database
from pipeline.forecasting.service import ForecastService

SAME_WEEKDAYS = 4
REFILL_DAYS = 28
SOON_PROBABILITY = 0.1


@dataclass(frozen=True)
class OverviewFigures:
    """Sums over the chosen hotels; None where there is nothing to measure with.

    Yesterday's sums and what is usual are of the same hotels: those that were observed yesterday.
    """

    as_of: datetime | None
    freshness: tuple[Freshness, ...]
    occupied_rooms: int | None
    rooms: int
    consumed_units: float | None
    usual_units: float | None
    revenue: float | None
    usual_revenue: float | None
    currency: str | None
    refill_minutes: float | None
    usual_refill_minutes: float | None

    @property
    def occupancy_ratio(self) -> float | None:
        return self.occupied_rooms / self.rooms if self.occupied_rooms is not None and self.rooms else None


@dataclass(frozen=True)
class LowProduct:
    """A product that may run out within a week, or stands at its critical level."""

    product_id: int
    hotel_id: int
    name: str
    level: float
    days: float
    days_low: float
    days_high: float
    probability: float


@dataclass(frozen=True)
class HotelDay:
    """What one hotel contributes."""

    freshness: Freshness
    occupied: int | None
    rooms: int
    yesterday: Sales
    usual: list[Sales]
    refill: float | None
    usual_refill: float | None


@dataclass(frozen=True)
class OverviewService:
    """Reads for the first screen; every figure is of hotel-local days."""

    database: Database
    forecasts: ForecastService

    def hotels(self, scope: Scope) -> list[HotelRow]:
        """The hotels of the scope, by name."""
        with self.database.reading() as connection:
            found = premises.hotels(connection)
        allowed = scope.hotel_filter([hotel.id for hotel in found]) or []
        return [hotel for hotel in found if hotel.id in allowed]

    def versions(self, scope: Scope) -> dict[tuple[int, str], int]:
        """{(hotel_id, topic): version} of the scope's hotels."""
        with self.database.glancing() as connection:
            return versions.current(connection, scope.hotel_filter())

    def figures(self, scope: Scope, hotel_ids: list[int], at: datetime) -> OverviewFigures:
        """Today's occupancy and yesterday's figures, each beside what is usual; sums over the hotels."""
        scope.require("overview.read")
        chosen = [hotel for hotel in self.hotels(scope) if hotel.id in hotel_ids]
        days = [self._hotel_day(hotel, at) for hotel in chosen]
        currencies = {hotel.currency for hotel in chosen}
        seen = [day for day in days if day.yesterday.checks]
        comparable = bool(seen) and all(day.usual for day in seen)
        one_currency = len(currencies) == 1
        known = [day.occupied for day in days if day.occupied is not None]
        return OverviewFigures(
            as_of=min((day.freshness.known_at for day in days if day.freshness.known_at), default=None),
            freshness=tuple(day.freshness for day in days),
            occupied_rooms=sum(known) if days and len(known) == len(days) else None,
            rooms=sum(day.rooms for day in days),
            consumed_units=sum(day.yesterday.units for day in seen) if seen else None,
            usual_units=sum(_mean(day.usual, "units") for day in seen) if comparable else None,
            revenue=sum(day.yesterday.revenue for day in seen) if seen and one_currency else None,
            usual_revenue=sum(_mean(day.usual, "revenue") for day in seen) if comparable and one_currency else None,
            currency=currencies.pop() if one_currency else None,
            refill_minutes=_average([day.refill for day in days]),
            usual_refill_minutes=_average([day.usual_refill for day in days]),
        )

    def as_of(self, scope: Scope, hotel_ids: list[int]) -> datetime | None:
        """When Barometer last learned anything of the hotel that it knows least of; as in ``figures``."""
        scope.require("overview.read")
        with self.database.reading() as connection:
            found = [queries.known_at(connection, one) for one in scope.hotel_filter(hotel_ids) or []]
        return min((one for one in found if one is not None), default=None)

    def running_low(self, scope: Scope, hotel_ids: list[int], at: datetime, limit: int = 8) -> list[LowProduct]:
        """Products likely to run out within a week or at their critical level, the most urgent first."""
        table = self.forecasts.run_outs(scope, hotel_ids, at)
        low = table[(table["probability_soon"] >= SOON_PROBABILITY) | (table["level"] <= table["critical_level"])]
        low = low[low["days_left"].notna()].head(limit)
        columns = {"days_left": "days", "probability_soon": "probability"}
        rows = low.rename(columns=columns)[list(LowProduct.__dataclass_fields__)].to_dict(orient="records")
        return [LowProduct(**{str(key): value for key, value in row.items()}) for row in rows]

    def _hotel_day(self, hotel: HotelRow, at: datetime) -> HotelDay:
        today = local_date(at, hotel.time_zone)
        yesterday = today - timedelta(days=1)
        spans = [self._day(hotel, yesterday - timedelta(weeks=week)) for week in range(SAME_WEEKDAYS + 1)]
        before = Span(local_midnight(yesterday - timedelta(days=REFILL_DAYS), hotel.time_zone), spans[0].since)
        with self.database.reading() as connection:
            occupied, rooms, known_stays = queries.occupancy(connection, hotel.id, today)
            sales = queries.sales(connection, hotel.id, spans)
            return HotelDay(
                queries.freshness(connection, hotel.id, at),
                occupied if known_stays else None,
                rooms,
                sales[0],
                [day for day in sales[1:] if day.checks],
                queries.refill_minutes(connection, hotel.id, spans[0]),
                queries.refill_minutes(connection, hotel.id, before),
            )

    @staticmethod
    def _day(hotel: HotelRow, day: date) -> Span:
        return Span(*local_days(day, day, hotel.time_zone))


def _mean(sales: list[Sales], what: str) -> float:
    return math.fsum(getattr(day, what) for day in sales) / len(sales)


def _average(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
