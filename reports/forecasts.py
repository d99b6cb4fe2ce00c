"""The figures of the forecast screens: what runs out, what to order, one product by day, and how good it all was."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from core.clock import local_midnight
from core.errors import AppError
from core.scope import Scope
from db.queries import forecast_screens as queries
from db.queries import overview, premises
from db.queries.premises import HotelRow
from db.session import Database
from pipeline.forecasting.accuracy import Accuracy
from pipeline.forecasting.history import Records
from pipeline.forecasting.outlook import outlook_of
from pipeline.forecasting.records import observed_units
from pipeline.forecasting.reorder import SERVICE_LEVEL
from pipeline.forecasting.service import ForecastService
from pipeline.forecasting.store import Store, orders_of, run_outs_of
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
class Outcomes:
    """The forecasts for the last four weeks beside what happened, of all products of a hotel."""

    since: date
    until: date
    found: Accuracy
    product_ids: frozenset[int]

    def of(self, product_id: int) -> Comparison:
        """One product beside all; ``not_found`` for one that is not the hotel's."""
        _require_product(product_id, self.product_ids)
        product = Outcome(0, None, None, None)
        for mine in self.found.products[self.found.products["product_id"] == product_id].to_dict(orient="records"):
            product = Outcome(int(mine["observations"]), mine["pinball"], mine["coverage"], mine["bias"])
        everything = Outcome(self.found.observations, self.found.pinball, self.found.coverage, self.found.bias)
        return Comparison(self.since, self.until, everything, product, compared_days(self.found.days, product_id))


@dataclass(frozen=True)
class Basis:
    """What a hotel's figures are worked out from, read once for all of them.

    ``costs``: of a unit by the id of each of the hotel's products; None where it is not known.
    """

    hotel: HotelRow
    as_of: datetime | None
    store: Store
    observed: Records
    costs: dict[int, float | None]

    def run_outs(self) -> RunOuts:
        """Every active product with a known level."""
        stored, today = self.store.stored, self.store.today
        made_on = None if stored.empty else stored["made_on"].max().date()
        return RunOuts(self.as_of, today, made_on, run_out_rows(run_outs_of([self.store]), today))

    def orders(self, service_level: float = SERVICE_LEVEL) -> Orders:
        """What to order of every product with a forecast; ``service_level_wrong`` outside 50 to 99.9 %."""
        return Orders(self.hotel.currency, order_rows(orders_of([self.store], service_level), self.costs))


@dataclass(frozen=True)
class ForecastScreenService:
    """Prepares what the forecasting service knows for people; writes nothing."""

    database: Database
    forecasts: ForecastService

    def basis(self, scope: Scope, hotel_id: int, at: datetime) -> Basis:
        """As of ``at``; run-outs and orders follow from it, and it is half of one product's days and of the outcome."""
        hotel = self._hotel(scope, hotel_id)
        store = self.forecasts.store(scope, hotel_id, at)
        observed = self.forecasts.observed(scope, store, SHOWN_DAYS)
        with self.database.reading() as connection:
            as_of, costs = overview.known_at(connection, hotel_id), queries.unit_costs(connection, hotel_id)
        return Basis(hotel, as_of, store, observed, costs)

    def product(self, scope: Scope, basis: Basis, product_id: int) -> ProductDays:
        """The last four weeks and the forecast of one product, and its shelf if nothing is delivered.

        ``not_found`` for a product that is not the hotel's.
        """
        scope.require("metrics.read")
        scope.require_hotel(basis.hotel.id)
        _require_product(product_id, basis.costs)
        store, zone = basis.store, basis.hotel.time_zone
        since = store.today - timedelta(days=SHOWN_DAYS)
        begins = local_midnight(since, zone)
        with self.database.reading() as connection:
            past = queries.daily_levels(connection, basis.hotel.id, product_id, zone, since=begins, at=store.at)
        mine = store.stored[store.stored["product_id"] == product_id]
        found = replace(basis.observed, product_ids=np.array([product_id], dtype=np.int64))
        demand = demand_days(observed_units(found, since, store.today - timedelta(days=1)), mine, store.today)
        if mine.empty or past.empty:
            return ProductDays(None, demand, shelf_days_known(past))
        outlook = outlook_of(found.product_ids, mine, found.flows, store.today)
        level = float(past["level"].iloc[-1])
        return ProductDays(week_of(outlook), demand, shelf_days(past, level, outlook))

    def outcomes(self, scope: Scope, basis: Basis) -> Outcomes:
        """How the forecasts for the last four weeks turned out (SPEC A4.5)."""
        since, until = basis.store.today - timedelta(days=SHOWN_DAYS), basis.store.today - timedelta(days=1)
        found = self.forecasts.accuracy(scope, basis.hotel.id, basis.observed, since, until)
        return Outcomes(since, until, found, frozenset(basis.costs))

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


def _require_product(product_id: int, known: Container[int]) -> None:
    if product_id not in known:
        raise AppError("not_found", 404, params={"what": f"product {product_id}"})


def shelf_days_known(levels: pd.DataFrame) -> pd.DataFrame:
    """The shelf of a product without a forecast: only its past."""
    return levels.rename(columns={"level": "value"}).assign(expected=np.nan, lower=np.nan, upper=np.nan)
