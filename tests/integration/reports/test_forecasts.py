"""The forecast screens' figures: dates, orders and outcomes that can be counted by hand, and nobody else's (A4)."""

from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.session import Database
from pipeline.forecasting.service import ForecastService
from reports.forecasts import Comparison, ForecastScreenService
from tests.conftest import NOW
from tests.integration.builders import build_hotel
from tests.integration.reports.forecast_store import (
    A_DAY,
    CASE,
    COST,
    LASTS_DAYS,
    LEVEL,
    LOW,
    NEW,
    PLENTY,
    Store,
    build_store,
)

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@pytest.fixture
def store(database: Database) -> Store:
    return build_store(database)


@pytest.fixture
def screens(database: Database) -> ForecastScreenService:
    return ForecastScreenService(database, ForecastService(database))


def compared(screens: ForecastScreenService, store: Store) -> Comparison:
    return screens.outcomes(SYSTEM, screens.basis(SYSTEM, store.hotel.hotel_id, NOW)).of(store.low)


def test_four_days_of_use_are_gone_at_the_end_of_the_fourth_day(screens: ForecastScreenService, store: Store) -> None:
    """A4.2: today is the first day."""
    store.forecast(0)
    found = screens.basis(SYSTEM, store.hotel.hotel_id, NOW).run_outs()
    assert (found.today, found.made_on, found.age_days, found.is_old) == (TODAY, TODAY, 0, False)
    first = found.rows[0]
    last_day = TODAY + (LASTS_DAYS - 1) * DAY
    assert (first.product_id, first.on, first.days_without_delivery) == (store.low, last_day, LASTS_DAYS)
    assert first.low_on is not None
    assert first.high_on is not None
    assert TODAY <= first.low_on <= last_day <= first.high_on
    assert (first.is_soon, first.needs_you, found.soon) == (True, True, 1)
    rows = {row.product_id: row for row in found.rows}
    plenty, new = rows[store.hotel.products[PLENTY]], rows[store.hotel.products[NEW]]
    assert (plenty.on, plenty.is_learning, plenty.needs_you) == (None, False, False)
    assert (new.is_learning, new.on, new.model, found.learning) == (True, None, None, 1)


def test_without_a_forecast_the_last_weeks_decide_and_nothing_is_ordered(
    screens: ForecastScreenService, store: Store
) -> None:
    found = screens.basis(SYSTEM, store.hotel.hotel_id, NOW).run_outs()
    assert (found.made_on, found.age_days, found.is_old) == (None, None, False)
    assert (found.rows[0].model, found.rows[0].on) == (None, TODAY + LASTS_DAYS * DAY)  # counted from now on
    orders = screens.basis(SYSTEM, store.hotel.hotel_id, NOW).orders()
    assert (orders.rows, orders.value) == ((), None)
    assert screens.product(SYSTEM, screens.basis(SYSTEM, store.hotel.hotel_id, NOW), store.low).week is None


def test_a_forecast_that_missed_its_night_is_called_old(screens: ForecastScreenService, store: Store) -> None:
    store.forecast(2)
    found = screens.basis(SYSTEM, store.hotel.hotel_id, NOW).run_outs()
    assert (found.age_days, found.is_old) == (2, True)
    assert not screens.basis(SYSTEM, store.hotel.hotel_id, NOW - DAY).run_outs().is_old


def test_orders_are_valued_at_cost_and_follow_the_service_level(screens: ForecastScreenService, store: Store) -> None:
    """A4.6: three cases of twelve; at half the cycles the level is still above the reorder point."""
    store.forecast(0)
    orders = screens.basis(SYSTEM, store.hotel.hotel_id, NOW).orders()
    (due,) = orders.due
    assert (due.product_id, due.quantity, due.cases, due.is_lead_known) == (store.low, 3 * CASE, 3, False)
    assert due.reorder_point >= LEVEL
    assert (orders.value, orders.unpriced, orders.currency) == (3 * CASE * COST, 0, "EUR")
    relaxed = screens.basis(SYSTEM, store.hotel.hotel_id, NOW).orders(0.5)
    assert (relaxed.due, relaxed.value) == ((), 0)
    with pytest.raises(AppError, match="service_level_wrong"):
        screens.basis(SYSTEM, store.hotel.hotel_id, NOW).orders(1.0)


def test_what_has_no_cost_is_not_worth_nothing(screens: ForecastScreenService, store: Store) -> None:
    store.forecast(0)
    with store.database.transaction() as connection:
        connection.execute(text("UPDATE products SET cost = 0"))
    orders = screens.basis(SYSTEM, store.hotel.hotel_id, NOW).orders()
    assert (len(orders.due), orders.unpriced, orders.value) == (1, 1, None)


