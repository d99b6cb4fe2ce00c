"""The central store for exploring: levels, movements by kind, value at cost, counts beside the books (A1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import pandas as pd

from core.clock import local_date
from core.errors import AppError
from core.scope import Scope
from db.queries import overview, premises
from db.queries import stock_pages as queries
from db.queries.consumption import Place
from db.session import Database
from pipeline.metrics.archive.service import MetricHistory
from reports import stock_sums as sums
from reports.archived_outflow import outflow_days
from reports.consumption import PERIODS, hotel_of, window_of
from reports.consumption_sums import SMALL_RATIO

__all__ = ["PERIODS", "Place", "ProductStock", "Stock", "StockFilters", "StockService"]


@dataclass(frozen=True)
class StockFilters:
    """What a reader asked for; ``group``: a code of a product group, None means all."""

    hotel_id: int
    days: int = PERIODS[0]
    group: str | None = None


@dataclass(frozen=True)
class Stock:
    """``products`` and ``counts`` are described in ``reports.stock_sums``; ``kinds``: those that occurred."""

    as_of: datetime | None
    currency: str
    first_on: date
    products: pd.DataFrame
    kinds: tuple[str, ...]
    counts: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        """No product ever moved."""
        return bool(self.products["level"].isna().all())

    @property
    def value(self) -> float | None:
        """Of the stock at cost; None: no product with a cost has a level."""
        known = self.products["value"].dropna()
        return float(known.sum()) if len(known) else None

    @property
    def without_cost(self) -> int:
        """Products that have a level but no cost."""
        return int((self.products["level"].notna() & self.products["cost"].isna()).sum())

    @property
    def low(self) -> int:
        """Products at or below their critical level."""
        return int(self.products["state"].isin(["negative", "low"]).sum())

    @property
    def differences(self) -> pd.DataFrame:
        """The counts that found something else than the books said."""
        return self.counts[self.counts["difference"] != 0]

    @property
    def difference_value(self) -> float | None:
        """Of all differences together, at cost; None: no difference has a cost."""
        known = self.differences["value"].dropna()
        return float(known.sum()) if len(known) else None


@dataclass(frozen=True)
class ProductStock:
    """``moves``: occurred_at, kind, quantity, change, level (after it), is_count; kind None at the ends of the period.

    ``days``: day, last_on, mean (outflow, NaN: not measured), expected (NaN: not judged); today is left out.
    """

    code: str
    name: str
    critical_level: int
    moves: pd.DataFrame
    days: pd.DataFrame
    faults: Mapping[str, str] = field(default_factory=dict)  # files of the archive that are not as they were written

    @property
    def level(self) -> float | None:
        """Now; None: it never moved."""
        return float(self.moves["level"].iloc[-1]) if len(self.moves) else None

    @property
    def is_as_expected(self) -> bool:
        """Whether the deviation is too small to be a finding."""
        ratio = self.deviation_ratio
        return ratio is not None and abs(ratio) < SMALL_RATIO

    @property
    def deviation_ratio(self) -> float | None:
        """What left the store against what was expected, over the days that have both; None where none was expected."""
        known = self.days.dropna(subset=["mean", "expected"])
        usual = float(known["expected"].sum())
        return float(known["mean"].sum()) / usual - 1 if usual > 0 else None


@dataclass(frozen=True)
class StockService:
    """Reads of the period's closed hotel-local days and of today so far."""

    database: Database
    history: MetricHistory

    def groups(self, scope: Scope, hotel_id: int) -> list[Place]:
        """The product groups of a hotel."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return queries.groups(connection, hotel_id)

    def stock(self, scope: Scope, filters: StockFilters, at: datetime) -> Stock:
        """The products in use, those at or below their critical level first, and the period's counts."""
        group_id = _group_id(self.groups(scope, filters.hotel_id), filters.group)
        with self.database.reading() as connection:
            hotel = hotel_of(premises.hotels(connection), filters.hotel_id)
            window = window_of(hotel, local_date(at, hotel.time_zone), filters.days)
            products = queries.products(connection, hotel.id, group_id)
            moved = queries.movements(connection, window, at, products["product_id"].tolist())
            as_of = overview.known_at(connection, hotel.id)
        moves = sums.moves(moved)
        table = sums.product_table(products, moves, window.since, local_date(at, hotel.time_zone), hotel.time_zone)
        kinds = tuple(kind for kind in sums.KINDS if table[kind].fillna(0).any())
        return Stock(as_of, hotel.currency, window.first_on, table, kinds, sums.counts(products, moves, window.since))

    def product(self, scope: Scope, filters: StockFilters, code: str, at: datetime) -> ProductStock:
        """One product: its level after every movement, and its outflow by closed day, from the archive too (A7.4)."""
        self.groups(scope, filters.hotel_id)
        with self.database.reading() as connection:
            hotel = hotel_of(premises.hotels(connection), filters.hotel_id)
            window = window_of(hotel, local_date(at, hotel.time_zone), filters.days)
            products = queries.products(connection, hotel.id, None)
            asked = products[products["code"] == code]
            if asked.empty:
                raise AppError("not_found", 404, params={"what": f"product {code}"})
            product_id = int(asked["product_id"].iloc[0])
            moves = sums.moves(queries.movements(connection, window, at, [product_id]))
            faults = dict[str, str]()
            days = outflow_days(connection, self.history, window, product_id, faults)
        shown = sums.from_period(moves, window.since, at)
        return ProductStock(code, str(asked["name"].iloc[0]), int(asked["critical_level"].iloc[0]), shown, days, faults)


def _group_id(groups: list[Place], code: str | None) -> int | None:
    if code is None:
        return None
    for group in groups:
        if group.code == code:
            return group.id
    raise AppError("not_found", 404, params={"what": code})
