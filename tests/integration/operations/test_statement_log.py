"""The log of statements: what every process did, bounded, without values, and never its own writing (C2, R1)."""

import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.clock import SystemClock
from core.errors import AppError
from core.request_context import begin_request, end_request, identify_request, place_request
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db import recent as recent_statements
from db.recent import NOTICED_SECONDS, ROOM, SLOW_SECONDS, RecentStatements
from db.session import Database, open_database
from operations.jobs.cleanup import CleanupService
from operations.queries import statement_log
from operations.queries.service import QueryService
from operations.queries.statement_log import LoggedStatement, LogReader, StatementLog, logged
from tests.waiting import wait_for

ADA = Scope("ada", frozenset({"queries.read"}), None)


@pytest.fixture
def other(app_database: Database) -> Iterator[Database]:
    """The same database as another process opens it."""
    opened = open_database(app_database.engine.url.render_as_string(hide_password=False))
    yield opened
    opened.dispose()


@pytest.fixture
def reader(app_database: Database) -> LogReader:
    return LogReader(app_database, SystemClock())


def log_of(database: Database, process: str = "dashboard") -> StatementLog:
    return StatementLog(lambda: database, process)


def ask(database: Database, statement: str, place: str, request_id: str) -> None:
    """As a request does whose place is known only when it ends."""
    begin_request(wanted_id=request_id)
    identify_request("ayse", "admin")
    with database.transaction() as connection:
        connection.execute(text(statement))
    place_request(place)
    end_request()


def marked(rows: list[LoggedStatement]) -> list[LoggedStatement]:
    return [row for row in rows if "marked" in row.text]


def test_statements_of_all_processes_are_read_together_with_for_whom_they_were(
    app_database: Database, other: Database, reader: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_statements, "SLOW_SECONDS", 3_600.0)  # a machine that is busy makes none of them slow
    begun = time.monotonic()
    ask(app_database, "SELECT 1 AS marked", "/alerts", "request-of-a-page")
    ask(other, "SELECT 'a guest''s name', 305 AS marked", "job:train", "job-run-7")
    with other.transaction() as connection:
        connection.execute(text("SELECT 2 AS marked"))
    log_of(other, "jobs").flush()
    log_of(app_database).flush()
    newest = marked(reader.read(ADA))
    assert [(one.text, one.process, one.place, one.actor, one.request_id) for one in newest] == [
        ("SELECT ?, ? AS marked", "jobs", "job:train", "ayse", "job-run-7"),
        ("SELECT ? AS marked", "dashboard", "/alerts", "ayse", "request-of-a-page"),
    ]
    assert newest[0].ended_at > newest[1].ended_at
    assert 0 < newest[0].seconds < time.monotonic() - begun
    assert [one.place for one in marked(reader.read(ADA, "background"))] == [None]
    assert len(marked(reader.read(ADA, "all"))) == 3
    assert [one.process for one in marked(reader.read(ADA, "all", "jobs"))] == ["jobs", "jobs"]
    for name, told in (("ada", None), ("ayse", "ayse")):  # of one hotel: whose statement it was is told of oneself
        seen = Scope(name, frozenset({"queries.read"}), frozenset({1}))
        assert [one.actor for one in marked(reader.read(seen))] == [told, told]
        one = reader.one(seen, newest[0].id)
        assert one
        assert (one.actor, one.text) == (told, newest[0].text)
    by_time = reader.read(ADA, "all", order="slowest")
    assert [one.seconds for one in by_time] == sorted((one.seconds for one in by_time), reverse=True)
    with pytest.raises(AppError, match="forbidden"):
        reader.read(Scope("cem", frozenset(), None))


def test_what_is_slow_or_fails_is_told_whoever_asked(app_database: Database, reader: LogReader) -> None:
    with app_database.transaction() as connection:
        connection.execute(text("SELECT pg_sleep(1.05) AS marked"))
    with pytest.raises(DBAPIError), app_database.engine.begin() as connection:
        connection.execute(text("SELECT marked FROM nowhere"))
    log_of(app_database).flush()
    failed, slow = marked(reader.read(ADA))
    assert (slow.place, slow.has_failed, slow.seconds > 1) == (None, False, True)
    assert (failed.text, failed.has_failed) == ("SELECT marked FROM nowhere", True)
    assert marked(reader.read(ADA, "slow")) == [one for one in (failed, slow) if one.seconds > SLOW_SECONDS]
    assert marked(reader.read(ADA, "failed")) == [failed]
    assert marked(reader.read(ADA, "noticed")) == [one for one in (failed, slow) if one.seconds >= NOTICED_SECONDS]


