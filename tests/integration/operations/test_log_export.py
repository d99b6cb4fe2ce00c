"""Exports of logs: everything that is filtered, in order, and noted in the audit log (C7, C13)."""

import json
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.scope import SYSTEM, Scope
from db.session import Database
from identity.audit.service import AuditFilters, AuditService
from operations.logs import service
from operations.logs.matching import LogFilters
from operations.logs.service import LogService
from tests.conftest import NOW

AYSE = Scope("ayse", frozenset({"logs.read"}), None)


@pytest.fixture
def logs(database: Database, clock: FixedClock, tmp_path: Path) -> LogService:
    lines = [
        {
            "event": f"run_{number}",
            "level": "error" if number % 2 else "info",
            "timestamp": NOW.isoformat(),
            "n": number,
        }
        for number in range(10)
    ]
    (tmp_path / "jobs.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return LogService(tmp_path, database, clock)


def test_an_export_holds_what_is_filtered_the_oldest_first_and_is_audited(logs: LogService, clock: FixedClock) -> None:
    errors = LogFilters(levels=frozenset({"error"}))
    found = json.loads(logs.export(AYSE, errors, "json").content)
    assert [line["event"] for line in found["items"]] == ["run_1", "run_3", "run_5", "run_7", "run_9"]
    assert (found["lines"], found["is_complete"], found["filters"]) == (5, True, {"levels": ["error"]})
    assert found["items"][0]["fields"] == {"n": 1}
    text = logs.export(AYSE, errors, "txt").content.decode().splitlines()
    assert text[0].startswith("# {")
    assert [line.split()[3] for line in text[1:]] == ["run_1", "run_3", "run_5", "run_7", "run_9"]
    entries = AuditService(logs.database, clock).page(SYSTEM, AuditFilters(action="logs_exported"), 10).rows
    assert [(row.actor, (row.details or {})["format"], (row.details or {})["lines"]) for row in entries] == [
        ("ayse", "txt", 5), ("ayse", "json", 5),
    ]  # fmt: skip


def test_an_export_that_is_cut_says_so(logs: LogService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "EXPORT_LINES", 4)
    found = logs.export(AYSE, LogFilters(), "json")
    assert (found.lines, found.is_complete) == (4, False)
    assert [line["event"] for line in json.loads(found.content)["items"]] == ["run_6", "run_7", "run_8", "run_9"]
