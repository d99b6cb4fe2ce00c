"""Logs are read backwards whatever stands in them, and nothing is told twice or left out (C7)."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from operations.logs import files, service
from operations.logs.files import LINE_BYTES
from operations.logs.matching import LogFilters
from tests.conftest import NOW
from tests.unit.operations.logs.conftest import Logs, Numbered, written


@pytest.fixture(params=[files.BLOCK_BYTES, 64, 7])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that lie in one block, in some, and in many."""
    monkeypatch.setattr(files, "BLOCK_BYTES", request.param)


def events(found: service.LogPage) -> list[str]:
    return [line.event for line in found.lines]


@pytest.mark.usefixtures("block")
def test_the_newest_lines_come_first_and_pages_leave_nothing_out(logs: Logs, numbered: Numbered) -> None:
    logs.write("dashboard.jsonl", numbered(50))
    assert events(logs.page(limit=3)) == ["n49", "n48", "n47"]
    for limit in (1, 7, 50, 51):
        assert logs.walk(limit=limit) == [f"n{number}" for number in range(49, -1, -1)]


@pytest.mark.usefixtures("block")
def test_files_of_all_processes_are_merged_by_time(logs: Logs, numbered: Numbered) -> None:
    logs.write("dashboard.jsonl.1", numbered(20, "a", -20.0))
    logs.write("dashboard.jsonl", numbered(20, "a"))
    logs.write("jobs.jsonl", numbered(20, "b", 0.5))
    found = logs.page()
    assert events(found)[:4] == ["b19", "a19", "b18", "a18"]
    assert [line.at for line in found.lines] == sorted((line.at for line in found.lines), reverse=True)
    assert (len(found.lines), found.older) == (60, None)
    assert len(logs.walk(LogFilters(stream="jobs"))) == 20


@pytest.mark.usefixtures("block")
def test_what_is_no_line_of_ours_is_shown_as_it_is(logs: Logs) -> None:
    logs.write("jobs.jsonl", [
        written(NOW, "first"), "Traceback (most recent call last):\n", "\n", "\x00\x00\x00\n", "{\"event\": 7}\n",
        "[1, 2]\n", "{" * 50_000 + "\n", written(NOW, "Çıkış \x1b[31m"), '{"event": "half',
    ])  # fmt: skip
    found = logs.page().lines
    assert [line.event[:40] for line in found] == [
        "Çıkış ␛[31m", "{" * 40, "[1, 2]", '{"event": 7}', "␀␀␀", "Traceback (most recent call last):", "first",
    ]  # fmt: skip
    assert {line.level for line in found if not line.is_readable} == {"unknown"}
    assert {line.at for line in found} == {NOW}
    logs.write("jobs.jsonl", ['", "level": "info"}\n'])
    assert logs.page().lines[0].event == "half"


def test_a_huge_line_takes_no_memory_and_hides_nothing(logs: Logs) -> None:
    size = LINE_BYTES * 5
    logs.write("jobs.jsonl", [written(NOW, "before"), "x" * size + "\n", written(NOW, "after")])
    after, huge, before = logs.page().lines
    assert (after.event, before.event) == ("after", "before")
    assert (huge.size, len(huge.event), huge.is_readable) == (size, LINE_BYTES, False)


