"""From movements to demand, and from forecasts to what happened (A1, A4.5)."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.forecasting.accuracy import compare
from pipeline.forecasting.history import Records, build_history
from pipeline.forecasting.records import daily_flows, known_before, observed_units

NONE = pd.DataFrame({
    **{name: pd.Series(dtype="datetime64[us]") for name in ("arrival_on", "departure_on", "known_on")},
    "guests": pd.Series(dtype=float),
})  # fmt: skip


def on(*days: int) -> pd.Series:
    return pd.Series([pd.Timestamp(2026, 3, day) for day in days], dtype="datetime64[us]")


def test_the_ledgers_signs_say_what_leaves_returns_and_arrives_and_a_count_moves_nothing() -> None:
    rows = [
        ("cikis", 5), ("transfer", 3), ("transfer", -2), ("fire", 1), ("giris", 24), ("giris", -4), ("sayim", 90),
        ("devir", 50),
    ]  # fmt: skip
    movements = pd.DataFrame({
        "product_id": 1, "moved_on": on(2).iloc[0], "movement_type": [kind for kind, _ in rows],
        "is_negative": [units < 0 for _, units in rows], "quantity": [units for _, units in rows],
    })  # fmt: skip
    [flows] = daily_flows(movements).to_dict("records")
    assert (flows["outflow"], flows["returned"], flows["delivered"]) == (5 + 3 + 1 + 4, 2, 24)


def records() -> Records:
    """Product 1 from the 2nd, product 2 from the 4th, product 3 never; nothing recorded from the 9th to the 17th."""
    first = pd.DataFrame({"product_id": [1, 2], "moved_on": on(2, 4)})
    flows = pd.DataFrame({"product_id": [1, 1, 2, 9], "moved_on": on(3, 18, 4, 3), "outflow": [5.0, 6.0, 7.0, 99.0]})
    return Records(np.array([1, 2, 3]), first, flows, on(2, 3, 4, 5, 6, 7, 8, 18, 19), NONE)


def test_days_before_the_first_movement_and_of_a_closed_week_are_not_observed() -> None:
    units = build_history(records(), date(2026, 3, 2), date(2026, 3, 20), 28).units
    assert np.isnan(units[0, 0])  # the day its book opened
    assert units[0, 1:7].tolist() == [5, 0, 0, 0, 0, 0]
    assert np.isnan(units[1, :3]).all()
    assert units[1, 3] == 0
    assert np.isnan(units[:, 7:16]).all()
    assert units[0, 16:].tolist() == [6, 0]
    assert np.isnan(units[2]).all()


def test_stays_read_as_known_stand_in_this_mornings_books() -> None:
    stays = NONE.assign(known_on=on()).reindex(range(2)).assign(known_on=on(2, 20))
    assert known_before(stays, date(2026, 3, 10))["known_on"].tolist() == on(2, 9).tolist()


def test_forecasts_are_compared_with_observed_days_that_are_over() -> None:
    happened = observed_units(records(), date(2026, 3, 3), date(2026, 3, 19))
    assert happened["target_on"].max() == pd.Timestamp(2026, 3, 18)  # the 19th may go on
    made = pd.DataFrame({
        "product_id": 1, "made_on": on(3).iloc[0], "target_on": on(3, 4, 12, 18, 19), "model": "blend", "mean": 4.0,
        "q10": 1.0, "q50": 4.0, "q90": 5.0,
    })  # fmt: skip
    found = compare(made, happened)
    assert found.observations == 3
    assert found.days["units"].tolist() == [5, 0, 6]
    assert found.coverage == pytest.approx(1 / 3)
    assert found.bias == pytest.approx((4 - 5 + 4 - 0 + 4 - 6) / 3)
    losses = [0.4 + 0.5 + 0.0, 0.9 + 2.0 + 0.5, 0.5 + 1.0 + 0.9]
    assert found.pinball == pytest.approx(sum(losses) / 9)
    assert found.products["observations"].tolist() == [3]


def test_nothing_to_compare_is_not_measurable_rather_than_perfect() -> None:
    made = pd.DataFrame(
        {"product_id": [1], "target_on": on(12), "mean": [1.0], "q10": [0.0], "q50": [1.0], "q90": [2.0]}
    )
    found = compare(made, observed_units(records(), date(2026, 3, 12), date(2026, 3, 14)))
    assert (found.observations, found.pinball, found.coverage, found.bias) == (0, None, None, None)
