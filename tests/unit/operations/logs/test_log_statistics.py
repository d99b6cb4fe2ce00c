"""Numbers of lines by time, level and pattern, and which patterns the present version brought (C7)."""

from datetime import timedelta

import pytest

from core.scope import SYSTEM
from core.version import version
from operations.logs import service, statistics
from operations.logs.matching import LogFilters
from operations.logs.statistics import MOST_STEPS, step_of
from tests.conftest import NOW
from tests.unit.operations.logs.conftest import Logs, Numbered, written


def test_lines_are_counted_by_step_level_and_process(logs: Logs) -> None:
    logs.write("jobs.jsonl", [
        written(NOW - timedelta(minutes=30)), written(NOW - timedelta(minutes=29, seconds=50), level="error", masked=2),
        "no json\n", written(NOW - timedelta(minutes=1)),
    ])  # fmt: skip
    logs.write("dashboard.jsonl", [written(NOW - timedelta(seconds=1), masked=1)])
    found = logs.service.statistics(SYSTEM, LogFilters(since=NOW - timedelta(hours=1)))
    assert (found.lines, found.masked, found.is_complete) == (5, 3, True)
    assert found.by_level == {"info": 3, "error": 1, "unknown": 1}
    assert found.by_stream == {"jobs": 4, "dashboard": 1}
    assert found.step_seconds == 60
    assert found.counts[NOW - timedelta(minutes=30)] == {"info": 1, "error": 1}
    assert sum(sum(levels.values()) for levels in found.counts.values()) == 5
    errors = logs.service.statistics(SYSTEM, LogFilters(levels=frozenset({"error"})))
    assert errors.by_level == {"error": 1}


def test_a_pattern_is_what_lines_share_beside_numbers_and_names(logs: Logs) -> None:
    logs.write("jobs.jsonl", [
        written(NOW - timedelta(minutes=2), "Started process [19473] for 'ayse'", "warning"),
        written(NOW - timedelta(minutes=1), "Started process [7] for 'bora'"),
        written(NOW, "Stopped 0f3e9a7bc2 after 1.5 s"),
    ])  # fmt: skip
    found = {one.pattern: one for one in logs.service.statistics(SYSTEM, LogFilters()).patterns}
    assert list(found) == ["Started process [#] for #", "Stopped # after # s"]
    started = found["Started process [#] for #"]
    assert (started.count, started.level) == (2, "warning")
    assert (started.first_at, started.last_at) == (NOW - timedelta(minutes=2), NOW - timedelta(minutes=1))
    assert logs.service.detail(SYSTEM, started.example).line.event.endswith("'bora'")


def test_new_is_what_no_line_of_another_version_has(logs: Logs) -> None:
    old = [written(NOW - timedelta(hours=1), event, version="0.9.0") for event in ("run_ended", "gone")]
    new = [written(NOW, event, version=version()) for event in ("run_ended", "brand_new", "run_ended")]
    logs.write("jobs.jsonl", [*old, *new, "no json\n"])
    found = logs.service.statistics(SYSTEM, LogFilters())
    assert [one.pattern for one in found.patterns if one.is_new] == ["brand_new"]
    assert found.patterns[0].pattern == "brand_new"
    assert found.compares_with == ["0.9.0"]


def test_without_an_older_version_nothing_is_called_new(logs: Logs) -> None:
    logs.write("jobs.jsonl", [written(NOW, "brand_new", version=version()), "no json\n", '{"event": "x"}\n'])
    found = logs.service.statistics(SYSTEM, LogFilters())
    assert [one.is_new for one in found.patterns] == [False, False, False]
    assert found.compares_with == []


def test_what_was_not_read_is_said(logs: Logs, numbered: Numbered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "STATISTICS", (150_000, 60.0))
    logs.write("jobs.jsonl", numbered(5_000))
    found = logs.service.statistics(SYSTEM, LogFilters(since=NOW - timedelta(days=1)))
    assert not found.is_complete
    assert 1_000 < found.lines < 4_000
    assert found.since == NOW - timedelta(seconds=found.lines)


def test_endless_patterns_take_no_memory(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_PATTERNS", 10)
    letters = "abcdefghijklmnopqrstuvwxyz"
    logs.write("jobs.jsonl", [written(NOW, f"{one}{other}") for one in letters for other in letters])
    found = logs.service.statistics(SYSTEM, LogFilters())
    assert len(found.patterns) == 11
    assert sum(one.count for one in found.patterns) == len(letters) ** 2


def test_a_chart_has_a_readable_number_of_steps() -> None:
    for span in (0, 1, 119, 3_600, 86_400, 30 * 86_400, 365 * 86_400):
        assert span / step_of(timedelta(seconds=span)) <= MOST_STEPS
    assert step_of(timedelta(hours=1)) == 60
