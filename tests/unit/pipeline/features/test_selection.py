"""Selection and interaction of features (SPEC P3, P4)."""

import numpy as np
import pandas as pd
import pytest

from pipeline.features.engineer import Calendar, engineer
from pipeline.features.interaction import CAP, DOMAIN, INTERACTIONS, column, matrix, polynomial
from pipeline.features.names import FEATURES
from pipeline.features.selection import LEAST_REMOVED, MEASURES, MOST_REMOVED, Method, auto_select


def labelled(rows: int = 600, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Twenty columns: three tell the label, three repeat the first of them, one is constant, the others are noise."""
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < 0.15).astype(int)
    frame = pd.DataFrame(random.normal(size=(rows, 20)), columns=[f"noise_{i}" for i in range(20)])
    telling = {f"telling_{i}": labels * (2.5 + i) + random.normal(size=rows) for i in range(3)}
    frame = frame.iloc[:, :13].assign(**telling, constant=4.0)
    repeats = {f"repeat_{i}": frame["telling_0"] * (i + 2) + 1 for i in range(3)}
    return frame.assign(**repeats), labels


def test_all_methods_together_remove_a_third_to_a_half_and_keep_what_tells() -> None:
    """P3: ``auto_select(method="all")`` removes 30–50 %."""
    frame, labels = labelled()
    found = auto_select(frame, labels)
    assert LEAST_REMOVED <= len(found.removed) / frame.shape[1] <= MOST_REMOVED
    assert {*found.kept, *found.removed} == set(frame.columns)
    assert {"telling_1", "telling_2"} <= set(found.kept)
    assert sum(name in found.kept for name in ("telling_0", "repeat_0", "repeat_1", "repeat_2")) == 1
    assert found.reasons["constant"] == "constant"
    assert sum(reason.startswith("like ") for reason in found.reasons.values()) == 3
    assert set(found.scores) == set(MEASURES)


@pytest.mark.parametrize("method", ["mutual_information", "model_importance", "recursive_elimination"])
def test_each_method_alone_ranks_what_tells_above_noise(method: Method) -> None:
    frame, labels = labelled()
    found = auto_select(frame, labels, method=method)
    noise = max(value for name, value in found.scores[method].items() if name.startswith("noise"))
    assert found.scores[method]["telling_2"] > noise
    assert LEAST_REMOVED <= len(found.removed) / frame.shape[1] <= MOST_REMOVED


def test_variance_and_correlation_remove_only_what_they_are_about() -> None:
    frame, labels = labelled()
    assert auto_select(frame, labels, method="variance").removed == ("constant",)
    assert len(auto_select(frame, labels, method="correlation").removed) == 4


def test_without_labels_the_forest_is_the_target_and_the_result_is_the_same_every_time() -> None:
    frame, _ = labelled()
    one, two = auto_select(frame), auto_select(frame.copy())
    assert one == two
    assert LEAST_REMOVED <= len(one.removed) / frame.shape[1] <= MOST_REMOVED


def test_gaps_constants_alone_and_no_rows_are_said_and_not_guessed() -> None:
    frame, labels = labelled()
    frame["noise_0"] = np.nan
    assert auto_select(frame, labels).reasons["noise_0"] == "constant"
    with pytest.raises(ValueError, match="nothing"):
        auto_select(frame.iloc[:0])
    with pytest.raises(ValueError, match="unknown"):
        auto_select(frame, labels, method="best")  # type: ignore[arg-type]


def stored_rows() -> pd.DataFrame:
    values = np.random.default_rng(2).poisson(4.0, (6, 60)).astype(float)
    found = engineer(values, Calendar(np.zeros(60), np.arange(60) % 7.0, np.arange(60) % 28 + 1.0))
    rows = pd.DataFrame({name: found[i].ravel() for i, name in enumerate(FEATURES)})
    return rows.assign(value=values.ravel())


def test_interactions_are_what_they_say() -> None:
    rows = stored_rows().iloc[[59, 119]]
    spread = np.maximum(rows["rolling_std_30"], 0.1 * rows["rolling_mean_30"]).to_numpy()
    expected = ((rows["value"] - rows["rolling_mean_30"]) / spread).to_numpy()
    np.testing.assert_allclose(column(rows, "deviation_30"), expected, rtol=1e-6)
    np.testing.assert_allclose(column(rows, "mean*std"), rows["mean"] * rows["std"], rtol=1e-6)
    np.testing.assert_allclose(column(rows, "mean^2"), rows["mean"] ** 2, rtol=1e-6)
    assert polynomial(["a", "b", "c"], top=2) == ("a^2", "b^2", "a*b")
    assert all(meaning for meaning, _ in DOMAIN.values())


def test_an_interaction_depends_on_its_own_row_only() -> None:
    """What makes them the same in training and detection: no batch, no order, no neighbour."""
    rows = stored_rows()
    names = (*FEATURES, *INTERACTIONS, *polynomial(("deviation_7", "mean", "value")))
    whole = matrix(rows, names)
    np.testing.assert_array_equal(matrix(rows.iloc[[100]], names)[0], whole[100])
    np.testing.assert_array_equal(matrix(rows.iloc[::-1], names)[::-1], whole)


def test_no_history_and_constants_give_numbers_or_gaps_and_never_infinity() -> None:
    rows = stored_rows().iloc[[0, 40]].copy()
    rows.loc[rows.index[1], ["rolling_std_30", "rolling_mean_30", "rolling_mean_7"]] = 0.0
    found = matrix(rows, INTERACTIONS)
    assert not np.isinf(found).any()
    assert np.nanmax(np.abs(found[1])) == CAP
    with pytest.raises(KeyError):
        matrix(rows, ("nothing_of_that_name",))
