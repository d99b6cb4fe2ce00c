"""Rows of run-outs and methods: days become dates, losses weigh by what was observed, nothing is invented."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from reports.forecast_rows import RunOutRow, methods, order_rows, run_out_rows

TODAY = date(2026, 3, 2)
MEASURED = datetime(2026, 3, 1, 22, tzinfo=UTC)


def row(**values: object) -> RunOutRow:
    usual = {
        "product_id": 1, "hotel_id": 1, "name": "Cola", "critical_level": 0, "case_size": 1, "level": 9.0,
        "daily_outflow": 2.0, "days_left": 5.0, "days_low": 4.0, "days_high": 6.0, "probability_soon": 0.9,
        "days_without_delivery": 5.0, "model": "blend",
    }  # fmt: skip
    (found,) = run_out_rows(pd.DataFrame([usual | values]), TODAY)
    return found


def test_the_first_day_of_a_stored_forecast_is_today() -> None:
    found = row(days_left=1.0, days_low=1.0, days_high=3.0)
    assert (found.low_on, found.on, found.high_on) == (TODAY, TODAY, TODAY + timedelta(days=2))
    assert row(days_left=1.0, model=None).on == TODAY + timedelta(days=1)
    assert row(days_left=0.0, level=0.0).on == TODAY


def test_beyond_the_horizon_there_is_no_date() -> None:
    found = row(days_left=np.inf, days_low=30.0, days_high=np.inf, probability_soon=0.0, days_without_delivery=np.inf)
    assert (found.on, found.high_on, found.is_soon, found.is_learning) == (None, None, False, False)
    assert found.low_on == TODAY + timedelta(days=29)


def test_what_is_still_learnt_has_neither_date_nor_probability() -> None:
    unknown = dict.fromkeys(("days_left", "days_low", "days_high", "probability_soon", "days_without_delivery"), np.nan)
    found = row(**unknown, model=np.nan)
    assert (found.on, found.probability, found.days_without_delivery, found.model) == (None, None, None, None)
    assert (found.is_learning, found.is_soon, found.needs_you) == (True, False, False)


@pytest.mark.parametrize(
    ("probability", "level", "critical", "needed"),
    [(0.1, 9, 0, True), (0.09, 9, 0, False), (0.0, 9, 9, True), (np.nan, 3, 5, True)],
)
def test_a_chance_of_ten_percent_or_the_critical_level_needs_you(
    probability: float, level: float, critical: int, needed: bool
) -> None:
    assert row(probability_soon=probability, level=level, critical_level=critical).needs_you is needed


def test_no_safety_stock_is_nought_and_an_unknown_cost_is_no_value() -> None:
    order = {
        "product_id": 2, "name": "Gin", "level": 4.0, "reorder_point": -0.0, "safety_stock": -1e-9, "order_up_to": 0.0,
        "quantity": 24.0, "case_size": 12, "lead_days": 3.0, "lead_sd": 1.0, "is_lead_known": True,
    }  # fmt: skip
    unknown, known = (order_rows(pd.DataFrame([order]), costs)[0] for costs in ({}, {2: 1.25}))
    assert (str(unknown.reorder_point), str(unknown.safety_stock), unknown.value) == ("0.0", "0.0", None)
    assert (known.value, known.cases, known.is_due) == (30.0, 2.0, True)


def backtests() -> pd.DataFrame:
    """Two products: 10 and 30 observations; of the first seasonal naive is in use."""
    rows = [
        (1, "seasonal_naive", 10, 4.0, 0.5, True), (1, "linear_regression", 10, 8.0, 1.0, False),
        (2, "seasonal_naive", 30, 2.0, 0.9, False), (2, "linear_regression", 30, 1.0, 0.7, True),
    ]  # fmt: skip
    names = ["product_id", "model", "observations", "pinball", "coverage", "is_chosen"]
    since, until = pd.Timestamp("2026-01-05"), pd.Timestamp("2026-03-01")
    return pd.DataFrame(rows, columns=names).assign(
        measured_at=pd.Timestamp(MEASURED), since_on=since, until_on=until, horizon_days=1
    )


def test_methods_weigh_each_observation_the_same() -> None:
    found = methods(backtests(), 1)
    own, naive, linear = found.rows
    assert (own.model, naive.model, linear.model) == (None, "seasonal_naive", "linear_regression")
    assert (naive.loss, linear.loss, own.loss) == ((40 + 60) / 40, (80 + 30) / 40, (40 + 30) / 40)
    assert (naive.loss_ratio, own.loss_ratio) == (1.0, 0.7)
    assert linear.loss_ratio == pytest.approx(1.1)
    assert own.coverage == pytest.approx((0.5 * 10 + 0.7 * 30) / 40)
    assert (own.products, own.observations) == (2, 40)
    assert (found.measured_at, found.since_on, found.until_on) == (MEASURED, date(2026, 1, 5), date(2026, 3, 1))


def test_methods_are_compared_with_naive_on_the_products_that_both_were_judged_on() -> None:
    table = backtests()
    found = methods(table[~((table["product_id"] == 2) & (table["model"] == "seasonal_naive"))], 1)
    [linear] = [row for row in found.rows if row.model == "linear_regression"]
    assert (linear.loss, linear.loss_ratio, linear.products) == ((80 + 30) / 40, 2.0, 2)


def test_without_a_back_test_there_are_no_methods() -> None:
    assert methods(backtests(), 7).rows == ()
    assert methods(backtests(), 1, product_id=9).measured_at is None
    assert methods(backtests(), 1, product_id=2).rows[0].loss == 1.0