def test_a_products_days_join_what_left_with_what_will_leave(screens: ForecastScreenService, store: Store) -> None:
    store.forecast(0)
    found = screens.product(SYSTEM, screens.basis(SYSTEM, store.hotel.hotel_id, NOW), store.low)
    demand = found.demand.set_index("day")
    past, ahead = demand[demand.index < pd.Timestamp(TODAY)], demand[demand.index >= pd.Timestamp(TODAY)]
    assert set(past["value"].dropna()) == {float(A_DAY)}
    assert len(past) >= 26
    assert ahead["value"].isna().all()
    assert len(ahead) == 28
    assert ahead["expected"].between(A_DAY - 1, A_DAY + 1).all()
    assert found.week is not None
    assert (found.week.before, round(found.week.expected)) == (7 * A_DAY, 7 * A_DAY)
    assert found.week.lower <= found.week.expected <= found.week.upper
    shelf = found.shelf.set_index("day")
    assert shelf.loc[pd.Timestamp(TODAY), "value"] == LEVEL
    assert shelf.loc[pd.Timestamp(TODAY), "expected"] == pytest.approx(LEVEL - A_DAY, abs=1)
    assert shelf.loc[pd.Timestamp(TODAY + 5 * DAY), "expected"] == 0


def test_a_product_that_is_still_learnt_has_a_past_only(screens: ForecastScreenService, store: Store) -> None:
    store.forecast(0)
    found = screens.product(SYSTEM, screens.basis(SYSTEM, store.hotel.hotel_id, NOW), store.hotel.products[NEW])
    assert found.week is None
    assert found.demand["value"].dropna().tolist() == [3.0, 3.0]  # not the day it came
    assert found.shelf["expected"].isna().all()
    assert found.shelf["value"].iloc[-1] == 34


def test_each_day_stands_beside_the_newest_forecast_made_for_it(screens: ForecastScreenService, store: Store) -> None:
    """A4.5: forecasts of five mornings; the newest day with records may not be over and is left out."""
    empty = compared(screens, store)
    assert (empty.everything.observations, empty.everything.coverage, len(empty.days)) == (0, None, 0)
    store.forecast(6, 5, 4, 3, 2)
    found = compared(screens, store)
    over = (NOW - DAY).date() - (TODAY - 6 * DAY)  # days from the first forecast to the last day that is over
    assert len(found.days) == over.days + 1
    assert found.days["day"].is_monotonic_increasing
    assert set(found.days["value"]) == {float(A_DAY)}
    seven_ahead = sum(over.days + 1 - gone for gone in range(5))
    assert found.product.observations == seven_ahead
    assert found.everything.observations == 2 * seven_ahead
    assert found.inside == found.days["is_inside"].sum()
    assert found.product.bias == pytest.approx(0, abs=0.5)


def test_methods_stand_beside_seasonal_naive_with_their_sample(screens: ForecastScreenService, store: Store) -> None:
    """A4.4: linear regression is one of them."""
    assert screens.methods(SYSTEM, store.hotel.hotel_id, NOW, 1).rows == ()
    store.forecast(0)
    for horizon, per_week in ((1, 7), (7, 1)):
        found = screens.methods(SYSTEM, store.hotel.hotel_id, NOW, horizon)
        assert found.rows[0].model is None
        assert {"linear_regression", "seasonal_naive"} <= {row.model for row in found.rows}
        assert all(row.observations % per_week == 0 and row.products == 2 for row in found.rows)
    assert found.measured_at == NOW


def test_another_hotels_manager_and_another_role_see_none_of_it(screens: ForecastScreenService, store: Store) -> None:
    store.forecast(0)
    hotel_id = store.hotel.hotel_id
    basis = screens.basis(SYSTEM, hotel_id, NOW)
    cem = Scope("cem", frozenset({"metrics.read"}), frozenset({hotel_id + 1}))
    attendant = Scope("bora", frozenset(), frozenset({hotel_id}))
    for scope, code in ((cem, "not_found"), (attendant, "forbidden")):
        for refused in (
            lambda scope=scope: screens.basis(scope, hotel_id, NOW),
            lambda scope=scope: screens.product(scope, basis, store.low),
            lambda scope=scope: screens.outcomes(scope, basis),
            lambda scope=scope: screens.methods(scope, hotel_id, NOW, 1),
        ):
            with pytest.raises(AppError, match=code):
                refused()
    with pytest.raises(AppError, match="not_found"):
        screens.basis(SYSTEM, hotel_id + 999, NOW)


def test_a_product_of_another_hotel_is_as_if_it_were_not_there(screens: ForecastScreenService, store: Store) -> None:
    with store.database.transaction() as connection:
        other = build_hotel(connection)
    store.forecast(0)
    basis = screens.basis(SYSTEM, other.hotel_id, NOW)
    for product_id in (store.hotel.products[LOW], 10**12):
        for refused in (
            lambda asked=product_id: screens.product(SYSTEM, basis, asked),
            lambda asked=product_id: screens.outcomes(SYSTEM, basis).of(asked),
        ):
            with pytest.raises(AppError, match="not_found"):
                refused()
    assert screens.product(SYSTEM, basis, other.products[LOW]).week is None
    assert screens.outcomes(SYSTEM, basis).of(other.products[LOW]).product.observations == 0
    assert basis.run_outs().rows == ()
