"""Every detector passes the same battery (DETECTION principles 1–8)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.contract import TEST_COLUMNS, Context, Detected
from pipeline.detection.decision import decide
from pipeline.detection.detectors import JUDGES
from pipeline.detection.thresholds.settings import DetectionSettings
from tests.unit.pipeline.detection import hotel_rows

ZONE = "Europe/Istanbul"


@dataclass(frozen=True)
class Case:
    metric_type: str
    rows: Callable[[], pd.DataFrame]

    def run(self, rows: pd.DataFrame, **context: object) -> Detected:
        return JUDGES[self.metric_type].detect(rows, Context(ZONE, "some_type", **context))


CASES = [
    Case("tuketim_miktar", hotel_rows.consumption),
    Case("stok_seviye", hotel_rows.stock),
    Case("dolum_sure", hotel_rows.refills),
    Case("zimmet_kullanim", hotel_rows.custody),
]
each_detector = pytest.mark.parametrize("case", CASES, ids=lambda case: case.metric_type)


def scores_of(detected: Detected) -> pd.DataFrame:
    wanted = ["entity_id", "timestamp", "expected", "lower", "upper", "score", "observations"]
    return detected.scores[wanted].sort_values(["timestamp", "entity_id"], ignore_index=True)


def family_rows(detected: Detected, name: str) -> pd.DataFrame:
    tests = next(family.tests for family in detected.families if family.name == name)
    return tests[list(TEST_COLUMNS)].sort_values(["timestamp", "entity_id"], ignore_index=True)


@each_detector
def test_scores_of_the_past_do_not_depend_on_the_future(case: Case) -> None:
    """Principle 2: the score of x[:T] equals the full run's at t < T, exactly, in every family."""
    rows = case.rows()
    full = case.run(rows)
    for cut in (rows["timestamp"].quantile(q) for q in (0.5, 0.83)):
        prefix = case.run(rows[rows["timestamp"] <= cut])
        expected = scores_of(full)
        pd.testing.assert_frame_equal(
            scores_of(prefix), expected[expected["timestamp"] <= cut].reset_index(drop=True), check_exact=True
        )
        for family in full.families:
            if not family.daily:
                whole = family_rows(full, family.name)
                whole = whole[whole["timestamp"] <= cut].reset_index(drop=True)
                pd.testing.assert_frame_equal(family_rows(prefix, family.name), whole, check_exact=True)


@each_detector
def test_a_score_does_not_depend_on_the_batch_it_is_scored_in(case: Case) -> None:
    """Reading only the detector's look-back gives the same score as reading everything."""
    long = {"tuketim_miktar": hotel_rows.consumption(6, 175), "stok_seviye": hotel_rows.stock(2, 100),
            "dolum_sure": hotel_rows.refills(2, 110), "zimmet_kullanim": hotel_rows.custody(2, 110)}  # fmt: skip
    rows = long[case.metric_type]
    last = rows["timestamp"].max() - pd.Timedelta(days=2)
    since = last - pd.Timedelta(days=JUDGES[case.metric_type].lookback_days + 1)
    full, part = case.run(rows), case.run(rows[rows["timestamp"] > since])
    for family in full.families:
        whole, read = family_rows(full, family.name), family_rows(part, family.name)
        newest = read[read["timestamp"] > last].reset_index(drop=True)
        whole = whole[whole["timestamp"] > last].reset_index(drop=True)
        assert len(newest) > 0 or whole.empty
        pd.testing.assert_frame_equal(newest, whole, check_exact=True)
    assert full.scores["score"].notna().any()


@each_detector
def test_the_same_rows_in_another_order_give_the_same_scores(case: Case) -> None:
    rows = case.rows()
    shuffled = rows.sample(frac=1.0, random_state=7)
    pd.testing.assert_frame_equal(scores_of(case.run(rows)), scores_of(case.run(shuffled)), check_exact=True)


@each_detector
def test_duplicates_count_once_and_the_last_one_stays(case: Case) -> None:
    rows = case.rows()
    old = rows.sample(frac=0.2, random_state=1).assign(metric_value=99.0)
    pd.testing.assert_frame_equal(scores_of(case.run(rows)), scores_of(case.run(pd.concat([old, rows]))))