def test_a_line_larger_than_the_budget_is_passed_in_some_pages(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", (LINE_BYTES * 3, 60.0))
    logs.write("jobs.jsonl", [written(NOW, "before"), "x" * LINE_BYTES * 12 + "\n", written(NOW, "after")])
    found = logs.walk()
    assert (found[0], found[-1]) == ("after", "before")


def test_files_are_renamed_between_two_pages(logs: Logs, numbered: Numbered) -> None:
    logs.write("dashboard.jsonl.1", numbered(30, "old", -30.0))
    logs.write("dashboard.jsonl", numbered(30))
    first = logs.page(limit=10)
    (logs.folder / "dashboard.jsonl.1").rename(logs.folder / "dashboard.jsonl.2")
    (logs.folder / "dashboard.jsonl").rename(logs.folder / "dashboard.jsonl.1")
    logs.write("dashboard.jsonl", [written(NOW, "new")])
    assert events(logs.page(start=first.older, limit=100)) == [
        *(f"n{number}" for number in range(19, -1, -1)), *(f"old{number}" for number in range(29, -1, -1)),
    ]  # fmt: skip
    assert events(logs.service.newer(SYSTEM, LogFilters(), first.newest)) == ["new"]


def test_what_was_deleted_between_two_pages_ends_the_list(logs: Logs, numbered: Numbered) -> None:
    logs.write("dashboard.jsonl", numbered(30))
    first = logs.page(limit=10)
    (logs.folder / "dashboard.jsonl").unlink()
    logs.write("dashboard.jsonl", [written(NOW, "new")])
    found = logs.page(start=first.older)
    assert (found.lines, found.older) == ([], None)


def test_a_file_that_is_renamed_while_files_are_opened_is_read_once(
    logs: Logs, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.write("dashboard.jsonl.1", numbered(5, "old", -5.0))
    logs.write("dashboard.jsonl", numbered(5))
    real, renamed = os.open, []

    def rename_first(path: Path, flags: int) -> int:
        if path.name == "dashboard.jsonl.1" and not renamed:
            renamed.append(path)
            path.rename(logs.folder / "dashboard.jsonl.2")
            (logs.folder / "dashboard.jsonl").rename(path)
            logs.write("dashboard.jsonl", [written(NOW, "new")])
        return real(path, flags)

    monkeypatch.setattr(files.os, "open", rename_first)
    found = logs.walk()
    assert renamed
    assert found == ["new", "n4", "n3", "n2", "n1", "n0", "old4", "old3", "old2", "old1", "old0"]


def test_only_log_files_are_read(logs: Logs, numbered: Numbered, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.jsonl"
    elsewhere.write_text(written(NOW, "secret"))
    (logs.folder / "linked.jsonl").symlink_to(elsewhere)
    logs.write("postgres.log", [written(NOW, "no")])
    logs.write("dashboard.jsonl.bak", [written(NOW, "no")])
    (logs.folder / "folder.jsonl").mkdir()
    logs.write("jobs.jsonl", numbered(1))
    assert logs.walk() == ["n0"]
    assert logs.service.streams(SYSTEM) == ["jobs"]


def test_without_a_folder_there_are_no_lines(logs: Logs) -> None:
    logs.folder.rmdir()
    found = logs.page()
    assert (found.lines, found.older, found.stopped_at) == ([], None, None)


def test_a_line_is_shown_with_what_its_process_wrote_around_it(logs: Logs, numbered: Numbered) -> None:
    logs.write("jobs.jsonl.1", numbered(10, "old", -10.0))
    logs.write("jobs.jsonl", numbered(10))
    logs.write("dashboard.jsonl", numbered(10, "other"))
    [line] = [line for line in logs.page().lines if line.event == "old9"]
    found = logs.service.detail(SYSTEM, line.id, 3)
    assert found.line == line
    assert [line.event for line in found.before] == ["old6", "old7", "old8"]
    assert [line.event for line in found.after] == ["n0", "n1", "n2"]
    oldest = logs.service.detail(SYSTEM, logs.page().lines[-1].id, 3)
    assert oldest.before == []


@pytest.mark.parametrize("change", ["stream", "file", "offset", "beyond", "path"])
def test_a_line_that_is_not_there_is_not_found(logs: Logs, numbered: Numbered, change: str) -> None:
    logs.write("jobs.jsonl", numbered(3))
    stream, file_id, offset = logs.page().lines[0].id.split(".")
    wrong = {
        "stream": f"keeper.{file_id}.{offset}", "file": f"{stream}.{'0' * 12}.{offset}",
        "offset": f"{stream}.{file_id}.{int(offset) + 1}", "beyond": f"{stream}.{file_id}.99999999",
        "path": f"../{stream}.{file_id}.{offset}",
    }  # fmt: skip
    with pytest.raises(AppError, match="not_found"):
        logs.service.detail(SYSTEM, wrong[change])


def test_nothing_is_read_without_the_permission(logs: Logs) -> None:
    nobody = Scope("ayse", frozenset({"requests.read", "audit.read"}), None)
    reads = (
        lambda: logs.service.page(nobody, LogFilters()), lambda: logs.service.newer(nobody, LogFilters(), {}),
        lambda: logs.service.detail(nobody, "x"), lambda: logs.service.statistics(nobody, LogFilters()),
        lambda: logs.service.export(nobody, LogFilters(), "json"), lambda: logs.service.streams(nobody),
    )  # fmt: skip
    for read in reads:
        with pytest.raises(AppError, match="forbidden"):
            read()


def test_a_flood_is_told_and_costs_no_more_than_a_page(
    logs: Logs, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.write("jobs.jsonl", numbered(10))
    seen = logs.page().newest
    logs.write("jobs.jsonl", numbered(20_000, "flood"))
    monkeypatch.setattr(service, "NEWEST", (2 * files.BLOCK_BYTES, 60.0))
    found = logs.service.newer(SYSTEM, LogFilters(), seen)
    assert (found.lines[0].event, len(found.lines)) == ("flood19999", 100)
    assert found.older is not None
    caught_up = logs.service.newer(SYSTEM, LogFilters(), found.newest)
    assert (caught_up.lines, caught_up.older) == ([], None)
    rare = logs.service.newer(SYSTEM, LogFilters(text="n9 "), seen)
    assert rare.stopped_at is not None
    assert rare.stopped_at > NOW - timedelta(seconds=20_000)
