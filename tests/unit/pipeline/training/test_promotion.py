"""Who may vote, who is promoted, what is left out (SPEC P5, P11, A6.3, B2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import AppError
from db.queries.models import ModelRow
from pipeline.features.names import FEATURES
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.training.autoencoder import fit_autoencoder
from pipeline.training.exclusion import NothingConfirmed, without
from pipeline.training.fitting import Fitted
from pipeline.training.isolation import CHANNEL_CAP
from pipeline.training.promotion import PlantedGate
from pipeline.training.voting import channel_of

AT = datetime(2026, 3, 10, tzinfo=UTC)
STOCK = METRIC_TYPES["stok_seviye"]


def row(model_id: int, days_ago: int, **parameters: Any) -> ModelRow:
    until = AT - timedelta(days=days_ago)
    return ModelRow(
        model_id, 1, "isolation_forest", "stok_seviye", f"{model_id}.pkl", 1, "", "", {}, [], parameters, {}, None,
        until, until, until, True,
    )  # fmt: skip


class Constant:
    def __init__(self, evidence: float) -> None:
        self.level = evidence

    def evidence(self, features: pd.DataFrame) -> np.ndarray:
        return np.full(len(features), self.level)


@contextmanager
def loaded(row: ModelRow) -> Iterator[Constant]:
    if row.id == 13:
        raise AppError("model_corrupt")
    yield Constant(float(row.id))


def days(count: int = 10) -> pd.DataFrame:
    ends = pd.date_range(AT - timedelta(days=count - 1), AT, freq="D")
    return pd.DataFrame({"entity_id": 1, "timestamp": ends})


def test_a_day_belongs_to_the_newest_training_that_ended_before_it() -> None:
    found, failed = channel_of([row(2, 3, votes=True), row(1, 7, votes=True)], loaded, days())
    assert found is not None
    assert found.sort_values("timestamp")["model_id"].tolist() == [1] * 4 + [2] * 3
    assert failed == 0


def test_days_of_a_training_that_chose_the_zscore_have_no_row_nor_those_of_a_damaged_model() -> None:
    silent = row(2, 3, votes=False, choice={"kind": "zscore"})
    found, _ = channel_of([silent, row(1, 7, votes=True)], loaded, days())
    assert found is not None
    assert found["model_id"].tolist() == [1] * 4
    found, failed = channel_of([row(13, 3, votes=True), row(1, 7, votes=True)], loaded, days())
    assert found is not None
    assert (found["model_id"].tolist(), failed) == ([1] * 4, 1)
    assert channel_of([silent], loaded, days()) == (None, 0)


def test_of_two_models_of_one_training_the_chosen_one_votes_and_models_without_a_choice_do() -> None:
    forest = row(3, 3, votes=False, choice={"kind": "autoencoder"})
    found, _ = channel_of([forest, row(2, 3, votes=True)], loaded, days())
    assert found is not None
    assert set(found["model_id"]) == {2}
    older, _ = channel_of([row(5, 3)], loaded, days())
    assert older is not None
    assert set(older["channel"]) == {5.0}


def fitted(**metrics: Any) -> Fitted:
    return Fitted(None, [], {}, metrics, 10, 2)


def test_a_fit_is_promoted_unless_it_is_clearly_worse_or_no_number() -> None:
    gate, used = PlantedGate(), row(1, 7)
    assert gate.decide(None, 1, STOCK, fitted(alarm_ratio=0.01), None).is_promoted
    assert gate.decide(None, 1, STOCK, fitted(planted_pr_auc=0.5, in_use={"planted_pr_auc": 0.55}), used).is_promoted
    worse = gate.decide(None, 1, STOCK, fitted(planted_pr_auc=0.3, in_use={"planted_pr_auc": 0.55}), used)
    assert (worse.is_promoted, worse.reason_id) == (False, "worse_than_in_use")
    assert worse.figures["champion"] == 0.55
    broken = gate.decide(None, 1, STOCK, fitted(in_use={"alarm_ratio": float("nan")}), used)
    assert (broken.is_promoted, broken.reason_id) == (False, "not_finite")


def test_confirmed_rows_are_left_out_and_no_others() -> None:
    rows = pd.concat([days(), days().assign(entity_id=2)], ignore_index=True)
    span = pd.DataFrame(
        {"metric_type": "stok_seviye", "entity_id": [2], "since": [AT - timedelta(days=3)], "until": [AT]}
    )
    left = without(rows, span)
    assert len(left) == len(rows) - 3
    assert left.loc[left["entity_id"] == 2, "timestamp"].max() == pd.Timestamp(AT - timedelta(days=3))
    nothing = NothingConfirmed().excluded(None, 1, "stok_seviye", AT, AT)
    pd.testing.assert_frame_equal(without(rows, nothing), rows)


def table(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """Columns that hang together: what an autoencoder can learn."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(rows, 3))
    mixed = hidden @ np.random.default_rng(0).normal(size=(3, len(FEATURES))) + 0.1 * rng.normal(size=(rows, 26))
    return pd.DataFrame(mixed, columns=list(FEATURES))


def test_the_autoencoder_finds_what_breaks_the_pattern_on_the_scale_of_all_channels() -> None:
    model = fit_autoencoder(table(), FEATURES)
    odd = table(20, seed=3)
    odd["mean"], odd["lag_1"] = -odd["mean"] * 3, odd["std"] * 3
    assert np.median(model.evidence(table(seed=2))) < 1.0
    assert np.median(model.evidence(odd)) > np.median(model.evidence(table(seed=2))) + 0.5
    assert model.evidence(odd * 1e6).max() <= CHANNEL_CAP


def test_the_autoencoder_is_deterministic_and_a_score_does_not_depend_on_its_batch() -> None:
    model, again = fit_autoencoder(table(), FEATURES), fit_autoencoder(table(), FEATURES)
    rows = table(37, seed=5)
    whole = model.scores(rows)
    np.testing.assert_array_equal(whole, again.scores(rows))
    np.testing.assert_array_equal(np.concatenate([model.scores(rows.iloc[[i]]) for i in range(37)]), whole)
    np.testing.assert_array_equal(model.scores(rows.iloc[5:20]), whole[5:20])


def test_a_model_of_another_metric_or_kind_is_the_callers_business_but_order_is_not() -> None:
    rows = [row(1, 7, votes=True), row(2, 3, votes=True)]
    one, _ = channel_of(rows, loaded, days())
    two, _ = channel_of([replace(each) for each in reversed(rows)], loaded, days())
    assert one is not None
    assert two is not None
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("empty", [True, False])
def test_without_days_or_models_there_is_no_channel(empty: bool) -> None:
    assert channel_of([] if empty else [row(1, 1)], loaded, days() if empty else days().iloc[:0]) == (None, 0)
