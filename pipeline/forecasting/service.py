"""Forecasts of the hotels' stores: made every night, compared with what happened, read as run-outs and orders."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from core.errors import AppError
from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import forecasting as queries
from db.queries import versions
from db.queries.forecasting import Moment
from db.session import Database
from pipeline.forecasting.accuracy import COMPARED_DAYS, Accuracy, compare
from pipeline.forecasting.backtest import choose
from pipeline.forecasting.demand import Ints
from pipeline.forecasting.evaluation import evaluate
from pipeline.forecasting.forecast import HORIZON_DAYS, forecast, tracks_of
from pipeline.forecasting.history import History, Records, build_history
from pipeline.forecasting.records import (
    backtest_rows,
    daily_flows,
    forecast_rows,
    judgeable,
    known_before,
    observed_units,
    stored_choice,
)
from pipeline.forecasting.reorder import SERVICE_LEVEL
from pipeline.forecasting.store import RECENT_DAYS, Store, forecast_store, orders_of, run_outs_of
from pipeline.forecasting.supply import HABIT_DAYS

LEARNT_DAYS = 400
FRESH_DAYS = 3  # a forecast made longer ago is not used any more
MEASURED_EVERY = timedelta(days=7)
BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ForecastService:
    """Reads movements, stays and ``stok_seviye`` metrics; writes ``stock_forecasts`` and ``forecast_backtests``."""

    database: Database

    def forecast(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Forecast the 28 days from at's local day on, from what was known at ``at``; run twice, it changes nothing.

        The back-test is stored, and every product's model chosen anew, when the last one is a week old or when a
        product that can be judged has none.
        """
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.transaction() as connection:
            moment = _moment(connection, hotel_id, at, LEARNT_DAYS)
            progress(0.1, "stage.forecast")
            history = _history(connection, moment)
            if history is None:
                return StageReport(details={"products": 0, "learning": 0})
            progress(0.3, "stage.forecast")
            tracks, mornings = tracks_of(history)
            measured = queries.newest_backtests(connection, hotel_id, at - MEASURED_EVERY, at)
            model = stored_choice(measured, history.product_ids)
            due = bool((judgeable(history.observed_days) & (model < 0)).any())
            model = choose(tracks) if due else np.where(model < 0, choose(tracks), model)
            found = forecast(history, tracks, model)
            progress(0.8, "stage.forecast")
            written = queries.write_forecasts(connection, forecast_rows(found, hotel_id, moment.made_on))
            if due:
                span = tuple(history.first_on + timedelta(days=day) for day in (mornings[0], history.days - 1))
                rows = backtest_rows(
                    tracks, model, history.product_ids, hotel_id=hotel_id, at=at, span=(span[0], span[1])
                )
                written += queries.write_backtests(connection, rows)
            if written:
                versions.bump(connection, hotel_id, "forecasts")
        progress(1.0, "stage.done")
        known = int(found.is_known.sum())
        details = {"products": known, "learning": len(found.is_known) - known, "measured": due}
        return StageReport(history.units.size, written, details)

    def run_outs(self, scope: Scope, hotel_ids: list[int] | None, at: datetime) -> pd.DataFrame:
        """Every active product with a known level, the most urgent first.

        Columns: product_id, hotel_id, name, critical_level, case_size, level, daily_outflow, days_left, days_low,
        days_high (median and 80 % interval), probability_soon (empty within 7 days), model, and
        days_without_delivery; the others count deliveries where they follow a habit. NaN where fewer than 14 days
        were observed. Without a forecast of the last three days the last 28 days' outflow alone decides, model None.
        """
        return run_outs_of(self._stores(scope, hotel_ids, at))

    def reorder(
        self, scope: Scope, hotel_ids: list[int] | None, at: datetime, service_level: float = SERVICE_LEVEL
    ) -> pd.DataFrame:
        """What to order of every product with a forecast and a known level: those that are due first.

        Columns: product_id, hotel_id, name, level, case_size, lead_days, lead_sd, is_lead_known, lead_demand,
        safety_stock, reorder_point, order_up_to, quantity (whole cases; 0 above the reorder point). Raises
        ``service_level_wrong`` outside 50 to 99.9 %.
        """
        return orders_of(self._stores(scope, hotel_ids, at), service_level)

    def store(self, scope: Scope, hotel_id: int, at: datetime) -> Store:
        """What run-outs and orders of one hotel follow from, for those who show both."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return _store(connection, queries.stock_levels(connection, [hotel_id], at), hotel_id, at)

    def observed(self, scope: Scope, store: Store, days: int) -> Records:
        """The store's records with what tells which of the ``days`` before today, and of today, were observed."""
        scope.require("metrics.read")
        scope.require_hotel(store.hotel_id)
        with self.database.reading() as connection:
            moment = _moment(connection, store.hotel_id, store.at, days)
            first_moved = queries.first_movements(connection, moment)
            active_on = _active_on(connection, moment, store.records.flows["moved_on"])
        return replace(store.records, first_moved=first_moved, active_on=active_on)

    def backtests(self, scope: Scope, hotel_id: int, at: datetime | None = None) -> pd.DataFrame:
        """Every product's newest back-test, the best model first: columns of forecast_backtests, and name.

        ``horizon_days`` 1 judges each of the seven days ahead, 7 their total; ``is_chosen`` marks the model in use.
        """
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return queries.newest_backtests(connection, hotel_id, BEGINNING, at or END)

    def accuracy(self, scope: Scope, hotel_id: int, observed: Records, since: date, until: date) -> Accuracy:
        """Forecasts made up to seven days ahead beside what happened on the days ``since`` … ``until`` (SPEC A4.5).

        ``observed`` is the hotel's, of as many days as ``since`` asks for.
        """
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            made = queries.made_forecasts(connection, hotel_id, since, until, COMPARED_DAYS)
        products = np.unique(made["product_id"].to_numpy(np.int64))
        return compare(made, observed_units(replace(observed, product_ids=products), since, until))

    def evaluate(self, scope: Scope, hotel_id: int, at: datetime) -> pd.DataFrame:
        """The table of ``pipeline.forecasting.evaluation`` for the hotel's history up to ``at``; empty if too short."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            history = _history(connection, _moment(connection, hotel_id, at, LEARNT_DAYS))
        return pd.DataFrame() if history is None else evaluate(history)

    def _stores(self, scope: Scope, hotel_ids: list[int] | None, at: datetime) -> list[Store]:
        """The stores of the hotels with a known level."""
        scope.require("metrics.read")
        with self.database.reading() as connection:
            levels = queries.stock_levels(connection, _allowed(connection, scope, hotel_ids), at)
            hotels = sorted(levels["hotel_id"].unique().tolist())
            return [_store(connection, levels[levels["hotel_id"] == hotel], hotel, at) for hotel in hotels]


def _allowed(connection: Any, scope: Scope, wanted: list[int] | None) -> list[int]:
    allowed = scope.hotel_filter(wanted)
    return queries.hotel_ids(connection) if allowed is None else allowed


def _zone(connection: Any, hotel_id: int) -> str:
    zone = queries.time_zone(connection, hotel_id)
    if zone is None:
        raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})
    return zone


def _moment(connection: Any, hotel_id: int, at: datetime, days: int) -> Moment:
    zone = _zone(connection, hotel_id)
    made_on = local_date(at, zone)
    since_on = made_on - timedelta(days=days)
    return Moment(hotel_id, zone, local_midnight(since_on, zone), at, since_on, made_on)


def _records(connection: Any, moment: Moment) -> Records:
    return Records(
        np.array(queries.products(connection, moment.hotel_id), dtype=np.int64),
        queries.first_movements(connection, moment),
        daily_flows(queries.movements(connection, moment)),
        queries.active_days(connection, moment)["active_on"],
        known_before(queries.stays(connection, moment, moment.made_on + timedelta(days=HORIZON_DAYS)), moment.made_on),
    )


def _history(connection: Any, moment: Moment) -> History | None:
    """What is known of the hotel at the moment; None before its second day."""
    records = _records(connection, moment)
    past = records.active_on[records.active_on < pd.Timestamp(moment.made_on)]
    if past.empty or not len(records.product_ids):
        return None
    return build_history(records, past.min().date(), moment.made_on, HORIZON_DAYS)


def _recent_records(connection: Any, moment: Moment, product_ids: Ints) -> Records:
    """The flows that supply and today's rest are learnt from."""
    flows = daily_flows(queries.movements(connection, moment))
    none = pd.DataFrame()
    return Records(product_ids, none, flows, pd.Series(dtype="datetime64[us]"), none)


