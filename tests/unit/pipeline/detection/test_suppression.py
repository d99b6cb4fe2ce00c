"""What "the same situation" covers: any number near the dismissed one, not a clearly larger one (A6.3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from pipeline.detection.anomaly import Anomaly
from pipeline.detection.suppression import SILENT_FOR, dismissals, silenced, silences

AT = datetime(2026, 3, 1, tzinfo=UTC)
FIVE = Anomaly(
    "tuketim_anomali", "tuketim_miktar", "room", 7, AT - timedelta(days=1), AT, 6.0, 1.0, 0.0, 3.0, 5.0, 4.0, "orta",
    context_signature="test=room;occupancy=occupied",
)  # fmt: skip


def judged(alert_id: int = 1, **changes: Any) -> dict[str, Any]:
    """The row of the alert that ``FIVE`` raised and a person dismissed."""
    row = {
        "id": alert_id, "alert_type": FIVE.alert_type, "entity_type": "room", "entity_id": 7,
        "context_signature": FIVE.context_signature, "metric_value": 6.0, "expected": 1.0, "deviation_ratio": 5.0,
        "score": 4.0,
    }  # fmt: skip
    return row | changes


def hidden(value: float, expected: float = 1.0, **changes: Any) -> bool:
    anomaly = replace(FIVE, value=value, expected=expected, deviation_ratio=(value - expected) / expected, **changes)
    return silences([judged()]).hides(anomaly) is not None


@pytest.mark.parametrize("value", [4.0, 6.0, 7.0, 10.0])
def test_another_number_of_the_same_situation_stays_silent(value: float) -> None:
    assert hidden(value)


@pytest.mark.parametrize("value", [11.0, 51.0])
def test_twice_the_dismissed_deviation_and_a_tenfold_entry_are_raised(value: float) -> None:
    assert not hidden(value)


def test_more_units_of_the_same_proportion_on_a_busy_day_stay_silent() -> None:
    assert hidden(60.0, expected=10.0)
    assert not hidden(120.0, expected=10.0)


@pytest.mark.parametrize(("value", "score", "is_hidden"), [(8.0, 6.9, True), (8.0, 7.0, False), (7.0, 20.0, True)])
def test_what_is_larger_and_a_thousand_times_rarer_is_raised(value: float, score: float, is_hidden: bool) -> None:
    assert hidden(value, score=score) is is_hidden


def test_too_little_was_not_dismissed_by_a_verdict_on_too_much() -> None:
    assert not hidden(0.0)


@pytest.mark.parametrize(
    "change",
    [
        {"entity_id": 8},
        {"alert_type": "bosta_tuketim_var"},
        {"context_signature": "test=room;occupancy=vacant"},
        {"entity_type": "minibar_slot"},
    ],
)
def test_another_room_type_or_context_is_another_situation(change: dict[str, Any]) -> None:
    assert not hidden(6.0, **change)
    assert hidden(6.0)


def test_the_newest_verdict_that_covers_the_size_is_the_one_that_counts_it() -> None:
    larger = judged(2, metric_value=16.0, deviation_ratio=15.0)
    both = silences([judged(), larger])
    assert both.hides(FIVE) == 2
    assert both.hides(replace(FIVE, value=25.0, deviation_ratio=24.0)) == 2
    assert silences([larger, judged()]).hides(replace(FIVE, value=25.0, deviation_ratio=24.0)) == 2


def test_a_verdict_on_an_alert_of_unknown_size_speaks_for_every_size() -> None:
    assert silences([judged(metric_value=None, deviation_ratio=None)]).hides(replace(FIVE, value=500.0)) == 1


def test_replay_silences_exactly_what_the_live_alerts_do() -> None:
    """One definition everywhere: the same anomalies through both forms."""
    values = [0.0, 4.0, 10.0, 11.0, 51.0]
    anomalies = [replace(FIVE, value=value, deviation_ratio=value - 1.0) for value in values]
    anomalies += [replace(FIVE, value=8.0, deviation_ratio=7.0, score=score) for score in (6.9, 7.0)]
    anomalies += [replace(anomaly, entity_id=8) for anomaly in anomalies]
    live = [silences([judged()]).hides(anomaly) is not None for anomaly in anomalies]
    frame = pd.DataFrame([vars(anomaly) for anomaly in anomalies])
    verdict = pd.DataFrame([judged(verdict="yanlis_pozitif", verdict_at=AT - timedelta(days=1))])
    assert silenced(frame, dismissals(verdict)).tolist() == live
    assert True in live


@pytest.mark.parametrize("verdict", ["dogru", "test"])
def test_other_verdicts_dismiss_nothing(verdict: str) -> None:
    assert dismissals(pd.DataFrame([judged(verdict=verdict, verdict_at=AT)])).empty


@pytest.mark.parametrize("verdict", SILENT_FOR)
def test_a_verdict_speaks_from_its_instant_to_its_end(verdict: str) -> None:
    given = dismissals(pd.DataFrame([judged(verdict=verdict, verdict_at=AT)]))
    span = SILENT_FOR[verdict]
    instants = [AT, AT + timedelta(minutes=1), AT + span, AT + span + timedelta(minutes=1)]
    frame = pd.DataFrame([vars(replace(FIVE, timestamp=at)) for at in instants])
    assert silenced(frame, given).tolist() == [False, True, True, False]
