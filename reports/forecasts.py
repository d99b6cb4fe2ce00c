"""The figures of the forecast screens: what runs out, what to order, one product by day, and how good it all was."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from core.errors import AppError
from core.scope import Scope
from db.queries import forecast_screens as queries
from db.queries import forecasting as records
from db.queries import overview, premises
from db.queries.forecasting import Moment
from db.queries.premises import HotelRow
from db.session import Database
from pipeline.forecasting.history import Records
from pipeline.forecasting.outlook import outlook_of
from pipeline.forecasting.records import daily_flows, observed_units
from pipeline.forecasting.reorder import SERVICE_LEVEL
from pipeline.forecasting.service import ForecastService
from reports.forecast_days import Week, compared_days, demand_days, shelf_days, week_of
from reports.forecast_rows import Methods, OrderRow, RunOutRow, methods, order_rows, run_out_rows

SHOWN_DAYS = 28  # past weeks in charts and comparisons
OLD_DAYS = 2  # a forecast made so long ago missed at least one night


@dataclass(frozen=True)
class RunOuts:
    """Every product of a hotel, the most urgent first; ``made_on`` None without a forecast of the last days."""

    as_of: datetime | None
    today: date
    made_on: date | None
    rows: tuple[RunOutRow, ...]

    @property
    def soon(self) -> int:
        return sum(row.is_soon for row in self.rows)

    @property
    def learning(self) -> int:
        return sum(row.is_learning for row in self.rows)

    @property
    def age_days(self) -> int | None:
        return None if self.made_on is None else (self.today - self.made_on).days

    @property
    def is_old(self) -> bool:
        return self.age_days is not None and self.age_days >= OLD_DAYS


@dataclass(frozen=True)
class Orders:
    """The proposal at one service level, those that are due first."""

    currency: str
    rows: tuple[OrderRow, ...]

    @property
    def due(self) -> tuple[OrderRow, ...]:
        return tuple(row for row in self.rows if row.is_due)

    @property
    def unpriced(self) -> int:
        """Products to order whose cost is not known."""
        return sum(row.value is None for row in self.due)

    @property
    def value(self) -> float | None:
        """What the order costs; None without a proposal, and where no cost of what is due is known."""
        known = [row.value for row in self.due if row.value is not None]
        return sum(known) if known or (self.rows and not self.due) else None


@dataclass(frozen=True)
class ProductDays:
    """One product by day; ``reports.forecast_days`` says the columns. None and empty while it is still learnt."""

    week: Week | None
    demand: pd.DataFrame
    shelf: pd.DataFrame


@dataclass(frozen=True)
class Outcome:
    """Forecasts up to seven days ahead beside what happened; None where nothing is measurable yet.

    ``loss`` (pinball) and ``bias`` in units a day, ``coverage`` the share of days within the 80 % band.
    """

    observations: int
    loss: float | None
    coverage: float | None
    bias: float | None


@dataclass(frozen=True)
class Comparison:
    """The last four weeks: all products, the chosen one, and the chosen one's days."""

    since: date
    until: date
    everything: Outcome
    product: Outcome
    days: pd.DataFrame

    @property
    def inside(self) -> int:
        return int(self.days["is_inside"].sum())


