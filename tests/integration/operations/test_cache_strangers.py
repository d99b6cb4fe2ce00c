"""What others put under names of ours: strangers' is told and stops nothing, another process's is taken (C1)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer
from core.errors import AppError
from core.scope import SYSTEM
from db.session import Database
from operations.cached_reads import service as layer
from operations.cached_reads.entry import PREFIX, Asked, key_of
from operations.cached_reads.keys import CacheService
from operations.cached_reads.service import CachedReads


@pytest.fixture
def client(valkey_server: ValkeyServer) -> Iterator[Redis]:
    with Redis.from_url(valkey_server.url) as connected:
        connected.flushall()
        yield connected
        connected.flushall()


@pytest.fixture
def reads(
    app_database: Database, clock: FixedClock, client: Redis, valkey_server: ValkeyServer
) -> Iterator[CachedReads]:
    service = CachedReads(app_database, clock, valkey_server.url)
    yield service
    service.close()


@pytest.fixture
def asked(clock: FixedClock) -> Asked:
    return Asked("reports", "/api/reports/stock?hotel_id=1 tr", "generation 1", "tag", clock.now() + timedelta(hours=1))


def test_what_somebody_else_put_below_our_names_is_listed_told_and_deleted_and_hides_nothing(
    reads: CachedReads, client: Redis, asked: Asked
) -> None:
    cache = CacheService(reads.database, reads.clock, reads.redis_url)
    reads.read(SYSTEM, asked, lambda: b"{}")
    strange = {"hash": f"{PREFIX}reports:hash".encode(), "binary": PREFIX.encode() + b"reports:\xff\x00\\n\n"}
    client.hset(strange["hash"], "a", "b")
    client.set(strange["binary"], "x")
    found = {one.name: one for one in cache.keys(SYSTEM, "reports").keys}
    told = {f"{PREFIX}reports:hash", PREFIX + r"reports:\xff\x00\\n\x0a"}
    assert set(found) == told | {key_of(SYSTEM, asked)}
    assert {one.what for name, one in found.items() if name in told} == {None}
    for name in told:
        with pytest.raises(AppError, match="cache_entry_unreadable"):
            cache.content(SYSTEM, name)
        cache.delete(SYSTEM, name)
    assert client.exists(*strange.values()) == 0


def test_a_name_of_ours_that_holds_no_string_is_filled_anew_and_is_no_outage(
    reads: CachedReads, client: Redis, asked: Asked
) -> None:
    client.rpush(key_of(SYSTEM, asked), "a")
    assert reads.read(SYSTEM, asked, lambda: b"1").outcome == "miss"
    assert reads.read(SYSTEM, asked, lambda: b"2").outcome == "hit"


def test_what_another_process_fills_between_two_questions_is_taken_and_not_made_again(
    reads: CachedReads, client: Redis, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its answer and gives the lock back in the very moment in which this one finds nothing yet."""
    reads.read(SYSTEM, asked, lambda: b"1")
    key, look = key_of(SYSTEM, asked), layer.value_of
    lock, kept = layer.LOCK.format(key.removeprefix(PREFIX)), client.getdel(key)
    client.set(lock, "of another process")

    def filled_meanwhile(redis: Any, name: str) -> Any:
        found = look(redis, name)
        if looks.pop():
            client.set(key, kept)
            client.delete(lock)
        return found

    looks = [False, True, False]  # in the second of three, of which the first is before the lock is asked for
    monkeypatch.setattr(layer, "value_of", filled_meanwhile)
    found = reads.read(SYSTEM, asked, lambda: b"2")
    assert (found.body, found.outcome) == (b"1", "shared")
