"""Forecasts on the database: stored once, of the past only, compared with what happened, in scope (A4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, insert, text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.models.activity import Stay
from db.queries.forecasting import Moment, active_days
from db.session import Database
from pipeline.forecasting.accuracy import Accuracy
from pipeline.forecasting.forecast import HORIZON_DAYS
from pipeline.forecasting.service import ForecastService
from pipeline.metrics.service import MetricsService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel

DAY = timedelta(days=1)
DAYS = 63
TODAY = NOW.date()
STEADY, STILL, NEW = 0, 1, 2


@dataclass(frozen=True)
class Store:
    """A store with a steady product (5 a day, 10 on Saturdays), a still one, and one that came three days ago."""

    database: Database
    hotel: BuiltHotel
    service: ForecastService

    def forecast(self, at: datetime = NOW) -> int:
        return self.service.forecast(SYSTEM, self.hotel.hotel_id, at).rows_out

    def stored(self) -> list[tuple[object, ...]]:
        with self.database.reading() as connection:
            query = text("SELECT * FROM stock_forecasts ORDER BY product_id, made_on, target_on")
            return [tuple(row) for row in connection.execute(query)]

    def booking(
        self, connection: Connection, arrival_on: date, nights: int, guests: int, recorded_at: datetime
    ) -> None:
        values = {
            "hotel_id": self.hotel.hotel_id, "room_id": self.hotel.rooms[0], "arrival_on": arrival_on,
            "departure_on": arrival_on + nights * DAY, "adults": guests, "recorded_at": recorded_at,
        }  # fmt: skip
        connection.execute(insert(Stay), values)

    def accuracy(self, since: date, until: date) -> Accuracy:
        observed = self.service.observed(SYSTEM, self.service.store(SYSTEM, self.hotel.hotel_id, NOW), 28)
        return self.service.accuracy(SYSTEM, self.hotel.hotel_id, observed, since, until)

    def collect(self) -> None:
        MetricsService(self.database).collect(SYSTEM, self.hotel.hotel_id, NOW, metric_types=("stok_seviye",))


@pytest.fixture
def store(database: Database) -> Store:
    with database.transaction() as connection:
        hotel = build_hotel(connection)
        start = NOW - DAYS * DAY
        for product in (STEADY, STILL):
            hotel.movement(connection, product, start, "devir", 450)
        hotel.movement(connection, NEW, NOW - 3 * DAY, "devir", 40)
        for back in range(DAYS, 0, -1):
            at = NOW - back * DAY + timedelta(hours=3)
            hotel.movement(connection, STEADY, at, "cikis", 10 if at.weekday() == 5 else 5)
            if back <= 2:
                hotel.movement(connection, NEW, at, "cikis", 3)
        hotel.movement(connection, STEADY, NOW - 20 * DAY + timedelta(hours=9), "sayim", 300)
        connection.execute(text("UPDATE products SET case_size = 12"))
    return Store(database, hotel, ForecastService(database))


def test_a_forecast_is_stored_once_for_the_products_that_are_known(store: Store) -> None:
    """A4.1: the second run as of the same instant writes nothing."""
    report = store.service.forecast(SYSTEM, store.hotel.hotel_id, NOW)
    assert report.details == {"products": 2, "learning": 1, "measured": True}
    first = store.stored()
    assert len(first) == 2 * HORIZON_DAYS
    assert store.forecast() == 0
    assert store.stored() == first
    found = store.service.store(SYSTEM, store.hotel.hotel_id, NOW).stored.set_index("product_id")
    steady = found.loc[store.hotel.products[STEADY]]
    saturday = (steady["target_on"].dt.day_of_week == 5).to_numpy()
    assert np.abs(steady["mean"][saturday] - 10).max() < 1.5
    assert np.abs(steady["mean"][~saturday] - 5).max() < 0.8  # the count is no demand
    assert found.loc[store.hotel.products[STILL], "mean"].max() < 0.05


def test_what_happens_later_changes_no_earlier_forecast(store: Store) -> None:
    """P-rule: a forecast of the past is the same whether made then or from a database that knows more."""
    past = NOW - 10 * DAY
    store.forecast(past)
    first = store.stored()
    with store.database.transaction() as connection:
        connection.execute(text("DELETE FROM stock_movements WHERE occurred_at > :past"), {"past": past})
        connection.execute(text("DELETE FROM stock_forecasts"))
        connection.execute(text("DELETE FROM forecast_backtests"))
    store.forecast(past)
    assert store.stored() == first
    with store.database.transaction() as connection:
        connection.execute(text("DELETE FROM stock_forecasts"))
        store.hotel.movement(connection, STEADY, past - 5 * DAY, "cikis", 300)
    store.forecast(past)
    assert store.stored() != first  # the control: an earlier row counts


def test_run_outs_come_from_the_stored_forecast_with_an_interval(store: Store) -> None:
    """A4.2: the level is what was counted less 19 days of use."""
    store.forecast()
    store.collect()
    found = store.service.run_outs(SYSTEM, [store.hotel.hotel_id], NOW).set_index("product_id")
    steady = found.loc[store.hotel.products[STEADY]]
    assert steady["daily_outflow"] == pytest.approx(40 / 7, abs=0.5)
    assert steady["days_low"] - 1 <= steady["level"] / (40 / 7) <= steady["days_high"] + 1
    assert steady["days_left"] == steady["days_without_delivery"]  # no deliveries are known, none are assumed
    assert isinstance(steady["model"], str)
    assert np.isinf(found.loc[store.hotel.products[STILL], "days_left"])
    assert np.isnan(found.loc[store.hotel.products[NEW], "days_left"])


def test_an_old_forecast_is_not_used(store: Store) -> None:
    store.forecast(NOW - 5 * DAY)
    store.collect()
    found = store.service.run_outs(SYSTEM, [store.hotel.hotel_id], NOW)
    assert found["model"].isna().all()
    assert found["days_left"].notna().any()  # the last weeks' outflow alone decides


def test_orders_are_whole_cases_for_products_that_are_due(store: Store) -> None:
    """A4.6"""
    with store.database.transaction() as connection:
        for back in (50, 43, 36, 29):
            store.hotel.movement(connection, STEADY, NOW - back * DAY + timedelta(hours=4), "giris", 24)
        store.hotel.movement(connection, STEADY, NOW - timedelta(hours=2), "sayim", 30)
    store.forecast()
    store.collect()
    found = store.service.reorder(SYSTEM, [store.hotel.hotel_id], NOW).set_index("product_id")
    steady = found.loc[store.hotel.products[STEADY]]
    assert (steady["lead_days"], steady["is_lead_known"], steady["level"]) == (7, True, 30)
    assert steady["quantity"] > 0
    assert steady["quantity"] % 12 == 0
    assert found.loc[store.hotel.products[STILL], "quantity"] == 0
    assert store.hotel.products[NEW] not in found.index
    with pytest.raises(AppError, match="service_level_wrong"):
        store.service.reorder(SYSTEM, [store.hotel.hotel_id], NOW, 1.0)


def test_back_tests_are_stored_weekly_and_name_the_model_in_use(store: Store) -> None:
    """A4.5: the choice is renewed by the nightly job."""
    store.forecast(NOW - 8 * DAY)
    first = store.service.backtests(SYSTEM, store.hotel.hotel_id)
    steady = first[first["product_id"] == store.hotel.products[STEADY]]
    assert steady["is_chosen"].sum() == 2  # of days and of week totals, the same model
    assert steady["model"].nunique() == 6
    store.forecast(NOW - 7 * DAY)
    assert store.service.backtests(SYSTEM, store.hotel.hotel_id)["measured_at"].eq(first["measured_at"].iloc[0]).all()
    store.forecast()
    assert (store.service.backtests(SYSTEM, store.hotel.hotel_id)["measured_at"] > first["measured_at"].iloc[0]).all()
    before = store.service.backtests(SYSTEM, store.hotel.hotel_id, NOW - 2 * DAY)
    assert before["measured_at"].eq(first["measured_at"].iloc[0]).all()
    chosen = steady.loc[steady["is_chosen"], "model"].iloc[0]
    assert {row[4] for row in store.stored() if row[1] == store.hotel.products[STEADY]} >= {chosen}


def test_forecasts_stand_beside_what_happened(store: Store) -> None:
    """A4.5"""
    span = (TODAY - 6 * DAY, TODAY - 2 * DAY)
    assert store.accuracy(*span).observations == 0
    store.forecast(NOW - 6 * DAY)
    found = store.accuracy(*span)
    assert found.observations == 2 * 5
    assert found.coverage is not None
    assert found.coverage >= 0.8
    assert found.pinball is not None
    assert found.pinball < 0.5
    assert store.accuracy(date(2027, 1, 1), date(2027, 1, 9)).pinball is None


def test_what_is_not_sold_any_more_is_not_compared(store: Store) -> None:
    store.forecast(NOW - 6 * DAY)
    with store.database.transaction() as connection:
        values = {"id": store.hotel.products[STILL]}
        connection.execute(text("UPDATE products SET is_active = false WHERE id = :id"), values)
    found = store.accuracy(TODAY - 6 * DAY, TODAY - 2 * DAY)
    assert found.products["product_id"].tolist() == [store.hotel.products[STEADY]]


def test_a_day_without_goods_is_active_by_custody_or_a_visit(store: Store) -> None:
    """Only where no goods moved is more looked at, and the days are those that all records together have."""
    hotel, silent = store.hotel, [TODAY - back * DAY for back in (12, 11, 10, 9)]
    with store.database.transaction() as connection:
        query = text(
            "DELETE FROM stock_movements WHERE (occurred_at AT TIME ZONE 'Europe/Istanbul')::date = ANY(:days)"
        )
        connection.execute(query, {"days": silent})
        hotel.custody(connection, 0, NOW - 11 * DAY, "zimmet", 5)
        hotel.visit(connection, 0, NOW - 9 * DAY)
        moment = Moment(hotel.hotel_id, "Europe/Istanbul", NOW - 28 * DAY, NOW, TODAY - 28 * DAY, TODAY)
        every = active_days(connection, moment)["active_on"].dt.date
    found = store.service.observed(SYSTEM, store.service.store(SYSTEM, hotel.hotel_id, NOW), 28).active_on.dt.date
    shown = set(found[found >= TODAY - 27 * DAY])
    assert shown & set(silent) == {silent[1], silent[3]}
    assert shown == {day for day in every if day >= TODAY - 27 * DAY}


def test_bookings_raise_the_forecast_of_the_days_they_fill(store: Store) -> None:
    """A4.4: guests leave with the units; a full house is booked for the week to come."""
    hotel = store.hotel
    with store.database.transaction() as connection:
        connection.execute(text("DELETE FROM stock_movements"))
        hotel.movement(connection, STEADY, NOW - DAYS * DAY, "devir", 4000)
        for back in range(DAYS, -15, -1):
            full = back > 0 and (back // 5) % 2
            day = TODAY - back * DAY
            store.booking(connection, day, 1, 40 if full else 10, NOW - (back + 20) * DAY)
            if back > 0:
                hotel.movement(connection, STEADY, NOW - back * DAY + timedelta(hours=3), "cikis", 20 if full else 5)
    store.forecast()
    before = store.service.store(SYSTEM, hotel.hotel_id, NOW).stored.set_index("product_id").loc[hotel.products[STEADY]]
    with store.database.transaction() as connection:
        store.booking(connection, TODAY, 7, 60, NOW - DAY)
        store.booking(connection, TODAY + 7 * DAY, 7, 900, NOW + DAY)
    store.forecast()
    after = store.service.store(SYSTEM, hotel.hotel_id, NOW).stored.set_index("product_id").loc[hotel.products[STEADY]]
    raised = (after["mean"] / before["mean"]).to_numpy()
    assert raised[1:7].min() > 1.3
    assert raised[9:14].max() < 1.2  # that booking came after the forecast


def test_nobody_sees_or_makes_forecasts_of_another_hotel(store: Store) -> None:
    store.forecast()
    store.collect()
    cem = Scope("cem", frozenset({"metrics.read", "jobs.run"}), frozenset({store.hotel.hotel_id + 1}))
    service, hotel_id = store.service, store.hotel.hotel_id
    known = service.store(SYSTEM, hotel_id, NOW)
    assert service.run_outs(cem, [hotel_id], NOW).empty
    assert service.reorder(cem, [hotel_id], NOW).empty
    for denied in (
        lambda: service.forecast(cem, hotel_id, NOW),
        lambda: service.store(cem, hotel_id, NOW),
        lambda: service.observed(cem, known, DAYS),
        lambda: service.backtests(cem, hotel_id),
        lambda: service.accuracy(cem, hotel_id, known.records, TODAY, TODAY),
        lambda: service.evaluate(cem, hotel_id, NOW),
    ):
        with pytest.raises(AppError, match="not_found"):
            denied()
    reader = Scope("bora", frozenset({"metrics.read"}), None)
    with pytest.raises(AppError, match="forbidden"):
        service.forecast(reader, hotel_id, NOW)
    with pytest.raises(AppError, match="forbidden"):
        service.run_outs(Scope("eda", frozenset(), None), [hotel_id], NOW)


def test_a_hotel_without_records_has_no_forecast_and_no_error(database: Database) -> None:
    with database.transaction() as connection:
        hotel = build_hotel(connection)
    service = ForecastService(database)
    assert service.forecast(SYSTEM, hotel.hotel_id, NOW).rows_out == 0
    assert service.evaluate(SYSTEM, hotel.hotel_id, NOW).empty
    assert service.run_outs(SYSTEM, None, NOW).empty
    with pytest.raises(AppError, match="not_found"):
        service.forecast(SYSTEM, hotel.hotel_id + 999, NOW)
