"""Days until a product runs out, from levels and outflows stored so far (SPEC A4.2)."""

import numpy as np
import pandas as pd

from pipeline.metrics.run_out_days import HORIZON_DAYS, run_out_days


def stock(levels: list[float], outflow: float = 2.0, entity: int = 1) -> pd.DataFrame:
    days = np.arange(len(levels))
    return pd.DataFrame({"entity_id": entity, "day": days, "level": levels, "outflow": outflow, "hours": 24})


def test_a_level_lasts_as_long_as_the_mean_outflow_of_four_weeks_lets_it() -> None:
    rows = run_out_days(stock([100.0] * 30 + [20.0]))
    assert rows["metric_value"].iloc[-1] == 10.0
    assert rows["daily_outflow"].iloc[-1] == 2.0


def test_fewer_than_two_weeks_tell_nothing_and_the_opening_day_does_not_count() -> None:
    assert run_out_days(stock([50.0] * 14)).empty
    opened = stock([50.0] * 15)
    opened.loc[0, "outflow"] = 1_000.0
    assert run_out_days(opened)["metric_value"].tolist() == [25.0]


def test_an_empty_store_lasts_no_day_and_one_that_nobody_uses_beyond_the_horizon() -> None:
    assert run_out_days(stock([5.0] * 20 + [-1.0]))["metric_value"].iloc[-1] == 0.0
    assert run_out_days(stock([5.0] * 20, outflow=0.0))["metric_value"].iloc[-1] == HORIZON_DAYS


def test_a_day_depends_on_earlier_days_and_on_its_own_product_only() -> None:
    rng = np.random.default_rng(1)
    one = stock(list(rng.integers(5, 50, 60).astype(float))).assign(outflow=rng.integers(0, 9, 60))
    both = pd.concat([one, stock([9.0] * 60, 7.0, entity=2)], ignore_index=True)
    whole = run_out_days(both).query("entity_id == 1").reset_index(drop=True)
    for cut in (20, 41):
        part = run_out_days(one[one["day"] <= cut])
        pd.testing.assert_frame_equal(part, whole[whole["day"] <= cut].reset_index(drop=True), check_exact=True)


def test_days_that_were_not_observed_are_in_no_rate() -> None:
    gap = stock([40.0] * 60).query("day < 20 or day > 40").reset_index(drop=True)
    rows = run_out_days(gap)
    assert set(rows["daily_outflow"]) == {2.0}
    assert not rows["day"].between(41, 45).any()
