"""One incident through any sequence of results: opened once, closed with hysteresis, reopened within a day (A5.7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.lifecycle import (
    NORMALS_TO_CLOSE,
    REOPEN_WITHIN,
    SEVERITIES,
    Incident,
    Step,
    advance,
    normals_to_close,
)
from pipeline.detection.anomaly import Anomaly
from pipeline.detection.suppression import SILENT_FOR

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def anomaly(at: datetime, severity: str = "orta", value: float = 9.0) -> Anomaly:
    return Anomaly(
        "tuketim_anomali", "tuketim_miktar", "room", 1, at - HOUR, at, value, 2.0, 0.0, 4.0, 3.5, 5.0, severity
    )


def stored(step: Step | None, alert_id: int = 1) -> Incident:
    assert step is not None
    return replace(step.incident, id=alert_id)


def kinds(step: Step | None) -> list[str]:
    return [] if step is None else [event.kind for event in step.events]


def fire(incident: Incident | None, at: datetime, severity: str = "orta") -> Step | None:
    return advance(incident, [anomaly(at, severity)], False, at, NORMALS_TO_CLOSE)


def calm(incident: Incident, at: datetime, needed: int = NORMALS_TO_CLOSE) -> Step | None:
    return advance(incident, [], True, at, needed)


def closed_at(at: datetime) -> Incident:
    return Incident(1, "orta", START, START + HOUR, closed_at=at, closed_reason="normal")


def test_the_first_anomaly_opens_an_incident_that_began_with_its_interval() -> None:
    step = fire(None, START)
    assert kinds(step) == ["opened"]
    assert stored(step).started_at == START - HOUR
    assert stored(step).last_seen_at == START


def test_nothing_happens_to_an_entity_that_was_never_anomalous() -> None:
    assert advance(None, [], True, START, NORMALS_TO_CLOSE) is None


def test_a_newer_anomaly_updates_the_open_incident_and_keeps_the_worst_severity() -> None:
    incident = stored(fire(None, START, "yuksek"))
    step = fire(incident, START + HOUR, "dusuk")
    assert kinds(step) == []
    assert stored(step).severity == "yuksek"
    assert stored(step).occurrence_count == 2
    assert step is not None
    assert step.shown is not None
    assert step.shown.timestamp == START + HOUR


def test_a_rise_of_the_severity_is_an_event() -> None:
    assert kinds(fire(stored(fire(None, START, "orta")), START + HOUR, "kritik")) == ["severity_raised"]


def test_a_corrected_row_of_the_newest_interval_is_shown_and_not_counted_again() -> None:
    incident = stored(fire(None, START))
    step = advance(incident, [anomaly(START, value=30.0)], False, START + HOUR, NORMALS_TO_CLOSE)
    assert stored(step).occurrence_count == 1
    assert step is not None
    assert step.shown is not None
    assert step.shown.value == 30.0


def test_closing_a_deviation_takes_two_normal_results_and_an_inconsistency_one() -> None:
    """A5.7 with hysteresis; A1.6: a contradiction is a fact and ends when it ends."""
    incident = stored(fire(None, START))
    once = stored(calm(incident, START + HOUR))
    assert once.is_open
    twice = calm(once, START + 2 * HOUR)
    assert kinds(twice) == ["closed"]
    assert stored(twice).closed_at == START + 2 * HOUR
    assert normals_to_close("stok_tutarsizlik") == 1
    assert normals_to_close("zimmet_tutarsizlik") == 1
    assert normals_to_close("stok_anomali") == 2
    assert not stored(calm(incident, START + HOUR, normals_to_close("stok_tutarsizlik"))).is_open


def test_an_anomaly_between_two_calm_results_starts_the_counting_again() -> None:
    incident = stored(calm(stored(fire(None, START)), START + HOUR))
    incident = stored(fire(incident, START + 2 * HOUR))
    assert stored(calm(incident, START + 3 * HOUR)).is_open


@pytest.mark.parametrize(("pause", "reopens"), [(REOPEN_WITHIN, True), (REOPEN_WITHIN + HOUR, False)])
def test_within_a_day_the_incident_is_reopened_and_later_a_new_one_begins(pause: timedelta, reopens: bool) -> None:
    step = fire(closed_at(START + 2 * HOUR), START + 2 * HOUR + pause)
    assert step is not None
    assert (step.incident.id == 1) is reopens
    assert kinds(step) == (["reopened"] if reopens else ["opened"])
    assert step.incident.is_open


@pytest.mark.parametrize("verdict", SILENT_FOR)
def test_what_was_dismissed_is_not_revived_by_another_situation(verdict: str) -> None:
    judged = replace(closed_at(START + 2 * HOUR), verdict=verdict)
    assert kinds(fire(judged, START + 3 * HOUR)) == ["opened"]
    assert kinds(fire(replace(judged, verdict="dogru"), START + 3 * HOUR)) == ["reopened"]


def test_a_past_interval_that_is_scored_again_changes_nothing() -> None:
    incident = closed_at(START + 2 * HOUR)
    assert fire(incident, START + HOUR) is None
    earlier = replace(incident, started_at=START - 5 * HOUR, closed_at=None)
    assert fire(earlier, START + HOUR - timedelta(minutes=1)) is None


def test_late_data_before_the_incident_move_its_beginning() -> None:
    step = fire(closed_at(START + 2 * HOUR), START - HOUR)
    assert kinds(step) == ["began_earlier"]
    assert stored(step).started_at == START - 2 * HOUR
    assert not stored(step).is_open


RESULTS = st.lists(st.tuples(st.sampled_from(["anomaly", "normal", "both", "nothing"]), st.sampled_from(SEVERITIES)))


@given(RESULTS)
def test_any_sequence_keeps_the_rules_of_an_incident(results: list[tuple[str, str]]) -> None:
    incident: Incident | None = None
    seen: list[Incident] = []
    normals = 0
    for hour, (kind, severity) in enumerate(results, start=1):
        at = START + hour * HOUR
        fired = [anomaly(at, severity)] if kind in ("anomaly", "both") else []
        step = advance(incident, fired, kind in ("normal", "both"), at, NORMALS_TO_CLOSE)
        normals = (0 if fired else normals) + (kind in ("normal", "both"))
        if step is None:
            continue
        if incident is not None and step.incident.id is not None:
            assert SEVERITIES.index(step.incident.severity) >= SEVERITIES.index(incident.severity)
            assert step.incident.occurrence_count >= incident.occurrence_count
            assert step.incident.started_at <= incident.started_at
        elif incident is not None:
            assert not incident.is_open  # at most one open incident: a new one only after the old one closed
        if incident is not None and incident.is_open and not step.incident.is_open:
            assert normals >= NORMALS_TO_CLOSE
        if fired:
            assert step.incident.last_seen_at == at
        incident = stored(step, step.incident.id or len(seen) + 1)
        seen.append(incident)
    assert (incident is None) == all(kind in ("normal", "nothing") for kind, _ in results)