@dataclass(frozen=True)
class ForecastScreenService:
    """Prepares what the forecasting service knows for people; writes nothing."""

    database: Database
    forecasts: ForecastService

    def run_outs(self, scope: Scope, hotel_id: int, at: datetime) -> RunOuts:
        """Every active product with a known level."""
        hotel = self._hotel(scope, hotel_id)
        today = local_date(at, hotel.time_zone)
        stored = self.forecasts.forecasts(scope, hotel_id, at)
        with self.database.reading() as connection:
            as_of = overview.known_at(connection, hotel_id)
        made_on = None if stored.empty else stored["made_on"].max().date()
        return RunOuts(as_of, today, made_on, run_out_rows(self.forecasts.run_outs(scope, [hotel_id], at), today))

    def orders(self, scope: Scope, hotel_id: int, at: datetime, service_level: float = SERVICE_LEVEL) -> Orders:
        """What to order of every product with a forecast; ``service_level_wrong`` outside 50 to 99.9 %."""
        hotel = self._hotel(scope, hotel_id)
        table = self.forecasts.reorder(scope, [hotel_id], at, service_level)
        with self.database.reading() as connection:
            costs = queries.unit_costs(connection, hotel_id)
        return Orders(hotel.currency, order_rows(table, costs))

    def product(self, scope: Scope, hotel_id: int, at: datetime, product_id: int) -> ProductDays:
        """The last four weeks and the forecast of one product, and its shelf if nothing is delivered."""
        hotel = self._hotel(scope, hotel_id)
        stored = self.forecasts.forecasts(scope, hotel_id, at)
        mine = stored[stored["product_id"] == product_id]
        with self.database.reading() as connection:
            moment = _moment(hotel, at)
            found = _records(connection, moment, product_id)
            past = queries.daily_levels(connection, hotel_id, product_id, hotel.time_zone, since=moment.since, at=at)
        until = moment.made_on - timedelta(days=1)
        demand = demand_days(observed_units(found, moment.since_on, until), mine, moment.made_on)
        if mine.empty or past.empty:
            return ProductDays(None, demand, shelf_days_known(past))
        outlook = outlook_of(found.product_ids, mine, found.flows, moment.made_on)
        level = float(past["level"].iloc[-1])
        return ProductDays(week_of(outlook), demand, shelf_days(past, level, outlook))

    def comparison(self, scope: Scope, hotel_id: int, at: datetime, product_id: int) -> Comparison:
        """How the forecasts for the last four weeks turned out (SPEC A4.5)."""
        today = local_date(at, self._hotel(scope, hotel_id).time_zone)
        since, until = today - timedelta(days=SHOWN_DAYS), today - timedelta(days=1)
        found = self.forecasts.accuracy(scope, hotel_id, since, until)
        product = Outcome(0, None, None, None)
        for mine in found.products[found.products["product_id"] == product_id].to_dict(orient="records"):
            product = Outcome(int(mine["observations"]), mine["pinball"], mine["coverage"], mine["bias"])
        everything = Outcome(found.observations, found.pinball, found.coverage, found.bias)
        return Comparison(since, until, everything, product, compared_days(found.days, product_id))

    def methods(self, scope: Scope, hotel_id: int, at: datetime, horizon_days: int) -> Methods:
        """The methods of the newest back-test beside each other: days ahead (1) or totals of a week (7)."""
        return methods(self.forecasts.backtests(scope, hotel_id, at), horizon_days)

    def _hotel(self, scope: Scope, hotel_id: int) -> HotelRow:
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            found = [hotel for hotel in premises.hotels(connection) if hotel.id == hotel_id]
        if not found:
            raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})
        return found[0]


def shelf_days_known(levels: pd.DataFrame) -> pd.DataFrame:
    """The shelf of a product without a forecast: only its past."""
    return levels.rename(columns={"level": "value"}).assign(expected=np.nan, lower=np.nan, upper=np.nan)


def _moment(hotel: HotelRow, at: datetime) -> Moment:
    today = local_date(at, hotel.time_zone)
    since = today - timedelta(days=SHOWN_DAYS)
    return Moment(hotel.id, hotel.time_zone, local_midnight(since, hotel.time_zone), at, since, today)


def _records(connection: Any, moment: Moment, product_id: int) -> Records:
    """One product's flows of the last weeks, counted as forecasting counts them."""
    flows = daily_flows(records.movements(connection, moment))
    return Records(
        np.array([product_id], dtype=np.int64),
        records.first_movements(connection, moment),
        flows[flows["product_id"] == product_id],
        records.active_days(connection, moment)["active_on"],
        records.stays(connection, moment, moment.since_on),
    )
