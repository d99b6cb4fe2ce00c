"""Choosing a model by planted days in order of time, and what follows from it (SPEC P5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.features.engineer import engineer
from pipeline.features.grid import calendar_of, day_ends
from pipeline.features.names import FEATURES
from pipeline.training.choice import KEPT_FOR, Choice, choose, is_due, planted_pr_auc, restored
from pipeline.training.isolation import fit_forest
from pipeline.training.planting import Grid, Residual, grid_of, planted_rows, sampled

ZONE = "Europe/Istanbul"
AT = datetime(2026, 3, 2, tzinfo=UTC)
FIRST_DAY = 20_454  # 2026-01-01


@pytest.fixture(autouse=True)
def small_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same search with fewer trees and events: what is tested does not depend on their number."""
    monkeypatch.setattr("pipeline.training.choice.SEARCH_TREES", 15)
    monkeypatch.setattr("pipeline.training.planting.EVENTS", 30)
    monkeypatch.setattr("pipeline.features.selection.TREES", 8)


def grid(series: int = 10, days: int = 60, seed: int = 1, gaps: float = 0.1) -> Grid:
    random = np.random.default_rng(seed)
    weekly = 1.0 + 0.5 * np.sin(np.arange(days) * 2 * np.pi / 7)
    values = random.poisson(random.uniform(2, 30, (series, 1)) * weekly).astype(float)
    values[random.random(values.shape) < gaps] = np.nan
    return Grid(values, np.arange(series) + 5, FIRST_DAY, day_ends(np.arange(FIRST_DAY, FIRST_DAY + days), ZONE))


def stored(of: Grid) -> pd.DataFrame:
    found = engineer(of.values, calendar_of(np.arange(FIRST_DAY, FIRST_DAY + of.days)))
    at, day = np.nonzero(~np.isnan(of.values))
    columns = {name: found[position, at, day] for position, name in enumerate(FEATURES)}
    return pd.DataFrame(
        {"entity_id": of.entity_ids[at], "timestamp": of.ends.take(day), **columns, "value": of.values[at, day]}
    )


def blind(values: np.ndarray) -> np.ndarray:
    return np.zeros(values.shape)


def test_stored_rows_give_back_the_grid_they_came_from() -> None:
    made = grid()
    found = grid_of(stored(made).sample(frac=1, random_state=1), ZONE)
    np.testing.assert_array_equal(found.values, made.values)
    assert found.entity_ids.tolist() == made.entity_ids.tolist()
    assert (found.first_day, found.ends.tolist()) == (made.first_day, made.ends.tolist())
    assert sampled(made, 7).values.shape == (7, 60)


def test_planted_days_are_labelled_and_everything_else_is_as_it_was_stored() -> None:
    """No skew: rows of series without an event equal the stored ones bit by bit."""
    made = grid()
    planted = planted_rows(made, (40, 54), seed=3)
    assert set(planted.loc[planted["label"] == 1, "kind"]) == {"spike", "drop", "rise", "fall"}
    assert (planted.loc[planted["label"] == 0, "kind"] == "").all()
    touched = planted.groupby(["copy", "entity_id"])["label"].transform("max") == 1
    left = planted[~touched].drop(columns=["label", "kind", "copy"]).drop_duplicates(["entity_id", "timestamp"])
    same = left[["entity_id", "timestamp"]].merge(stored(made), on=["entity_id", "timestamp"])
    pd.testing.assert_frame_equal(left.reset_index(drop=True), same, check_exact=True, check_column_type=False)
    assert len(left) > 60
    changed = planted[planted["label"] == 1].merge(stored(made), on=["entity_id", "timestamp"])
    assert (changed["value_x"] != changed["value_y"]).all()
    assert (planted["value"] >= 0).all()
    assert (planted["value"] == planted["value"].round()).all()


def test_what_cannot_change_gets_no_label() -> None:
    made = grid()
    zeros = Grid(np.zeros(made.values.shape), made.entity_ids, made.first_day, made.ends)
    assert planted_rows(zeros, (40, 54), seed=3)["label"].sum() == 0
    assert planted_rows(grid(days=20), (5, 15), seed=3).empty  # no past to deviate from


def test_a_model_votes_only_beside_a_detector_that_it_improves() -> None:
    """A detector that sees nothing is improved; the detector that knows the labels is not."""
    rows = stored(grid())
    helped = choose(rows, ZONE, AT, Residual(blind))
    assert helped.kind == "isolation_forest"
    assert helped.pr_auc is not None
    assert helped.zscore_pr_auc is not None
    assert helped.pr_auc > helped.zscore_pr_auc + 0.1
    was = np.nan_to_num(grid().values)

    def knowing(values: np.ndarray) -> np.ndarray:
        return np.where(np.nan_to_num(values) != was, 12.0, 0.0)

    alone = choose(rows, ZONE, AT, Residual(knowing))
    assert (alone.kind, alone.zscore_pr_auc) == ("zscore", 1.0)


def test_the_choice_is_traced_kept_and_the_same_every_time() -> None:
    rows = stored(grid())
    one = choose(rows, ZONE, AT, deep=True)
    assert one == choose(rows.sample(frac=1, random_state=2), ZONE, AT, deep=True)
    assert {step["model"] for step in one.trace} == {"zscore", "isolation_forest", "autoencoder"}
    assert {len(step["folds"]) for step in one.trace} == {2}
    assert restored(one.stored()) == one
    selected = next(step for step in one.trace if step["columns"] == "selected")
    assert 0.5 <= selected["count"] / len(FEATURES) <= 0.7


def test_a_short_history_leaves_the_zscore_alone() -> None:
    assert choose(stored(grid(days=30)), ZONE, AT) == Choice(chosen_at=AT.isoformat())


def test_a_search_is_due_after_a_week_after_a_drift_or_for_other_candidates() -> None:
    kept = Choice(chosen_at=AT.isoformat(), trace=({"model": "zscore"},))
    assert not is_due(kept, AT + KEPT_FOR - timedelta(hours=1), {"alarm_ratio": 0.02, "rows": 500})
    assert is_due(kept, AT + KEPT_FOR, {})
    assert is_due(kept, AT, {"alarm_ratio": 0.2, "rows": 500})
    assert not is_due(kept, AT, {"alarm_ratio": 0.2, "rows": 10})  # two days of ten by chance
    assert is_due(kept, AT, {}, deep=True)
    assert is_due(replace(kept, chosen_at=""), AT, {})


def test_a_first_pass_keeps_what_a_search_chose_but_not_what_was_chosen_for_want_of_rows() -> None:
    """SPEC P5: the past is searched once; a model that drifted is searched for again all the same."""
    searched = Choice(chosen_at=AT.isoformat(), trace=({"model": "zscore"},))
    later = AT + 9 * KEPT_FOR
    assert not is_due(searched, later, {}, kept_for=None)
    assert is_due(searched, later, {})
    assert is_due(Choice(chosen_at=AT.isoformat()), later, {}, kept_for=None)
    assert is_due(searched, later, {"alarm_ratio": 0.2, "rows": 500}, kept_for=None)


def test_two_models_are_compared_on_the_same_planted_days() -> None:
    rows = stored(grid())
    good = fit_forest(rows, ("deviation_7", "deviation_30", "level_shift"))
    poor = fit_forest(rows, ("day_of_month",))
    [one, two, again] = planted_pr_auc(rows, ZONE, [good, poor, good], Residual(blind))
    assert one is not None
    assert two is not None
    assert one == again
    assert one > two + 0.1
    assert planted_pr_auc(stored(grid(days=20)), ZONE, [good], Residual()) == [None]
