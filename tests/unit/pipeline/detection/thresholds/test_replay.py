"""Replay and search on a made past: what is measured, what is not, and what a search may do (A6.4, A6.5, P-9)."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.contract import Family
from pipeline.detection.decision import decide
from pipeline.detection.explain import anomalies
from pipeline.detection.thresholds.candidates import candidates_of, counts_of, families_of, signatures, with_days
from pipeline.detection.thresholds.history import History, Truth, prepare
from pipeline.detection.thresholds.outcomes import share
from pipeline.detection.thresholds.replay import compare, compare_models, joined, replay, run
from pipeline.detection.thresholds.search import (
    MAX_STEP,
    NOT_CONFIRMED,
    NOT_MEASURABLE,
    NOT_REACHED,
    REACHED,
    UNCHANGED,
    search,
)
from pipeline.detection.thresholds.settings import DetectionSettings, FamilyRule
from tests.unit.pipeline.detection.thresholds.past import TYPE, counts, labels, past, verdicts

ASKED = DetectionSettings(0, TYPE, budget_per_day=20.0)
IN_FORCE = {TYPE: ASKED}


def history(rows: pd.DataFrame, judged: pd.DataFrame | None = None, hotel_id: int = 0) -> History:
    truth = Truth(verdicts(rows) if judged is None else judged)
    return prepare(rows, counts(rows), truth, hotel_id=hotel_id)


def test_precision_and_recall_are_those_of_the_judged_alerts() -> None:
    rows = past()
    found = replay(rows, counts(rows), IN_FORCE, verdicts=verdicts(rows))
    assert found.incidents == 120
    assert found.incidents_per_day == 2.0
    assert (found.verdict_precision.value, found.verdict_precision.n) == (0.75, 120)
    assert found.verdict_precision.low is not None
    assert found.verdict_precision.high is not None
    assert 0.6 < found.verdict_precision.low < 0.75 < found.verdict_precision.high < 0.9
    assert (found.verdict_recall.value, found.verdict_recall.n) == (1.0, 90)
    strict = {TYPE: replace(ASKED, families={"cell": FamilyRule(extra_evidence=6.0)})}
    fewer = replay(rows, counts(rows), strict, verdicts=verdicts(rows))
    assert (fewer.verdict_precision.value, fewer.verdict_precision.n) == (1.0, 60)
    assert fewer.verdict_recall.value == pytest.approx(60 / 90)


def test_without_verdicts_and_labels_nothing_is_measurable_yet() -> None:
    rows = past()
    found = replay(rows, counts(rows), IN_FORCE)
    measured = (found.verdict_precision, found.verdict_recall, found.planted_precision, found.planted_recall)
    assert [one.value for one in measured] == [None] * 4
    assert [one.n for one in measured] == [0] * 4
    assert found.incidents == 120


def test_an_expected_event_and_a_test_say_nothing_about_detection() -> None:
    rows = past()
    neutral = verdicts(rows).assign(verdict=lambda frame: np.where(frame.index % 2, "beklenen", "test"))
    assert replay(rows, counts(rows), IN_FORCE, verdicts=neutral).verdict_precision.n == 0


def test_planted_anomalies_are_measured_apart_from_verdicts() -> None:
    rows = past()
    planted = labels(rows[rows["score"] > 4.0])
    found = replay(rows, counts(rows), IN_FORCE, labels=planted)
    assert (found.planted_precision.value, found.planted_recall.value) == (0.75, 1.0)
    assert found.planted_recall.n == 89  # one began on the day before
    off = {TYPE: replace(ASKED, families={"shift": FamilyRule(is_enabled=False)})}
    assert replay(rows, counts(rows), off, labels=planted).planted_recall.value == pytest.approx(30 / 89)


def test_what_a_verdict_silences_is_no_alert() -> None:
    rows = past()
    situation = rows.loc[[4], ["alert_type", "entity_type", "entity_id", "context_signature"]]
    suppressed = situation.assign(
        since_at=rows["timestamp"].min() - pd.Timedelta(days=1),
        until_at=rows["timestamp"].max(),
        excess=8.0,
        ratio=8.0,
        dismissed_score=5.0,
    )
    found = replay(rows, counts(rows), IN_FORCE, suppressed)
    assert found.incidents == 119
    assert rows.loc[4, "entity_id"] not in found.alerts["entity_id"].tolist()


def test_alerts_of_one_entity_within_three_days_are_one_incident() -> None:
    rows = past(days=1).iloc[:1]
    at, instants = [0, 1, 4, 9], ("observed_on", "interval_start", "timestamp")
    again = pd.concat(
        [
            rows.assign(**{name: rows[name] + pd.Timedelta(days=day) for name in instants})
            for day in at
        ]
    )  # fmt: skip
    found = replay(again, counts(again), IN_FORCE)
    assert (len(found.alerts), found.incidents) == (4, 2)
    assert found.per_day["incidents"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_the_difference_names_what_appears_disappears_and_stays() -> None:
    rows = past()
    made = history(rows)
    strict = {TYPE: replace(ASKED, families={"cell": FamilyRule(extra_evidence=6.0)})}
    there, back = compare(run(made, IN_FORCE), run(made, strict)), compare(run(made, strict), run(made, IN_FORCE))
    assert (len(there.difference.appear), len(there.difference.disappear), len(there.difference.stay)) == (0, 60, 60)
    assert len(back.difference.appear) == 60
    same = compare(run(made, IN_FORCE), run(made, IN_FORCE)).difference
    assert (len(same.appear), len(same.disappear), len(same.stay)) == (0, 0, 120)


def test_two_models_are_compared_by_their_alerts() -> None:
    champion = past()
    challenger = champion.assign(score=champion["score"].where(champion["score"] > 4.0, 1.5))
    both = compare_models(champion, challenger, counts(champion), IN_FORCE, Truth(verdicts(champion)))
    assert (len(both.difference.appear), len(both.difference.disappear)) == (0, 30)
    assert both.before.verdict_precision.value == 0.75
    assert both.after.verdict_precision.value == 1.0
    assert both.after.verdict_recall.value == 1.0


def test_hotels_are_measured_together_and_keep_their_entities_apart() -> None:
    rows = past()
    one, two = (run(history(rows, hotel_id=hotel), {TYPE: replace(ASKED, hotel_id=hotel)}) for hotel in (1, 2))
    both = joined([one, two])
    assert both.incidents == one.incidents + two.incidents
    assert both.verdict_precision.n == 240
    assert both.outcomes.judged["entity"].nunique() == 240


def test_days_before_the_period_give_ranks_and_no_alerts() -> None:
    rows = past()
    period = (rows["observed_on"].iloc[-1].date(), rows["observed_on"].iloc[-1].date())
    found = run(prepare(rows, counts(rows), period=period), IN_FORCE)
    assert len(found.alerts) == 2
    assert len(found.per_day) == 1


def test_an_empty_past_is_no_error() -> None:
    rows = past().head(0)
    found = replay(rows, counts(past()), IN_FORCE)
    assert found.alerts.empty
    assert found.verdict_precision.value is None


def test_the_interval_is_of_entities_with_all_their_cases() -> None:
    """Ten cases of one entity say as much as one."""
    cases = pd.Series([1.0, 0.0] * 20)
    apart = share(cases, pd.Series(range(40)))
    together = share(cases, pd.Series([0, 1] * 20))
    assert apart.value == together.value == 0.5
    assert (together.low, together.high) == (0.0, 1.0)
    assert apart.low is not None
    assert apart.low > 0.3


def test_stored_candidates_decide_as_the_tests_they_came_from() -> None:
    rng = np.random.default_rng(4)
    size = 3000
    day = np.arange(size) // 75
    at = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(day * 1440 + np.arange(size) % 75 * 10, unit="min")
    tests = pd.DataFrame(
        {
            "entity_id": np.arange(size) % 75, "interval_start": at, "timestamp": at, "day": day,
            "value": 5.0, "expected": 1.0, "lower": 0.0, "upper": rng.uniform(3.0, 7.0, size), "observations": 5,
            "deviation_ratio": rng.uniform(0.0, 1.0, size), "score": np.round(rng.exponential(0.7, size), 9),
            "product_id": np.arange(size) % 5, "room_id": np.arange(size) % 15,
            "occupancy": np.where(np.arange(size) % 3, "occupied", None),
        }
    )  # fmt: skip
    family = Family("cell", "some_type", "minibar_slot", 0.4, tests, share=0.4, is_banded=True)
    asked = replace(ASKED, segments={"family=cell;occupancy=occupied": 0.3, "family=cell;product=3": -0.4})
    live = decide(family, asked)
    stored, numbers = candidates_of([(family, live)]), counts_of([family])
    assert len(stored) < size / 3
    [again] = families_of(with_days(stored), numbers)
    assert (again.share, again.effect_gate_ratio, again.is_banded) == (0.4, 0.4, True)
    replayed = decide(again, asked, tests.groupby("day").size())
    key = ["entity_id", "timestamp"]
    first, second = (found[found["alert"]].set_index(key)["threshold"] for found in (live, replayed))
    assert len(first) > 10
    pd.testing.assert_series_equal(first.sort_index(), second.sort_index(), check_exact=True)


def test_a_candidate_names_the_situation_as_the_anomaly_does() -> None:
    """A verdict silences by this text."""
    rows = past(days=4)
    tests = rows.assign(
        product_id=7.0, occupancy=["occupied", None, np.nan, "vacant", "occupied", "unknown", None, "vacated"],
        certain=False, observations=3, day=1, guests=2.0, nights=1.0,
    )  # fmt: skip
    for name in ("cell", "room", "vacant"):
        family = Family(name, "some_type", "room", 0.4, tests)
        told = [anomaly.context_signature for anomaly in anomalies(family, TYPE, tests)]
        assert signatures(family, tests).tolist() == told


def test_a_search_raises_the_family_that_is_wrong_and_no_other_until_the_target() -> None:
    rows = past()
    trace = search(history(rows), ASKED, 0.9)
    assert trace.outcome == REACHED
    assert trace.proposed is not None
    assert 0.0 < trace.proposed.rule("cell").extra_evidence <= MAX_STEP
    assert trace.proposed.rule("shift").extra_evidence == 0.0
    precisions = [step.precision.value for step in trace.steps]
    assert precisions == sorted(precisions)
    assert precisions[-1] is not None
    assert precisions[-1] >= 0.9
    assert {step.recall.value for step in trace.steps} == {1.0}
    assert trace.as_json()["steps"][0]["precision"]["n"] == trace.steps[0].precision.n
    assert "proposed" not in {name for name, value in trace.as_json().items() if value}


def test_the_recall_of_a_search_is_of_its_own_metric_type() -> None:
    rows = past()
    planted = labels(rows[rows["score"] > 4.0])
    other = planted.head(30).assign(metric_type="dolum_sure", id=range(1000, 1030))
    made = prepare(rows, counts(rows), Truth(labels=pd.concat([planted, other], ignore_index=True)))
    trace = search(made, ASKED, 0.9)
    assert trace.steps[0].recall.value == 1.0
    whole = run(made, IN_FORCE).planted_recall.value
    assert whole is not None
    assert whole < 0.8


def test_too_few_judged_alerts_are_said_so() -> None:
    rows = past()
    trace = search(history(rows, verdicts(rows).head(19)), ASKED, 0.9)
    assert (trace.outcome, trace.cases, trace.proposed, trace.steps) == (NOT_MEASURABLE, 19, None, ())


def test_a_search_goes_one_step_at_a_time() -> None:
    """Nothing jumps: what is far away is reached by several searches, each bounded."""
    rows = past(wrong=3.9, right=5.5)
    first = search(history(rows), ASKED, 0.99)
    assert (first.outcome, first.proposed) == (NOT_REACHED, None)
    assert first.steps[-1].extra_evidence["cell"] <= MAX_STEP
    raised = ASKED.with_rule("cell", extra_evidence=1.0)
    second = search(history(rows), raised, 0.99)
    assert second.outcome == REACHED
    assert second.proposed is not None
    assert 1.0 < second.proposed.rule("cell").extra_evidence <= 1.0 + MAX_STEP


def test_a_search_takes_back_what_is_more_than_needed() -> None:
    rows = past()
    trace = search(history(rows), ASKED.with_rule("shift", extra_evidence=0.75), 0.7)
    assert trace.proposed is not None
    assert trace.proposed.rule("shift").extra_evidence == 0.0


def test_what_the_later_days_do_not_confirm_is_not_proposed() -> None:
    """On the later part it is the strong ones that are wrong: the search on the earlier part was chance."""
    rows = past()
    judged = verdicts(rows)
    late = (rows["timestamp"] > rows["timestamp"].min() + pd.Timedelta(days=41)) & (rows["family"] == "cell")
    judged["verdict"] = judged["verdict"].mask(late & (rows["score"] > 4.0), "yanlis_pozitif")
    judged["verdict"] = judged["verdict"].mask(late & (rows["score"] <= 4.0), "dogru")
    trace = search(history(rows, judged), ASKED, 0.9)
    assert (trace.outcome, trace.proposed) == (NOT_CONFIRMED, None)
    assert trace.checked_before is not None
    assert trace.checked_after is not None
    assert (trace.checked_after.value or 0.0) < (trace.checked_before.value or 0.0)


def test_a_search_that_is_content_changes_nothing() -> None:
    rows = past()
    trace = search(history(rows), ASKED, 0.5)
    assert (trace.outcome, trace.proposed) == (UNCHANGED, None)