@each_detector
def test_values_that_are_no_numbers_are_neither_scored_nor_remembered(case: Case) -> None:
    rows = case.rows()
    broken = rows.assign(metric_value=rows["metric_value"].mask(rows.index % 17 == 0))
    without = rows[rows.index % 17 != 0]
    pd.testing.assert_frame_equal(scores_of(case.run(broken)), scores_of(case.run(without)))


@each_detector
def test_one_row_is_learning_and_no_row_is_no_error(case: Case) -> None:
    rows = case.rows()
    only = case.run(rows.head(1))
    assert only.scores["score"].isna().all()
    assert only.scores["observations"].tolist() == [0]
    assert case.run(rows.head(0)).scores.empty


@each_detector
@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_constant_history_raises_nothing(case: Case, value: float) -> None:
    """All zero and constant series: scales have floors (principle 6)."""
    rows = case.rows().assign(metric_value=value)
    for column in {"outflow", "inflow"} & set(rows.columns):
        rows[column] = int(value)
    for family in case.run(rows).families:
        if not (value == 0.0 and family.name in ("stuck", "room")) and not (
            case.metric_type == "tuketim_miktar" and value > 0 and family.name == "vacant"
        ):
            assert not decide(family, DetectionSettings(1, case.metric_type))["alert"].any(), family.name


@each_detector
def test_learning_rows_have_no_score_and_say_how_many_they_saw(case: Case) -> None:
    """Principle 7: cold start is a state."""
    scores = scores_of(case.run(case.rows()))
    first_day = scores["timestamp"] < hotel_rows.START + pd.Timedelta(days=2)
    assert scores.loc[first_day, "score"].isna().all()
    assert scores["score"].notna().any()
    assert (scores["observations"].diff().dropna() != 0).any()


@each_detector
def test_expected_values_lie_in_their_band(case: Case) -> None:
    scores = scores_of(case.run(case.rows())).dropna()
    assert (scores["lower"] <= scores["expected"] + 1e-9).all()
    assert (scores["expected"] <= scores["upper"] + 1.0).all()


@each_detector
def test_the_tested_row_is_not_in_its_own_baseline(case: Case) -> None:
    """Making the last rows absurd changes their scores, and not their expected values.

    Of consumption one cell: what the same guests took of other things is part of what is expected of them; of custody
    one attendant: what the others used on the same day is.
    """
    rows = case.rows()
    last = rows["timestamp"] > rows["timestamp"].max() - pd.Timedelta(hours=2)
    if case.metric_type in ("tuketim_miktar", "zimmet_kullanim"):
        last &= rows.index == rows["timestamp"].idxmax()
    absurd = rows.assign(metric_value=rows["metric_value"].mask(last, 500.0))
    if "outflow" in rows:
        absurd = absurd.assign(outflow=absurd["outflow"].mask(last, 500), metric_value=rows["metric_value"])
    usual, odd = scores_of(case.run(rows)), scores_of(case.run(absurd))
    at = usual["timestamp"] > rows["timestamp"].max() - pd.Timedelta(hours=2)
    at &= usual["entity_id"].isin(rows.loc[last, "entity_id"])
    flow = case.metric_type == "stok_seviye"  # its expected value is told as a level: level + flow − usual flow
    shift = (odd["expected"] - usual["expected"])[at].to_numpy()
    assert np.ptp(shift) > 0 if flow else (shift == 0).all()
    assert (odd["score"][at].to_numpy() >= usual["score"][at].to_numpy()).all()
    assert odd["score"][at].max() > usual["score"][at].max() + 1.0


def test_a_baseline_that_includes_the_tested_row_would_be_noticed() -> None:
    """Negative control of the test above: the same rows against a mean that contains them."""
    rows = hotel_rows.custody()
    last = rows["timestamp"] == rows["timestamp"].max()
    absurd = rows.assign(metric_value=rows["metric_value"].mask(last, 500.0))
    including = [frame.groupby("entity_id")["metric_value"].transform("mean")[last] for frame in (rows, absurd)]
    assert not (including[0] == including[1]).any()