def test_a_hundred_are_shown(app_database: Database, reader: LogReader) -> None:
    for number in range(150):
        app_database.recent.add(f"SELECT slow_{number}", 2.0 + number, has_failed=False)
    log_of(app_database).flush()
    assert [one.text for one in reader.read(ADA, "slow")] == [f"SELECT slow_{number}" for number in range(149, 49, -1)]
    assert reader.read(ADA, "slow", order="slowest")[0].seconds == 151.0


def test_writing_the_log_does_not_stand_in_it(app_database: Database, reader: LogReader) -> None:
    ask(app_database, "SELECT 1 AS marked", "/alerts", "request-of-a-page")
    log = log_of(app_database)
    assert log.flush() == 1
    assert log.flush() == 0  # it would have itself to write, for ever
    assert [one.text for one in reader.read(ADA, "all") if "statement_log" in one.text] == []


def test_what_could_not_be_written_is_written_later(
    app_database: Database, database: Database, reader: LogReader
) -> None:
    ask(app_database, "SELECT 1 AS marked", "/alerts", "request-of-a-page")
    log = log_of(app_database)
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE statement_log RENAME TO away"))
    with pytest.raises(DBAPIError, match="statement_log"):
        log.flush()
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO statement_log"))
    log.flush()
    assert [one.request_id for one in marked(reader.read(ADA))] == ["request-of-a-page"]


def test_what_waits_and_what_is_kept_is_bounded_and_quick_ones_push_no_slow_one_out(
    app_database: Database, database: Database, reader: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_log, "MOST_ROWS", dict.fromkeys(ROOM, 30))
    recent = app_database.recent
    recent.take()
    recent.add("SELECT slow", 2.0, has_failed=False)
    recent.add("SELECT noticed", 0.06, has_failed=False)
    begin_request()
    for number in range(1_000):
        recent.add(f"SELECT quick_{number}", 0.001, has_failed=False)
    end_request()
    for number in range(1_000):
        recent.add(f"SELECT upkeep_{number}", 0.001, has_failed=False)
    log = log_of(app_database)
    assert log.flush() == 2 + ROOM["sample"] + ROOM["background"]
    with database.reading() as connection:
        kept = list(connection.scalars(text("SELECT text FROM statement_log ORDER BY id")))
    assert kept[:2] == ["SELECT slow", "SELECT noticed"]
    assert [one for one in kept if "quick" in one] == [f"SELECT quick_{number}" for number in range(970, 1_000)]
    assert [one for one in kept if "upkeep" in one] == [f"SELECT upkeep_{number}" for number in range(990, 1_000)]


def test_what_is_given_back_takes_no_more_room_than_what_came(app_database: Database) -> None:
    recent = RecentStatements()
    for number in range(600):
        recent.add(f"SELECT {number}", 2.0, has_failed=False)
    taken = recent.take()
    recent.add("SELECT newer", 2.0, has_failed=False)
    recent.give_back(taken)
    kept = recent.take()
    assert len(kept) == ROOM["always"]
    assert kept[-1].text == "SELECT newer"


def test_nobody_waits_while_the_log_is_written(app_database: Database, database: Database, reader: LogReader) -> None:
    app_database.recent.add("SELECT 1 AS marked", 2.0, has_failed=False)
    log = log_of(app_database)
    with database.transaction() as blocking:
        blocking.execute(text("LOCK TABLE statement_log"))
        writing = Thread(target=log.flush)
        writing.start()
        wait_for(lambda: QueryService(database, SystemClock()).now(ADA).waits)
        for _ in range(1_000):
            app_database.recent.add("SELECT 2 AS marked", 0.001, has_failed=False)
        assert writing.is_alive()
    writing.join(60)
    assert [one.text for one in marked(reader.read(ADA))] == ["SELECT ? AS marked"]


def test_a_process_that_ends_writes_what_is_left(app_database: Database, reader: LogReader) -> None:
    with logged(app_database, "jobs"):
        ask(app_database, "SELECT 1 AS marked", "job:train", "job-run-7")
    assert [one.place for one in marked(reader.read(ADA, process="jobs"))] == ["job:train"]


def test_the_log_is_kept_for_a_week(app_database: Database, reader: LogReader) -> None:
    ask(app_database, "SELECT 1 AS marked", "/alerts", "request-of-a-page")
    log_of(app_database).flush()
    cleanup, now = CleanupService.of(app_database, Settings()), SystemClock().now()

    def deleted_after(days: int) -> int:
        report = cleanup.delete_of_installation(SYSTEM, now + timedelta(days=days))
        return int(report.details["deleted"]["statement_log"])

    assert deleted_after(6) == 0
    assert len(marked(reader.read(ADA, period="7d"))) == 1
    assert deleted_after(8) == 1
