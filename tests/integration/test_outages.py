"""A busy or absent database is said by name, with 503 and when to try again, never as a bug (R2)."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event, Thread

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.errors import install_error_handlers
from core.errors import AppError
from db.session import Database, Limits, open_database
from tests.waiting import wait_for

LONG = 60  # of what a test does not try to exceed, however slow the machine is
Hasty = Callable[[Limits], Database]


@pytest.fixture
def limited(app_database: Database) -> Iterator[Hasty]:
    """The database for somebody with little patience."""
    with ExitStack() as opened:

        def limited(limits: Limits) -> Database:
            url = app_database.engine.url.render_as_string(hide_password=False)
            database = open_database(url, pool_size=1, limits=limits)
            opened.callback(database.dispose)
            return database

        yield limited


@pytest.fixture
def hasty(limited: Hasty) -> Database:
    return limited(Limits(2, LONG, LONG))


def code_of(database: Database, statement: str) -> tuple[str, int]:
    with pytest.raises(AppError) as refused, database.transaction() as connection:
        connection.execute(text(statement))
    return refused.value.code, refused.value.http_status


def test_a_statement_that_takes_too_long(hasty: Database) -> None:
    assert code_of(hasty, "SELECT pg_sleep(30)") == ("database_busy", 503)
    with hasty.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_lock_that_somebody_else_holds(app_database: Database, limited: Hasty) -> None:
    hasty = limited(Limits(LONG, 1, LONG))
    with app_database.transaction() as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(99)"))
        assert code_of(hasty, "SELECT pg_advisory_xact_lock(99)") == ("database_busy", 503)


def test_a_pool_without_a_free_connection(hasty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hasty.engine.pool, "_timeout", 0.2)
    with hasty.reading() as one, hasty.reading() as two:
        one.execute(text("SELECT 1"))
        two.execute(text("SELECT 1"))
        assert code_of(hasty, "SELECT 1") == ("database_busy", 503)
    assert hasty.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_two_writers_that_wait_for_each_other(app_database: Database) -> None:
    """The server ends one of them; the other goes on."""
    first_holds, second_holds, codes = Event(), Event(), []

    def write(own: int, other: int, holds: Event, its_turn: Event) -> None:
        try:
            with app_database.transaction() as connection:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({own})"))
                holds.set()
                its_turn.wait(30)
                connection.execute(text(f"SELECT pg_advisory_xact_lock({other})"))
        except AppError as error:
            codes.append(error.code)

    threads = [
        Thread(target=write, args=(1, 2, first_holds, second_holds)),
        Thread(target=write, args=(2, 1, second_holds, first_holds)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["database_busy"]


def test_a_transaction_that_stands_idle_is_ended_and_the_next_one_works(app_database: Database, limited: Hasty) -> None:
    hasty = limited(Limits(LONG, LONG, 1))

    def is_gone(pid: int) -> bool:
        with app_database.reading() as connection:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
            return connection.execute(query, {"pid": pid}).scalar_one() == 0

    def stand_idle() -> None:
        with hasty.transaction() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            wait_for(lambda: is_gone(pid))
            connection.execute(text("SELECT 1"))

    with pytest.raises(AppError, match="database_unavailable"):
        stand_idle()
    with hasty.glancing() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_bug_stays_a_bug(hasty: Database) -> None:
    with pytest.raises(Exception, match="division by zero") as raised, hasty.transaction() as connection:
        connection.execute(text("SELECT 1 / 0"))
    assert not isinstance(raised.value, AppError)


@pytest.mark.parametrize(("language", "word"), [("tr", "meşgul"), ("en", "busy")])
def test_the_api_says_503_and_when_to_try_again(hasty: Database, language: str, word: str) -> None:
    app, denied = FastAPI(), list[AppError]()
    install_error_handlers(app, denied.append)

    @app.get("/slow")
    def slow() -> None:
        with hasty.reading() as connection:
            connection.execute(text("SELECT pg_sleep(30)"))

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.get("/slow", headers={"Accept-Language": language})

    answer = asyncio.run(call())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["error"]["code"] == "database_busy"
    assert word in answer.json()["error"]["message"]
    assert denied == []
