"""Champion against challenger by their alerts: nothing confirmed is lost, nothing less precise, no flood (P11)."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import pytest

from pipeline.alerts.renewal.rules import promotion
from pipeline.detection.thresholds.outcomes import Outcomes
from pipeline.detection.thresholds.replay import AlertDifference, Comparison, ReplayResult

AT = pd.Timestamp(datetime(2026, 3, 1, tzinfo=UTC))
DAYS = 10


def result(
    confirmed: Sequence[bool] = (), hits: Sequence[bool] = (), planted: Sequence[bool] = (), incidents: int = 10
) -> ReplayResult:
    """``confirmed``: whether each confirmed anomaly is raised; ``hits``: incidents; ``planted``: found or not."""
    names = [f"room{number}" for number in range(len(confirmed))]
    judged = pd.DataFrame({"entity": names, "at": AT, "is_true": True, "is_found": list(confirmed)})
    alerts = pd.DataFrame({"entity": [str(n) for n in range(len(hits))], "at": AT, "is_hit": [float(h) for h in hits]})
    labels = pd.DataFrame({"entity": [str(n) for n in range(len(planted))], "at": AT, "is_found": list(planted)})
    per_day = pd.DataFrame({"observed_on": range(DAYS), "alerts": 0, "incidents": incidents // DAYS})
    outcomes = Outcomes(judged, alerts.assign(verdict=float("nan")), labels)
    return ReplayResult(pd.DataFrame(), pd.DataFrame(), per_day, outcomes)


def asked(before: ReplayResult, after: ReplayResult, budget: float = 5.0) -> tuple[bool, str]:
    nothing = pd.DataFrame()
    decided = promotion(Comparison(before, after, AlertDifference(nothing, nothing, nothing)), budget)
    return decided.is_promoted, decided.reason_id


def test_a_model_that_is_no_worse_is_promoted() -> None:
    same = result([True, True], [True, True, False], [True, False])
    better = result([True, True], [True, True, True], [True, True])
    assert asked(same, same) == (True, "alerts_not_worse")
    assert asked(same, better) == (True, "alerts_not_worse")


def test_one_lost_confirmed_anomaly_keeps_the_old_model_however_precise_the_new_one_is() -> None:
    before = result([True, True], [True, False])
    assert asked(before, result([True, False], [True, True])) == (False, "loses_confirmed")
    assert asked(result([True, False]), result([False, True])) == (False, "loses_confirmed")


def test_less_precise_or_finding_less_keeps_the_old_model() -> None:
    before = result(hits=[True, True, True, False], planted=[True, True, False])
    assert asked(before, result(hits=[True, False], planted=[True, True])) == (False, "less_precise")
    assert asked(before, result(hits=[True] * 4, planted=[True, False, False])) == (False, "finds_less")


@pytest.mark.parametrize(("incidents", "is_promoted"), [(50, True), (60, False)])
def test_more_alerts_than_the_budget_keep_the_old_model(incidents: int, is_promoted: bool) -> None:
    assert asked(result(incidents=10), result(incidents=incidents))[0] is is_promoted


def test_a_hotel_over_its_budget_may_not_get_much_more() -> None:
    assert asked(result(incidents=100), result(incidents=110))[0]
    assert asked(result(incidents=100), result(incidents=130)) == (False, "too_many_alerts")


def test_without_verdicts_and_labels_precision_decides_nothing() -> None:
    assert asked(result(), result()) == (True, "alerts_not_worse")
