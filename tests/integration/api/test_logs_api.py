"""The routes of logs: pages, new lines, context, numbers, exports, and nothing beside the folder (C7, C12)."""

import json
from datetime import timedelta

import pytest

from core.scope import SYSTEM
from identity.audit.service import AuditFilters
from services import Services
from tests.conftest import NOW
from tests.integration.api.conftest import Api


@pytest.fixture
def root(api: Api) -> str:
    return api.add("superadmin", None, "root")


@pytest.fixture
def write(services: Services) -> "Write":
    return Write(services)


class Write:
    """Appends lines to the log of jobs."""

    def __init__(self, services: Services) -> None:
        self.file = services.settings.logs_dir / "jobs.jsonl"
        self.file.parent.mkdir(parents=True)
        self(*(f"n{number}" for number in range(12)))

    def __call__(self, *events: str, level: str = "info") -> None:
        with self.file.open("a") as file:
            for event in events:
                file.write(json.dumps({"event": event, "level": level, "timestamp": NOW.isoformat()}) + "\n")


def test_lines_are_walked_by_cursor_and_new_ones_follow(api: Api, root: str, write: Write) -> None:
    first = api.get("/logs", root, limit=5).json()
    assert [line["event"] for line in first["items"]] == ["n11", "n10", "n9", "n8", "n7"]
    write("new")
    second = api.get("/logs", root, limit=50, cursor=first["next_cursor"]).json()
    assert [line["event"] for line in second["items"]] == [f"n{number}" for number in range(6, -1, -1)]
    assert second["next_cursor"] is None
    newer = api.get("/logs/newer", root, after=first["newest"]).json()
    assert [line["event"] for line in newer["items"]] == ["new"]
    assert api.get("/logs/newer", root, after=newer["newest"]).json()["items"] == []


def test_filters_and_a_line_with_its_context(api: Api, root: str, write: Write) -> None:
    write("mail_failed", level="error")
    for asked in ({"level": "error"}, {"q": "MAIL"}, {"q": "^mail_", "is_regex": True}):
        [line] = api.get("/logs", root, **asked).json()["items"]
        assert (line["event"], line["stream"], line["is_readable"]) == ("mail_failed", "jobs", True)
    found = api.get(f"/logs/lines/{line['id']}", root, context=2).json()
    assert [one["event"] for one in found["before"]] == ["n10", "n11"]
    assert (found["line"], found["after"]) == (line, [])
    later = (NOW + timedelta(days=1)).isoformat()
    assert api.get("/logs", root, since=later).json()["items"] == []


@pytest.mark.parametrize(("path", "asked", "code"), [
    ("/logs", {"q": "(", "is_regex": True}, "pattern_wrong"), ("/logs", {"cursor": "../x"}, "invalid_cursor"),
    ("/logs/newer", {"after": "jobs"}, "invalid_cursor"), ("/logs", {"process": "../postgres"}, "validation_failed"),
    ("/logs/lines/..%2F..%2Fetc%2Fpasswd", {}, "not_found"), ("/logs/lines/jobs.000000000000.0", {}, "not_found"),
])  # fmt: skip
def test_what_is_wrong_is_told(api: Api, root: str, write: Write, path: str, asked: dict[str, str], code: str) -> None:
    answer = api.get(path, root, **asked)
    assert answer.json()["error"]["code"] == code
    assert answer.status_code in (404, 422)


def test_statistics_are_those_of_the_page(api: Api, root: str, write: Write, services: Services) -> None:
    write("mail_failed", level="error")
    found = api.get("/logs/statistics", root).json()
    assert (found["lines"], found["by_level"], found["by_stream"]) == (13, {"error": 1, "info": 12}, {"jobs": 13})
    assert sum(sum(step["lines"].values()) for step in found["steps"]) == 13
    assert {one["pattern"]: one["count"] for one in found["patterns"]} == {"n#": 12, "mail_failed": 1}


def test_exports_are_audited(api: Api, root: str, write: Write, services: Services) -> None:
    write("mail_failed", level="error")
    answer = api.call("POST", "/logs/exports", root, json={"format": "txt", "level": ["error"]}).json()
    assert (answer["lines"], answer["is_complete"]) == (1, True)
    assert "mail_failed" in answer["content"]
    [entry] = services.audit.page(SYSTEM, AuditFilters(action="logs_exported"), 10).rows
    assert (entry.actor, entry.role, entry.details) == (
        "root", "superadmin", {"format": "txt", "lines": 1, "is_complete": True, "levels": ["error"]},
    )  # fmt: skip


def test_managers_of_a_hotel_read_no_logs(api: Api, ayse: str, write: Write) -> None:
    for path in ("/logs", "/logs/newer?after=-", "/logs/lines/jobs.000000000000.0", "/logs/statistics"):
        assert api.get(path, ayse).status_code == 403
    assert api.call("POST", "/logs/exports", ayse, json={"format": "json"}).status_code == 403
