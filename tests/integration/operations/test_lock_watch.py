"""Lock episodes: a lock that is really held begins one, its release ends it; kept, shown, and watched by one (C2)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock, SystemClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db import locks
from db.queries import health
from db.queries.health import HeartbeatRow
from db.session import Database
from operations.jobs.cleanup import CleanupService
from operations.queries import lock_watch
from operations.queries.lock_history import LockHistory
from operations.queries.lock_watch import LockWatch
from operations.queries.service import QueryService
from tests.waiting import wait_for

ADA = Scope("ada", frozenset({"queries.read"}), None)


@pytest.fixture
def clock() -> FixedClock:
    """Stands where the server's clock stands, which tells since when somebody waits."""
    return FixedClock(SystemClock().now())


@pytest.fixture
def watch(app_database: Database, clock: FixedClock) -> LockWatch:
    return LockWatch(lambda: app_database, clock)


@pytest.fixture
def history(app_database: Database, clock: FixedClock) -> LockHistory:
    return LockHistory(app_database, clock)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test need not wait for the second from which on a wait counts."""
    monkeypatch.setattr(lock_watch, "LEAST_SECONDS", 0.0)


def rename(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE hotels SET name = 'room 305'"))


@contextmanager
def held(holding: Database, waiting: Database, waiters: int = 1) -> Iterator[None]:
    """A transaction holds a row for which others wait; at the end it lets go and all of them have what they wanted."""
    threads = [threading.Thread(target=rename, args=(waiting,), daemon=True) for _ in range(waiters)]
    queries = QueryService(holding, SystemClock())
    with holding.engine.connect() as holder:
        holder.execute(text("UPDATE hotels SET name = 'a guest''s name'"))
        for begun, thread in enumerate(threads, start=1):  # one after the other: the first has waited the longest
            thread.start()
            wait_for(lambda begun=begun: len({one.waiting_pid for one in queries.now(ADA).waits}) == begun)
        yield
        holder.rollback()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.usefixtures("at_once")
def test_a_lock_that_is_held_begins_an_episode_and_its_release_ends_it(
    watch: LockWatch, history: LockHistory, clock: FixedClock, database: Database, app_database: Database, hotel: int
) -> None:
    watch.look()
    assert history.episodes(ADA).items == []
    with held(database, app_database, waiters=3):
        watch.look()
        [begun] = history.episodes(ADA).items
        clock.advance(timedelta(seconds=2))
        watch.look()
        [seen_again] = history.episodes(ADA).items
        assert (seen_again.id, seen_again.ended_at, seen_again.seen_at) == (begun.id, None, clock.now())
        assert seen_again.longest_seconds > begun.longest_seconds
    clock.advance(timedelta(seconds=2))
    watch.look()
    [ended] = history.episodes(ADA).items
    assert (ended.id, ended.ended_at, ended.waiters) == (begun.id, clock.now(), 3)
    assert (ended.blocking_text, ended.waiting_text) == ("UPDATE hotels SET name = ?", "UPDATE hotels SET name = ?")
    assert (ended.blocking_role, ended.waiting_role) == ("barometer", "barometer_app")
    assert (ended.kind, ended.relation, ended.blocking_state) == ("transactionid", "hotels", "idle in transaction")
    assert ended.blocking_application == ended.waiting_application == "barometer"
    course = history.course(ADA).steps
    assert (course["episodes"].sum(), course["longest_seconds"].sum()) == (1, pytest.approx(ended.longest_seconds))
    assert len(course) == 1  # of the other steps nobody knows whether somebody looked


def test_a_wait_of_less_than_a_second_is_no_episode(
    watch: LockWatch, history: LockHistory, database: Database, app_database: Database, hotel: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    begun, second = time.monotonic(), lock_watch.LEAST_SECONDS
    with held(database, app_database):
        monkeypatch.setattr(lock_watch, "LEAST_SECONDS", 3_600.0)  # however long the looks of this test take
        watch.look()
        assert history.episodes(ADA).items == []
        monkeypatch.setattr(lock_watch, "LEAST_SECONDS", second)
        wait_for(lambda: watch.look() or history.episodes(ADA).items)
    [found] = history.episodes(ADA).items
    assert second == 1.0 <= found.longest_seconds <= time.monotonic() - begun


@pytest.mark.usefixtures("at_once")
def test_who_held_others_up_when_the_watch_went_away_is_not_said_to_have_gone_on(
    watch: LockWatch, history: LockHistory, clock: FixedClock, database: Database, app_database: Database, hotel: int
) -> None:
    with held(database, app_database):
        watch.look()
        seen_at = clock.now()
    clock.advance(timedelta(hours=3))
    watch.look()
    [found] = history.episodes(ADA).items
    assert found.ended_at == seen_at


@pytest.mark.usefixtures("at_once")
def test_of_two_who_look_at_once_one_writes(
    watch: LockWatch, history: LockHistory, database: Database, app_database: Database, hotel: int
) -> None:
    with held(database, app_database):
        with database.transaction() as other:
            locks.wait_for(other, "lock_episodes")
            watch.look()
            assert history.episodes(ADA).items == []
        watch.look()
        assert len(history.episodes(ADA).items) == 1


@pytest.mark.usefixtures("at_once")
def test_episodes_are_bounded_kept_for_a_month_and_only_for_who_may_read(
    watch: LockWatch, history: LockHistory, clock: FixedClock, database: Database, app_database: Database, hotel: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(lock_watch, "MOST_ROWS", 2)
    for _ in range(4):
        with held(database, app_database):
            watch.look()
        watch.look()
    assert len(history.episodes(ADA).items) == 2
    cleanup = CleanupService.of(app_database, Settings())

    def deleted_after(days: int) -> int:
        report = cleanup.delete_of_installation(SYSTEM, clock.now() + timedelta(days=days))
        return int(report.details["deleted"]["lock_episodes"])

    assert (deleted_after(29), deleted_after(31)) == (0, 2)
    for forbidden in (history.episodes, history.course):
        with pytest.raises(AppError, match="forbidden"):
            forbidden(Scope("cem", frozenset(), None))


def test_the_page_knows_whether_anybody_looks(history: LockHistory, clock: FixedClock, database: Database) -> None:
    assert not history.episodes(ADA).is_watched
    with database.transaction() as connection:
        health.beat_service(connection, HeartbeatRow("sidecar", 1, "here", "1", clock.now(), clock.now()))
    assert history.episodes(ADA).is_watched
    clock.advance(timedelta(seconds=31))
    assert not history.episodes(ADA).is_watched
