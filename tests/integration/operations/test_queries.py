"""Statements on the real server: what is remembered, what runs, who waits, ending one, plans that run nothing (C2)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.clock import FixedClock
from core.errors import AppError
from core.scope import Scope
from db import roles
from db.queries import statements
from db.queries.backends import Asked, RunningRow
from db.queries.statements import Standing
from db.session import Database, open_database
from operations.queries import service as module
from operations.queries.missing import missing_of
from operations.queries.service import QueryService
from tests.waiting import wait_for

ADA = Scope("ada", frozenset({"queries.read", "queries.cancel"}), None)
LOOKER = Scope("bora", frozenset({"queries.read"}), None)
# Runs until the test lets it go or somebody ends it: time decides nothing.
WAIT = "SELECT pg_advisory_xact_lock_shared(305), 'a guest''s name'"


@pytest.fixture
def queries(app_database: Database, clock: FixedClock) -> QueryService:
    """As the application sees the server: in its own role."""
    return QueryService(app_database, clock)


class Statement(threading.Thread):
    """One that runs in a connection of its own."""

    def __init__(self, database: Database, statement: str) -> None:
        super().__init__(daemon=True)
        self.database, self.statement = database, statement
        self.code: str | None = None

    def run(self) -> None:
        try:
            with self.database.engine.connect() as connection:
                connection.execute(text(self.statement))
        except DBAPIError as error:
            self.code = error.orig.pgcode  # type: ignore[union-attr]


@contextmanager
def waiting(database: Database, statement: str) -> Iterator[Statement]:
    """The statement waits for a lock that is given up at the end; then it has ended."""
    thread = Statement(database, statement)
    with database.engine.connect() as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(305)"))
        thread.start()
        yield thread
    thread.join(60)
    assert not thread.is_alive()


@contextmanager
def at_work(queries: QueryService, database: Database, statement: str) -> Iterator[tuple[Statement, RunningRow]]:
    with waiting(database, statement) as thread:
        found = wait_for(  # it is listed a moment before it waits
            lambda: [row for row in queries.now(ADA).running if "_shared" in row.text and row.wait_event == "advisory"]
        )
        yield thread, found[0]


def asked(row: RunningRow) -> Asked:
    assert row.query_start is not None
    return Asked(row.pid, row.backend_start, row.query_start)


def test_what_took_long_is_remembered_and_told_without_its_values(
    queries: QueryService, app_database: Database
) -> None:
    with app_database.transaction() as connection:
        for _ in range(3):
            connection.execute(text("SELECT pg_sleep(0.01), 'secret guest'"))
    found = queries.statistics(LOOKER)
    assert found.missing is None
    assert found.totals is not None
    assert found.totals.calls >= 3
    assert found.totals.since is not None
    [row] = [one for one in found.slowest if "pg_sleep" in one.text]
    assert (row.calls, row.text) == (3, "SELECT pg_sleep($1), $2")
    assert 0.01 <= row.mean_seconds <= row.max_seconds
    assert row.total_seconds == pytest.approx(3 * row.mean_seconds)
    others = [one for one in found.listed if "pg_stat_statements" not in one.text]  # the look itself took its time
    assert found.slowest[0].mean_seconds >= max(one.mean_seconds for one in others)
    by_calls = queries.statistics(LOOKER, "calls").listed
    assert [one.calls for one in by_calls] == sorted((one.calls for one in by_calls), reverse=True)
    with pytest.raises(AppError, match="unknown_order"):
        queries.statistics(LOOKER, "text; DROP TABLE users")


def test_statements_of_another_database_are_not_ours(
    queries: QueryService, postgres_server: object, app_database: Database
) -> None:
    other = open_database(postgres_server.url, pool_size=1)  # type: ignore[attr-defined]
    with other.transaction() as connection:
        connection.execute(text("SELECT 1 AS of_another_database"))
    assert not [one for one in queries.statistics(ADA, "calls").listed if "of_another_database" in one.text]
    other.dispose()


def test_without_the_extension_the_statement_that_makes_it_is_told_and_no_figure(
    queries: QueryService, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(text("DROP EXTENSION pg_stat_statements"))
    found = queries.statistics(ADA)
    assert found.missing is not None
    assert (found.missing.reason, found.missing.statements) == ("absent", ("CREATE EXTENSION pg_stat_statements;",))
    assert (found.totals, found.slowest) == (None, ())
    assert queries.now(ADA).waits == []  # what needs no extension is there
    with database.transaction() as connection:
        connection.execute(text(found.missing.statements[0]))
    assert queries.statistics(ADA).missing is None


def test_the_next_start_makes_the_extension(queries: QueryService, database: Database, app_database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("DROP EXTENSION pg_stat_statements"))
    roles.prepare(database, app_database.engine.url.render_as_string(hide_password=False))
    assert queries.statistics(ADA).missing is None


def test_a_role_that_sees_only_its_own_is_told_what_to_grant(app_database: Database) -> None:
    with app_database.transaction() as connection:
        connection.execute(text("SET LOCAL ROLE barometer_read"))
        missing = missing_of(statements.standing(connection))
    assert missing is not None
    assert (missing.reason, missing.statements) == ("hidden", ("GRANT pg_read_all_stats TO barometer_read;",))


def test_everything_that_is_missing_is_told_in_its_order() -> None:
    found = missing_of(Standing(None, is_loaded=False, sees_all=True, role="app", preloaded="auto_explain"))
    assert found is not None
    assert found.reason == "not_loaded"
    assert found.statements == (
        "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_stat_statements';",
        "CREATE EXTENSION pg_stat_statements;",
    )


def test_a_running_statement_is_seen_and_ended_by_one_of_two_who_ask_at_once(
    queries: QueryService, app_database: Database, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CANCEL_WAIT_SECONDS", 60.0)
    outcomes: list[str] = []

    def end(row: RunningRow) -> None:
        try:
            queries.cancel(ADA, asked(row))
            outcomes.append("cancelled")
        except AppError as error:
            outcomes.append(error.code)

    with at_work(queries, app_database, WAIT) as (thread, row):
        assert (row.text, row.state, row.wait_event, row.may_cancel) == (
            "SELECT pg_advisory_xact_lock_shared(?), ?",
            "active",
            "advisory",
            True,
        )
        assert row.application == "barometer"
        both = [threading.Thread(target=end, args=(row,)) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join(90)
        thread.join(60)
        assert thread.code == "57014"  # while what it waited for was not given up
    assert sorted(outcomes) == ["cancelled", "query_ended"]
    with database.reading() as connection:
        entries = connection.execute(text("SELECT actor, action, entity, details FROM audit_log")).all()
    assert [(one.actor, one.action, one.entity) for one in entries] == [
        ("ada", "query_cancelled", f"connection {row.pid}")
    ]
    assert entries[0].details == {"statement": "SELECT pg_advisory_xact_lock_shared(?), ?", "application": "barometer"}


def test_what_is_not_that_statement_of_that_connection_is_never_hit(
    queries: QueryService, app_database: Database, database: Database
) -> None:
    hour = timedelta(hours=1)
    with at_work(queries, app_database, WAIT) as (thread, row):
        meant = asked(row)
        for wrong in (
            Asked(meant.pid, meant.backend_start - hour, meant.query_start),  # the process id is another one's now
            Asked(meant.pid, meant.backend_start, meant.query_start - hour),  # the connection does something else now
        ):
            with pytest.raises(AppError, match="query_ended"):
                queries.cancel(ADA, wrong)
        with pytest.raises(AppError, match="forbidden"):
            queries.cancel(LOOKER, meant)
        with pytest.raises(AppError, match="forbidden"):  # whose statement it is nobody can tell
            queries.cancel(replace(ADA, hotels=frozenset({1})), meant)
    assert thread.code is None
    with pytest.raises(AppError, match="query_ended"):
        queries.cancel(ADA, meant)
    with at_work(queries, database, WAIT) as (thread, row):  # an administrator's of the server
        assert not row.may_cancel
        with pytest.raises(AppError, match="query_ended"):
            queries.cancel(ADA, asked(row))
    assert thread.code is None
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_log")).scalar_one() == 0


def test_a_statement_of_another_database_is_neither_seen_nor_ended(
    queries: QueryService, postgres_server: object, database: Database
) -> None:
    other = open_database(postgres_server.app_url, pool_size=1)  # type: ignore[attr-defined]
    query = text(
        "SELECT pid, backend_start, query_start FROM pg_stat_activity "
        "WHERE query LIKE '%lock_shared%' AND pid <> pg_backend_pid()"
    )

    def look() -> list[Asked]:
        with database.reading() as connection:
            return [Asked(*row) for row in connection.execute(query)]

    with waiting(other, WAIT) as thread:
        [found] = wait_for(look)
        assert queries.now(ADA).running == []
        with pytest.raises(AppError, match="query_ended"):
            queries.cancel(ADA, found)
    assert thread.code is None
    other.dispose()


def test_who_waits_for_whom_is_told(queries: QueryService, app_database: Database, hotel: int) -> None:
    with app_database.engine.connect() as holder:
        holder.execute(text("UPDATE hotels SET name = 'B'"))
        renaming = Statement(app_database, "UPDATE hotels SET name = 'room 305'")
        renaming.start()
        wait_for(lambda: queries.now(ADA).waits)
        now = queries.now(ADA)
        [wait] = now.waits
        [idle] = [row for row in now.running if row.state == "idle in transaction"]
        holder.rollback()
    renaming.join(60)
    assert (wait.waiting_text, wait.blocking_text) == ("UPDATE hotels SET name = ?", "UPDATE hotels SET name = ?")
    assert (wait.blocking_pid, wait.blocking_state) == (idle.pid, "idle in transaction")
    assert wait.since is not None
    assert not idle.may_cancel  # it executes nothing that could be ended
    assert queries.now(ADA).waits == []


def test_indexes_that_are_there_twice_or_unread_and_dead_rows_are_told(
    queries: QueryService, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE guests AS SELECT n AS id, n AS room FROM generate_series(1, 60000) n"))
        connection.execute(text("ALTER TABLE guests ADD PRIMARY KEY (id)"))
        connection.execute(text("CREATE INDEX first_of_two ON guests (room)"))
        connection.execute(text("CREATE INDEX second_of_two ON guests (room)"))
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM guests WHERE id <= 20000"))
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    wait_for(lambda: [one for one in queries.tables(LOOKER) if one.code == "dead"])
    found = {one.code: one for one in queries.tables(LOOKER) if one.params["table"] == "guests"}
    assert found["duplicate"].statement == "DROP INDEX CONCURRENTLY second_of_two;"
    assert found["dead"].statement == "VACUUM (ANALYZE) guests;"
    assert found["dead"].params["ratio"] == pytest.approx(1 / 3)
    unused = [one.params["index"] for one in queries.tables(ADA) if one.code.startswith("unused")]
    assert {"first_of_two", "second_of_two"} <= set(unused)
    assert "guests_pkey" not in unused


def test_nobody_reads_without_the_permission(queries: QueryService) -> None:
    nobody = Scope("cem", frozenset(), None)
    for forbidden in (
        lambda: queries.statistics(nobody), lambda: queries.now(nobody), lambda: queries.tables(nobody),
        lambda: queries.explain(nobody, "SELECT 1"),
    ):  # fmt: skip
        with pytest.raises(AppError, match="forbidden"):
            forbidden()
