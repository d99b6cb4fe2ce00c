"""The references on the sample hotel find what they are able to find, from the past only."""

from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.detection.contract import Context, Family
from pipeline.detection.evaluation.candidates import candidates
from pipeline.detection.evaluation.room_baselines import plain_forest, rolling_z
from tests.unit.pipeline.detection import hotel_rows

CONTEXT = Context("Europe/Istanbul", "tuketim_anomali", effect_gate_ratio=0.4)
each_reference = pytest.mark.parametrize("reference", [rolling_z, plain_forest])


def with_a_hundredfold_entry() -> pd.DataFrame:
    rows = hotel_rows.consumption()
    last = rows[rows["timestamp"] == rows["timestamp"].max()].index[0]
    rows.loc[last, "metric_value"] = 100.0
    return rows


@each_reference
def test_a_hundredfold_entry_is_the_strongest_candidate(
    reference: Callable[[pd.DataFrame, Context], tuple[Family, pd.DataFrame]],
) -> None:
    rows = with_a_hundredfold_entry()
    found = candidates([reference(rows, CONTEXT)], "tuketim_miktar")
    strongest = found.sort_values("margin").iloc[-1]
    assert strongest["timestamp"] == rows["timestamp"].max()
    assert bool(strongest["alert"])


@each_reference
def test_scores_of_the_past_do_not_depend_on_the_future(
    reference: Callable[[pd.DataFrame, Context], tuple[Family, pd.DataFrame]],
) -> None:
    rows = with_a_hundredfold_entry()
    cut = rows["timestamp"].quantile(0.7)
    keys = ["room_id", "timestamp"]
    full = reference(rows, CONTEXT)[1].set_index(keys)["score"].sort_index()
    prefix = reference(rows[rows["timestamp"] <= cut], CONTEXT)[1].set_index(keys)["score"].sort_index()
    assert prefix.equals(full.loc[prefix.index])
