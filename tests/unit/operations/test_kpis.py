"""Quality figures against their goals; what was not counted is not measurable (SPEC P9)."""

from datetime import UTC, datetime, timedelta

import pytest

from db.queries.kpis import Share
from operations.quality.kpis import GOALS, MET, MISSED, UNKNOWN, Measuring
from pipeline.detection.evaluation.intervals import wilson

AT = datetime(2026, 3, 1, tzinfo=UTC)
MEASURING = Measuring(1, AT)


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("collection", 0.96, MET), ("collection", 0.95, MISSED),
        ("features", 0.91, MET), ("features", 0.5, MISSED),
        ("false_alarms", 0.19, MET), ("false_alarms", 0.20, MISSED),
        ("nulls", 0.0, MET), ("nulls", 0.05, MISSED),
        ("duplicates", 0.0, MET), ("duplicates", 1.0, MISSED),
        ("coverage", 0.81, MET), ("coverage", 0.8, MISSED),
        ("freshness", 3599.0, MET), ("freshness", 3600.0, MISSED),
    ],
)  # fmt: skip
def test_the_specifications_limits_are_strict(name: str, value: float, state: str) -> None:
    assert GOALS[name].state(value) == state


@pytest.mark.parametrize("name", GOALS)
def test_nothing_counted_is_neither_met_nor_missed(name: str) -> None:
    assert MEASURING.of_share(name, Share(0, 0)).state == UNKNOWN
    assert MEASURING.of_count(name, Share(0, 0)).state == UNKNOWN
    assert MEASURING.of_ages(name, {})[0].state == UNKNOWN


def test_the_hotels_share_is_of_all_its_rows_not_the_mean_of_its_metrics() -> None:
    total, *each = MEASURING.of_shares("coverage", [Share(9, 10, "a"), Share(0, 90, "b")])
    assert (total.value, total.sample, total.metric_type) == (0.09, 100, "")
    assert [kpi.value for kpi in each] == [0.9, 0.0]


def test_the_oldest_metric_type_stands_for_the_hotels_freshness() -> None:
    total, *each = MEASURING.of_ages("freshness", {"a": AT - timedelta(minutes=5), "b": AT - timedelta(hours=2)})
    assert (total.value, total.state) == (7200.0, MISSED)
    assert [kpi.state for kpi in each] == [MET, MISSED]


def test_a_share_of_verdicts_has_an_interval_that_few_of_them_leave_wide() -> None:
    few, many = (MEASURING.of_share("false_alarms", Share(part, 10 * part)) for part in (1, 40))
    assert few.interval is not None
    assert many.interval is not None
    assert few.interval[1] - few.interval[0] > 3 * (many.interval[1] - many.interval[0])


def test_the_interval_is_wilsons() -> None:
    """Reference values: statsmodels.stats.proportion.proportion_confint(…, method="wilson")."""
    assert wilson(3, 3) == pytest.approx((0.43850, 1.0), abs=1e-4)
    assert wilson(8, 10) == pytest.approx((0.49016, 0.94332), abs=1e-4)
    assert wilson(0, 5) == pytest.approx((0.0, 0.43448), abs=1e-4)
    assert wilson(0, 0) is None
