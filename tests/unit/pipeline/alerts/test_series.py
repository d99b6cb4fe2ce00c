"""The span of an alert's chart, its anomalies and its number of points (A5.2, DESIGN "Charts")."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.alerts.series import AFTER, MAX_POINTS, marked, thinned, window

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hourly(values: list[float], upper: float | None = 4.0) -> pd.DataFrame:
    at = pd.date_range(START, periods=len(values), freq="h")
    edge = np.nan if upper is None else upper
    return pd.DataFrame({"timestamp": at, "value": values, "expected": 2.0, "lower": 0.0, "upper": edge})


def episode(first: int, last: int, severity: str = "orta") -> pd.DataFrame:
    start = pd.Timestamp(START)
    row = {"started_at": [start + first * HOUR], "last_seen_at": [start + last * HOUR], "severity": [severity]}
    return pd.DataFrame(row)


def test_points_outside_the_band_are_anomalies_only_within_an_incident() -> None:
    series = marked(hourly([9, 1, 9, 1, 9, 9]), episode(1, 4, "kritik"))
    assert series["is_anomaly"].tolist() == [False, False, True, False, True, False]
    assert series["severity"].tolist() == [None, None, "kritik", None, "kritik", None]


def test_without_a_band_the_point_last_seen_is_the_anomaly() -> None:
    series = marked(hourly([9, 9, 9, 9], upper=None), episode(0, 2))
    assert series["is_anomaly"].tolist() == [False, False, True, False]


def test_an_empty_series_and_no_incident_are_no_special_case() -> None:
    assert not marked(hourly([1, 9]), episode(0, 1).iloc[:0])["is_anomaly"].any()
    assert marked(hourly([1]).iloc[:0], episode(0, 1)).empty


@pytest.mark.parametrize("count", [10, MAX_POINTS, MAX_POINTS + 1, 5 * MAX_POINTS])
def test_at_most_two_thousand_points_are_shown_and_no_anomaly_is_lost(count: int) -> None:
    values = [1.0] * count
    values[count // 3] = 99.0
    series = thinned(marked(hourly(values), episode(0, count)))
    assert len(series) == min(count, len(series)) <= MAX_POINTS
    assert series["value"].max() == 99.0
    assert series["timestamp"].is_monotonic_increasing
    assert series["timestamp"].iloc[-1] == START + (count - 1) * HOUR


def test_the_span_holds_the_history_before_and_a_few_days_after_but_never_the_future() -> None:
    days = timedelta(days=30)
    assert window(START, START + HOUR, START + 2 * HOUR, days) == (START - days, START + 2 * HOUR)
    assert window(START, START + HOUR, START + days, days) == (START - days, START + HOUR + AFTER)