def _stored(connection: Any, moment: Moment) -> pd.DataFrame:
    oldest = moment.made_on - timedelta(days=FRESH_DAYS)
    return queries.newest_forecasts(connection, moment.hotel_id, oldest, moment.made_on)


def _store(connection: Any, levels: pd.DataFrame, hotel_id: int, at: datetime) -> Store:
    levels = levels.drop(columns=["timestamp"]).reset_index(drop=True)
    moment = _moment(connection, hotel_id, at, HABIT_DAYS)
    stored = _stored(connection, moment)
    records = _recent_records(connection, moment, levels["product_id"].to_numpy(np.int64))
    if len(stored):
        return forecast_store(hotel_id, at, moment.made_on, levels=levels, stored=stored, records=records)
    outflows = queries.daily_outflows(connection, [hotel_id], at - timedelta(days=RECENT_DAYS), at)
    return Store(hotel_id, at, moment.made_on, levels, stored, records, outflows)


def _active_on(connection: Any, moment: Moment, moved_on: pd.Series) -> pd.Series:
    """Days with any record. Goods move on most days: only for the others, from the first on, more is looked at."""
    days, moved_on = pd.date_range(moment.since_on, moment.made_on, unit="us"), moved_on.drop_duplicates()
    for table in queries.ACTIVITY[1:]:
        silent = days.difference(pd.DatetimeIndex(moved_on))
        if silent.empty:
            break
        later = replace(moment, since=local_midnight(silent[0].date(), moment.zone))
        moved_on = pd.concat([moved_on, queries.active_days(connection, later, (table,))["active_on"]])
    return moved_on
