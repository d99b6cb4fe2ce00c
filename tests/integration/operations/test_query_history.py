"""Hours of statements: differences of the server's counters, read by one process at a time (C2)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.session import Database
from operations.jobs.cleanup import CleanupService
from operations.queries.service import QueryService, Statistics

ADA = Scope("ada", frozenset({"queries.read"}), None)
OURS = "SELECT oid FROM pg_database WHERE datname = current_database()"
MARK = "SELECT 'guest', pg_sleep(0.001) AS marked"


@pytest.fixture
def queries(app_database: Database, clock: FixedClock) -> QueryService:
    return QueryService(app_database, clock)


def executed(queries: QueryService, times: int) -> None:
    with queries.database.transaction() as connection:
        for _ in range(times):
            connection.execute(text(MARK))


def read_after(queries: QueryService, clock: FixedClock, minutes: int) -> bool:
    clock.advance(timedelta(minutes=minutes))
    return queries.watch()


def marked(found: Statistics) -> list[int]:
    return [one.calls for one in found.listed if "marked" in one.text]


def test_what_came_between_two_readings_belongs_to_its_hour(queries: QueryService, clock: FixedClock) -> None:
    executed(queries, 5)
    assert queries.watch()  # it only begins: nobody knows when these five were
    assert not read_after(queries, clock, 1)  # not due yet
    assert marked(queries.statistics(ADA, "calls", "24h")) == []
    executed(queries, 3)
    assert read_after(queries, clock, 4)
    executed(queries, 2)
    assert read_after(queries, clock, 60)  # the next hour
    found = queries.statistics(ADA, "calls", "24h")
    assert marked(found) == [5]
    [row] = [one for one in found.slowest if "marked" in one.text]
    assert row.text == "SELECT $1, pg_sleep($2) AS marked"
    assert row.mean_seconds == pytest.approx(row.total_seconds / 5)
    assert row.mean_seconds >= 0.001
    course = queries.course(ADA, "24h")
    counted = course[course["calls"].notna()]
    assert len(course) == 25
    assert len(counted) == 2
    assert found.totals is not None
    assert found.totals.calls == counted["calls"].sum()
    assert len(queries.course(ADA, "30d")) == 121


def test_a_reset_counts_from_zero_and_a_long_gap_begins_anew(
    queries: QueryService, clock: FixedClock, database: Database
) -> None:
    executed(queries, 9)
    queries.watch()
    with database.transaction() as connection:  # of this database alone
        connection.execute(text(f"SELECT pg_stat_statements_reset(0, ({OURS}), 0)"))
    executed(queries, 12)  # more than before the reset: the counter alone would not show that it began anew
    assert read_after(queries, clock, 5)
    assert marked(queries.statistics(ADA, "calls", "7d")) == [12]
    executed(queries, 7)
    assert read_after(queries, clock, 61)  # the process was away: in which hour they were is not known
    assert marked(queries.statistics(ADA, "calls", "7d")) == [12]
    executed(queries, 1)
    assert read_after(queries, clock, 5)
    assert marked(queries.statistics(ADA, "calls", "7d")) == [13]


def test_of_processes_that_read_at_once_one_counts(queries: QueryService, clock: FixedClock) -> None:
    queries.watch()
    executed(queries, 6)
    clock.advance(timedelta(minutes=5))
    done: list[bool] = []
    threads = [threading.Thread(target=lambda: done.append(queries.watch())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [False] * 5 + [True]
    assert marked(queries.statistics(ADA, "calls", "24h")) == [6]


def test_without_the_extension_nothing_is_read_and_what_was_counted_stays(
    queries: QueryService, clock: FixedClock, database: Database
) -> None:
    queries.watch()
    executed(queries, 2)
    read_after(queries, clock, 5)
    with database.transaction() as connection:
        connection.execute(text("DROP EXTENSION pg_stat_statements"))
    assert not read_after(queries, clock, 5)
    assert marked(queries.statistics(ADA, "calls", "24h")) == [2]
    assert queries.statistics(ADA).missing is not None


def test_hours_are_kept_for_ninety_days(queries: QueryService, clock: FixedClock) -> None:
    queries.watch()
    executed(queries, 2)
    read_after(queries, clock, 5)
    cleanup = CleanupService.of(queries.database, Settings())
    for days, left in ((89, True), (91, False)):
        cleanup.delete_of_installation(SYSTEM, clock.now() + timedelta(days=days))
        with queries.database.reading() as connection:
            rows = connection.execute(text("SELECT count(*) FROM statement_rollups")).scalar_one()
        assert bool(rows) is left
