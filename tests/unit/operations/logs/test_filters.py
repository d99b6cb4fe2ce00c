"""What is asked for is found, and a regular expression can hurt nobody (C7)."""

import json
from datetime import datetime, timedelta
from time import monotonic

import pytest

from core.errors import AppError
from core.scope import SYSTEM
from operations.logs import matching, service
from operations.logs.files import RawLine
from operations.logs.lines import parsed
from operations.logs.matching import LogFilters
from tests.conftest import NOW
from tests.unit.operations.logs.conftest import Logs, Numbered, written


@pytest.fixture
def mixed(logs: Logs) -> Logs:
    logs.write("jobs.jsonl", [
        written(NOW - timedelta(minutes=4), "run_ended", job="train", request_id="job-run-7", error="bölünme [0-9]+"),
        written(NOW - timedelta(minutes=3), "mail_failed", "error", exception="Traceback\n  File \"x.py\"\nValueError"),
        written(NOW - timedelta(minutes=2), "disk_full", "critical"),
        written(NOW - timedelta(minutes=1), "run_ended", job="collect"),
    ])  # fmt: skip
    return logs


@pytest.mark.parametrize(("filters", "found"), [
    (LogFilters(levels=frozenset({"error", "critical"})), ["disk_full", "mail_failed"]),
    (LogFilters(levels=frozenset({"debug"})), []),
    (LogFilters(text="RUN_ended job=train"), ["run_ended"]),
    (LogFilters(text="BÖLÜNME"), ["run_ended"]),
    (LogFilters(text="[0-9]+"), ["run_ended"]),
    (LogFilters(text="job-run-7"), ["run_ended"]),
    (LogFilters(text='File "x.py" ValueError'), ["mail_failed"]),
    (LogFilters(text="job=(train|x)", is_regex=True), ["run_ended"]),
    (LogFilters(text="^(disk|MAIL)_", is_regex=True), ["disk_full", "mail_failed"]),
    (LogFilters(text="(a+)+$", is_regex=True), []),
    (LogFilters(since=NOW - timedelta(minutes=2)), ["run_ended", "disk_full"]),
    (LogFilters(until=NOW - timedelta(minutes=2)), ["mail_failed", "run_ended"]),
    (LogFilters(stream="dashboard"), []),
])  # fmt: skip
def test_only_what_is_asked_for_is_found(mixed: Logs, filters: LogFilters, found: list[str]) -> None:
    page = mixed.page(filters)
    assert [line.event for line in page.lines] == found
    assert (page.older, page.stopped_at) == (None, None)


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "(" * 150, "x" * 201])
def test_a_wrong_expression_is_told(mixed: Logs, pattern: str) -> None:
    with pytest.raises(AppError, match="pattern_wrong"):
        mixed.page(LogFilters(text=pattern, is_regex=True))


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(?:a?){40}a{40}b"])
def test_an_expression_that_never_ends_is_killed(logs: Logs, pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "REGEX_SECONDS", 0.3)
    logs.write("jobs.jsonl", [written(NOW, "a" * 60 + "!")])
    began = monotonic()
    for _ in range(matching.REGEXES_AT_ONCE + 1):  # its turn is given back
        with pytest.raises(AppError, match="pattern_too_slow"):
            logs.page(LogFilters(text=pattern, is_regex=True))
    assert monotonic() - began < 60


def test_there_are_only_so_many_searches_at_once(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "REGEX_SECONDS", 0.05)
    for _ in range(matching.REGEXES_AT_ONCE):
        assert matching._turns.acquire(blocking=False)
    try:
        with pytest.raises(AppError, match="logs_busy"):
            logs.page(LogFilters(text="x", is_regex=True))
    finally:
        for _ in range(matching.REGEXES_AT_ONCE):
            matching._turns.release()


def test_searching_ends_with_the_budget_and_goes_on_from_there(
    logs: Logs, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", (200_000, 60.0))
    logs.write("jobs.jsonl", [written(NOW - timedelta(days=1), "needle"), *numbered(5_000)])
    first = logs.page(LogFilters(text="needle"))
    assert first.lines == []
    assert first.stopped_at is not None
    assert NOW - timedelta(seconds=5_000) < first.stopped_at < NOW - timedelta(seconds=500)
    assert logs.walk(LogFilters(text="needle")) == ["needle"]


def test_an_old_span_is_found_without_reading_what_came_later(
    logs: Logs, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", (400_000, 60.0))
    logs.write("jobs.jsonl.1", numbered(20_000, "old", -20_000.0))
    logs.write("jobs.jsonl", numbered(20_000))
    for name, begin in (("n", NOW - timedelta(seconds=15_000)), ("old", NOW - timedelta(seconds=35_000))):
        page = logs.page(LogFilters(since=begin, until=begin + timedelta(seconds=3)))
        assert [line.event for line in page.lines] == [f"{name}{number}" for number in (5_002, 5_001, 5_000)]
        assert (page.older, page.stopped_at) == (None, None)
    assert logs.page(LogFilters(until=NOW - timedelta(days=2))).lines == []


def test_the_time_may_be_written_in_other_ways() -> None:
    def at(timestamp: object) -> datetime:
        data = json.dumps({"event": "x", "timestamp": timestamp}).encode()
        return parsed("jobs", RawLine("0" * 12, 0, data, len(data)), NOW - timedelta(days=1)).at

    assert at("2026-03-02T05:00:00Z") == at("2026-03-02T08:00:00+03:00") == at("2026-03-02T05:00:00") == NOW
    assert at("9999-12-31T23:59:59Z") == at("yesterday") == at(None) == at(17) == NOW - timedelta(days=1)


def test_lines_of_a_page_tell_everything_that_was_written(logs: Logs) -> None:
    logs.write("jobs.jsonl", [written(NOW, "x", "warning", pid=7, masked=2, actor="ayse", room={"number": 305})])
    [line] = logs.service.page(SYSTEM, LogFilters()).lines
    assert (line.level, line.pid, line.masked, line.actor, line.version) == ("warning", 7, 2, "ayse", "1.0.0")
    assert line.fields == {"room": {"number": 305}}
    assert line.text == 'x room={"number": 305} actor=ayse'
