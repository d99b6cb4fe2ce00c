"""Sums of consumption: means of weeks and months, Pareto, and findings that small numbers do not make."""

import math

import numpy as np
import pandas as pd
import pytest

from reports import consumption_sums as sums


def days(units: list[float], expected: list[float], first: str = "2026-03-05") -> pd.DataFrame:
    return pd.DataFrame(
        {"day": pd.date_range(first, periods=len(units)), "units": units, "expected": expected}, dtype=None
    )


def test_a_week_is_the_mean_of_its_observed_days_from_monday_to_sunday() -> None:
    frame = days([4, 2, np.nan, 6, 10, 20], [1, 1, np.nan, 1, 2, 4])  # Thursday to Sunday, Monday, Tuesday
    found = sums.trend(frame, "week")
    assert found["day"].dt.strftime("%d").tolist() == ["05", "09"]
    assert found["last_on"].dt.strftime("%d").tolist() == ["08", "10"]
    assert found["observed"].tolist() == [3, 2]
    assert found["units"].tolist() == [12, 30]
    assert found["mean"].tolist() == [4, 15]
    assert found["expected"].tolist() == [1, 3]


def test_a_step_that_is_not_wholly_judged_has_no_expected_value_and_one_not_observed_is_missing() -> None:
    found = sums.trend(days([4, 2, np.nan], [1, np.nan, np.nan], "2026-03-30"), "month")
    assert math.isnan(found["expected"][0])
    assert found["mean"].tolist()[0] == 3
    assert math.isnan(found["units"][1])
    assert math.isnan(found["mean"][1])


def test_by_day_the_trend_is_the_days_themselves() -> None:
    found = sums.trend(days([4, np.nan], [1, np.nan]), "day")
    assert found["mean"].tolist()[0] == 4
    assert math.isnan(found["mean"][1])
    assert (found["day"] == found["last_on"]).all()


def test_products_of_equal_use_stand_in_the_order_of_their_names() -> None:
    names = pd.DataFrame({"product_id": [1, 2, 3], "code": ["a", "b", "c"], "name": ["Water", "Cola", "Beer"]})
    products = pd.DataFrame({"product_id": [1, 2, 3], "units": [2.0, 2.0, 4.0], "revenue": [1.0, 2.0, 3.0]})
    found = sums.pareto(products, names)
    assert found["name"].tolist() == ["Beer", "Cola", "Water"]
    assert found["cumulative"].tolist() == [0.5, 0.75, 1.0]
    assert sums.few_that_make_half(found) == 1


def test_products_of_which_nothing_was_consumed_have_no_share() -> None:
    names = pd.DataFrame({"product_id": [1], "code": ["a"], "name": ["Water"]})
    found = sums.pareto(pd.DataFrame({"product_id": [1], "units": [0.0], "revenue": [0.0]}), names)
    assert found["share"].isna().all()
    assert sums.few_that_make_half(found) is None


@pytest.mark.parametrize(
    ("units", "expected", "named"),
    [
        ([30.0, 20.0], [20.0, 20.0], None),  # half more of few units: chance
        ([300.0, 200.0], [200.0, 200.0], (1, 0.5)),
        ([1100.0, 1000.0], [1000.0, 1000.0], None),  # certain, but small
        ([100.0, 20.0], [150.0, 100.0], (2, -0.8)),
        ([100.0, 20.0], [np.nan, np.nan], None),
    ],
)
def test_a_floor_is_named_when_its_deviation_is_large_and_no_chance(
    units: list[float], expected: list[float], named: tuple[int, float] | None
) -> None:
    frame = pd.DataFrame({"floor_id": [1, 2], "units": units, "expected": expected})
    assert sums.floor_that_stands_out(frame) == (None if named is None else (named[0], pytest.approx(named[1])))
