"""The shelf played forward: run-outs with deliveries and returns, alerts, orders (A4.2, A4.3, A4.6)."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.forecasting.history import Records
from pipeline.forecasting.outlook import outlook_of
from pipeline.forecasting.reorder import Reorder, reorder
from pipeline.forecasting.run_out import RunOut
from pipeline.forecasting.shelf import Outlook, play
from pipeline.forecasting.stock_out import stock_out_anomalies
from pipeline.forecasting.supply import Supply, learn_supply

TODAY = date(2026, 6, 1)  # a Monday


def outlook(mean: float, dispersion: float = 1.0, shared: float = 0.0, products: int = 1) -> Outlook:
    means = np.full((products, 28), mean)
    return Outlook(
        np.arange(1, products + 1), TODAY, means, means * dispersion, np.full(products, shared), np.zeros((products, 7))
    )


def records(rows: list[tuple[int, int, float, float, float]]) -> Records:
    """(product, days before today, outflow, returned, delivered)."""
    flows = pd.DataFrame(rows, columns=["product_id", "back", "outflow", "returned", "delivered"])
    flows["moved_on"] = pd.to_datetime([TODAY - timedelta(days=int(back)) for back in flows["back"]]).astype(
        "datetime64[us]"
    )
    none = pd.DataFrame()
    return Records(np.array([1, 2]), none, flows.drop(columns="back"), pd.Series(dtype="datetime64[us]"), none)


def supply(*deliveries: int, quantity: float = 70.0) -> Supply:
    """Product 1 was delivered to so many days before today."""
    return learn_supply(records([(1, back, 0.0, 0.0, quantity) for back in deliveries]), TODAY)


def without(levels: list[float], asked: Outlook) -> RunOut:
    """If nothing came."""
    return play(np.array(levels), asked, supply())[1]


def expected(levels: list[float], asked: Outlook, habit: Supply) -> RunOut:
    return play(np.array(levels), asked, habit)[0]


def test_a_steady_product_lasts_its_level_over_its_use() -> None:
    found = without([100.0], outlook(10.0))
    assert abs(found.days_left[0] - 10) <= 1
    assert found.days_low[0] <= 10 <= found.days_high[0]
    assert found.probability_soon[0] < 0.1
    assert (np.diff(found.empty_by[0]) >= 0).all()


def test_what_all_days_have_in_common_widens_the_interval() -> None:
    certain, vague = (without([200.0], outlook(10.0, shared=shared)) for shared in (0.0, 0.15))
    assert vague.days_high[0] - vague.days_low[0] > 2 * (certain.days_high[0] - certain.days_low[0])


def test_the_same_question_gets_the_same_answer_whatever_is_asked_beside_it() -> None:
    one, two = outlook(4.0, 2.0), outlook(4.0, 2.0, products=2)
    alone, together = without([40.0], one), without([40.0, 9.0], two)
    assert (alone.empty_by[0] == together.empty_by[0]).all()


def test_an_empty_store_has_run_out_and_a_still_one_never_does() -> None:
    found = without([0.0, 5.0], outlook(0.0, products=2))
    assert found.days_left.tolist() == [0.0, np.inf]
    assert found.probability_soon.tolist() == [1.0, 0.0]


def test_a_product_that_is_learnt_says_nothing() -> None:
    known = outlook(3.0)
    unknown = Outlook(known.product_ids, TODAY, *[np.full((1, 28), np.nan)] * 2, np.array([np.nan]), np.zeros((1, 7)))
    found = without([10.0], unknown)
    assert np.isnan([found.days_left[0], found.probability_soon[0]]).all()


def test_weekly_deliveries_keep_a_product_alive_and_a_broken_habit_is_not_trusted() -> None:
    """Deliveries are assumed only where at least three gaps are known and the last one is not overdue."""
    level, use = [60.0, 60.0], outlook(10.0, products=2)
    assert expected(level, use, supply(4, 11, 18, 25, 32)).days_left[0] > 30
    for untold in (supply(4, 11), supply(), supply(25, 32, 39, 46)):
        assert not untold.is_known[0]
        assert abs(expected(level, use, untold).days_left[0] - 6) <= 1
    assert (
        abs(expected(level, use, supply(4, 11, 18, 25, 32)).days_left[1] - 6) <= 1
    )  # the other product's own habit counts


def test_a_delivery_that_comes_too_late_does_not_help() -> None:
    late = supply(1, 15, 29, 43, 57)  # every second week, the next one in 13 days
    assert abs(expected([50.0, 50.0], outlook(10.0, products=2), late).days_left[0] - 5) <= 1


def test_what_comes_back_from_the_floors_lasts_longer() -> None:
    rows = [(1, back, 70.0 if back % 7 == 0 else 0.0, 35.0 if back % 7 == 1 else 0.0, 0.0) for back in range(1, 71)]
    learnt = learn_supply(records(rows), TODAY)
    assert learnt.returns[0].round(2).tolist() == [0, 0, 0, 0, 0, 0, 0.5]  # on Sundays half of the week
    assert learnt.returns[1].sum() == 0
    given_back, kept = play(np.array([100.0, 100.0]), outlook(10.0, products=2), learnt)
    assert given_back.days_left[0] > kept.days_left[0] + 3
    assert given_back.days_left[1] == kept.days_left[1]


def test_both_answers_of_one_draw_are_what_two_draws_gave() -> None:
    """The figures are those of two separate plays, counted before one draw served both."""
    deliveries = [(1, back, 0.0, 0.0, 60.0) for back in (3, 9, 17, 24, 30)]
    use = [(2, back, 14.0 if back % 7 == 0 else 0.0, 6.0 if back % 7 == 1 else 0.0, 0.0) for back in range(1, 71)]
    learnt, levels = learn_supply(records(deliveries + use), TODAY), np.array([40.0, 55.0])
    last_week = np.array([[0.0] * 7, [5.0, 3.0, 0.0, 2.0, 1.0, 0.0, 9.0]])
    asked = replace(outlook(6.0, 2.0, shared=0.05, products=2), last_week=last_week)
    likely, alone = play(levels, asked, learnt)
    assert (likely.days_left.tolist(), alone.days_left.tolist()) == ([np.inf, 13], [8, 10])
    assert (likely.days_low.tolist(), likely.days_high.tolist()) == ([5, 7], [np.inf, 20])
    assert (likely.probability_soon.tolist(), alone.probability_soon.tolist()) == ([0.17, 0.155], [0.4975, 0.155])
    assert likely.empty_by.sum(axis=1).tolist() == pytest.approx([11.0375, 47.5075], abs=1e-9)
    assert alone.empty_by.sum(axis=1).tolist() == pytest.approx([53.305, 50.7075], abs=1e-9)


def test_the_outlook_takes_todays_outflow_off_today() -> None:
    targets = pd.to_datetime([TODAY + timedelta(days=day) for day in range(-1, 14)]).astype("datetime64[us]")
    stored = pd.DataFrame({"product_id": 1, "target_on": targets, "mean": 5.0, "variance": 6.0, "shared_variance": 0.1})
    flows = records([(1, 0, 3.0, 0.0, 0.0), (1, 1, 9.0, 0.0, 0.0), (1, 8, 100.0, 0.0, 0.0)]).flows
    found = outlook_of(np.array([1, 2]), stored, flows, TODAY)
    assert found.mean[0].tolist() == [2.0] + [5.0] * 13
    assert found.last_week[0].tolist() == [0] * 6 + [9]
    assert np.isnan(found.mean[1]).all()


def test_products_that_are_likely_empty_within_a_week_are_told_by_severity() -> None:
    """A4.3: at most 2 days critical, 4 high, 7 medium."""
    days = [8.0, 7.0, 4.0, 2.0, 0.0, np.nan, np.inf]
    table = pd.DataFrame({
        "product_id": range(7), "days_left": days, "days_low": 0.0, "days_high": 9.0, "probability_soon": 0.6,
    })  # fmt: skip
    found = stock_out_anomalies(table)
    assert found["product_id"].tolist() == [4, 3, 2, 1]
    assert found["severity"].tolist() == ["kritik", "kritik", "yuksek", "orta"]
    assert found["probability"].tolist() == [0.6] * 4


def order(
    level: float, service_level: float = 0.95, lead: tuple[float, float] = (4.0, 1.0), case: float = 12
) -> Reorder:
    means = np.full((1, 28), 5.0)
    return reorder(
        np.array([level]), means, 2 * means, shared=np.zeros(1), lead=lead, review_days=np.array([7.0]),
        case_sizes=np.array([case]), service_level=service_level,
    )  # fmt: skip


def test_an_order_is_whole_cases_up_to_the_level_wanted() -> None:
    found = order(10)
    assert found.lead_demand[0] == 20
    assert found.quantity[0] % 12 == 0
    assert found.order_up_to[0] <= 10 + found.quantity[0] < found.order_up_to[0] + 12
    assert found.reorder_point[0] == found.lead_demand[0] + found.safety_stock[0]
    assert order(found.reorder_point[0] + 1).quantity[0] == 0
    assert order(found.reorder_point[0]).quantity[0] > 0
    assert order(-5).quantity[0] > order(10).quantity[0]


def test_safety_stock_grows_with_the_service_level_and_with_an_unsteady_lead_time() -> None:
    assert order(0, 0.8).safety_stock[0] < order(0, 0.95).safety_stock[0] < order(0, 0.99).safety_stock[0]
    assert order(0, lead=(4.0, 0.0)).safety_stock[0] < order(0, lead=(4.0, 2.0)).safety_stock[0]
    for wrong in (0.0, 1.0):
        with pytest.raises(ValueError, match="service level"):
            order(0, wrong)


def test_the_service_level_is_kept_on_simulated_lead_times() -> None:
    generator = np.random.default_rng(1)
    point = order(0).reorder_point[0]
    days = np.maximum(generator.normal(4, 1, 20_000), 0)
    demand = generator.gamma(days * 2.5, 2.0)  # 5 a day with variance 10
    assert 0.93 < (demand <= point).mean() < 0.98
