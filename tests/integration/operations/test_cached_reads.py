"""Reads through Redis: kept, invalidated, filled once, degraded; clearing touches nobody else's keys (C1, C14, R2)."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import text

from core import optional_redis
from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer, start_valkey
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.session import Database
from operations.cached_reads import service as layer
from operations.cached_reads.entry import MOST_BYTES, PREFIX, STALE_SECONDS, Asked, Entry, key_of
from operations.cached_reads.keys import CacheService, ReadSums
from operations.cached_reads.service import CachedReads
from tests.ports import free_port

NOBODY = "redis://127.0.0.1:1/0"
FOREIGN = {"barometer:denied:1": "1", "barometer:cachet:reports:1": "x", "shop:cache:reports:1": "y", "reports": "z"}


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server of these tests alone, to be stopped for a moment."""
    server = start_valkey(tmp_path_factory.mktemp("cache"), free_port())
    yield server
    server.stop()


@pytest.fixture
def client(valkey: ValkeyServer) -> Iterator[Redis]:
    with Redis.from_url(valkey.url) as connected:
        connected.flushall()
        yield connected


@pytest.fixture
def reads(app_database: Database, clock: FixedClock, valkey: ValkeyServer, client: Redis) -> Iterator[CachedReads]:
    service = CachedReads(app_database, clock, valkey.url)
    yield service
    service.close()


@pytest.fixture
def cache(reads: CachedReads) -> CacheService:
    return CacheService(reads.database, reads.clock, reads.redis_url)


@pytest.fixture
def asked(clock: FixedClock) -> Asked:
    return Asked("reports", "/api/reports/stock?hotel_id=1 tr", "generation 1", "tag", clock.now() + timedelta(hours=1))


def outcomes(reads: CachedReads, cache: CacheService) -> dict[str, int]:
    """What was counted so far, of every namespace."""
    reads.flush()
    total = cache.overview(SYSTEM, "1h").total
    return {name: value for name, value in vars(total).items() if value}


def never() -> bytes:
    raise AssertionError("it was to come from Redis")


def test_the_second_read_costs_nothing_until_data_changes(
    reads: CachedReads, cache: CacheService, asked: Asked
) -> None:
    assert reads.read(SYSTEM, asked, lambda: b'{"n":1}').outcome == "miss"
    assert reads.read(SYSTEM, asked, never).body == b'{"n":1}'
    changed = replace(asked, generation="generation 2", tag="tag 2")
    found = reads.read(SYSTEM, changed, lambda: b'{"n":2}')
    assert (found.body, found.outcome) == (b'{"n":2}', "miss")
    assert reads.read(SYSTEM, changed, never).body == b'{"n":2}'
    assert reads.read(Scope("bora", frozenset(), frozenset({1})), changed, lambda: b"{}").outcome == "miss"
    assert outcomes(reads, cache) == {"hits": 2, "misses": 3}
    assert cache.overview(SYSTEM, "1h").total.hit_ratio == 0.4


def test_a_stale_answer_is_given_at_once_and_made_anew_behind_it(
    reads: CachedReads, clock: FixedClock, asked: Asked
) -> None:
    reads.read(SYSTEM, asked, lambda: b'"old"')
    clock.at = asked.fresh_until + timedelta(seconds=1)
    later = replace(asked, tag="tag 2", fresh_until=clock.now() + timedelta(hours=1))
    found = reads.read(SYSTEM, later, lambda: b'"new"')
    assert (found.body, found.tag, found.outcome) == (b'"old"', "tag", "stale")  # under its own tag
    reads._refreshers.submit(lambda: None).result(60)
    reads.close()
    assert reads.read(SYSTEM, later, never).body == b'"new"'
    clock.at = later.fresh_until + timedelta(seconds=STALE_SECONDS)
    assert reads.read(SYSTEM, replace(later, tag="t"), lambda: b"1").outcome == "miss"


def test_what_is_asked_for_again_and_again_is_ready_before_the_next_asks(
    reads: CachedReads, cache: CacheService, clock: FixedClock, asked: Asked
) -> None:
    now, said, once = [asked], [b"1"], replace(asked, what="asked once")

    def ask(what: Asked = asked) -> None:
        reads.note(SYSTEM, what, lambda: said[0], lambda: replace(now[0], what=what.what))
        reads.read(SYSTEM, replace(now[0], what=what.what), lambda: said[0])

    ask(once)
    ask()
    assert reads.warm() == 0  # nothing was asked for twice
    ask()
    assert reads.warm() == 0  # nothing changed
    now[0], said[0] = replace(asked, generation="generation 2", tag="tag 2"), b"2"
    assert reads.warm() == 1
    assert reads.read(SYSTEM, now[0], never).body == b"2"
    assert reads.read(SYSTEM, replace(now[0], what=once.what), lambda: b"0").outcome == "miss"
    clock.at = asked.fresh_until
    assert reads.warm() == 0  # nobody has asked for it for an hour
    ask()
    now[0] = replace(now[0], generation="generation 3")
    assert reads.warm() == 0  # and the one who comes then begins anew
    assert outcomes(reads, cache)["hits"] == 2


def test_what_cannot_be_made_anew_is_left_to_the_next_reader(reads: CachedReads, asked: Asked) -> None:
    def gone() -> bytes:
        raise AppError("not_found", 404, params={"what": "hotel 1"})

    later = replace(asked, generation="generation 2")

    def surprised() -> bytes:
        raise ZeroDivisionError

    for what, last in (("gone", gone), ("surprised", surprised), ("fine", lambda: b"2")):
        for make in (lambda: b"1", last):
            reads.note(SYSTEM, replace(asked, what=what), make, lambda what=what: replace(later, what=what))
    assert (reads.warm(), reads.warm()) == (1, 0)
    away = CachedReads(reads.database, reads.clock, NOBODY)
    for _ in range(2):
        away.note(SYSTEM, asked, never, lambda: later)
    assert away.warm() == 0  # without Redis there is nothing to keep
    away.close()


def test_two_processes_fill_once(
    reads: CachedReads, cache: CacheService, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(layer, "LOOKS", 6_000)
    other, together, made = CachedReads(reads.database, reads.clock, reads.redis_url), Barrier(8), []
    someone_waits, wait_for_another = Event(), CachedReads._of_another

    def told(*arguments: Any) -> Entry | None:
        someone_waits.set()
        return wait_for_another(*arguments)

    monkeypatch.setattr(CachedReads, "_of_another", told)

    def make() -> bytes:
        made.append(1)
        someone_waits.wait(60)  # the other process comes while this one is at it
        return b"1"

    def ask(process: CachedReads) -> bytes:
        together.wait(60)
        return process.read(SYSTEM, asked, make).body

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, [reads, other] * 4))
    other.flush()
    other.close()
    assert answers == [b"1"] * 8
    assert len(made) == 1
    assert outcomes(reads, cache).get("misses") == 1


def test_a_process_that_died_while_it_filled_holds_nobody_up_for_long(
    reads: CachedReads, client: Redis, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "LOOK_EVERY_SECONDS", 0.001)
    lock = layer.LOCK.format(key_of(SYSTEM, asked).removeprefix(PREFIX))
    client.set(lock, "of a dead process", px=60_000)
    assert reads.read(SYSTEM, asked, lambda: b"1").outcome == "miss"
    assert client.get(lock) == b"of a dead process"  # nobody takes away another's lock


@pytest.mark.parametrize("befalls", ["hangs", "away"])
def test_without_redis_reads_come_from_the_database_and_nobody_waits_twice(
    reads: CachedReads, cache: CacheService, valkey: ValkeyServer, asked: Asked, befalls: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(optional_redis, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(optional_redis, "PAUSE_SECONDS", 600.0)
    service = reads if befalls == "hangs" else CachedReads(reads.database, reads.clock, NOBODY)
    if befalls == "hangs":
        os.kill(valkey.process_id, signal.SIGSTOP)
    try:
        found = [service.read(SYSTEM, asked, lambda: b"1") for _ in range(3)]
    finally:
        os.kill(valkey.process_id, signal.SIGCONT)
    assert {(one.body, one.outcome) for one in found} == {(b"1", "degraded")}
    assert outcomes(service, cache) == {"degraded": 3}
    assert service.redis.ask(lambda redis: redis.ping()) is None  # the breaker is open: nobody asks it now
    service.redis._paused_until, service.redis._client = 0.0, None
    monkeypatch.setattr(optional_redis, "TIMEOUT_SECONDS", 60.0)
    if befalls == "hangs":
        assert service.read(SYSTEM, asked, lambda: b"1").outcome == "miss"
        assert service.read(SYSTEM, asked, never).outcome == "hit"


def test_a_failure_and_what_is_too_large_are_not_kept(reads: CachedReads, client: Redis, asked: Asked) -> None:
    def fail() -> bytes:
        raise AppError("database_busy", 503)

    with pytest.raises(AppError, match="database_busy"):
        reads.read(SYSTEM, asked, fail)
    assert reads.read(SYSTEM, asked, lambda: b"1" * (MOST_BYTES + 1)).outcome == "miss"
    assert client.keys("barometer:*") == []


def test_clearing_a_namespace_and_deleting_a_key_leave_every_other_key_alone(
    reads: CachedReads, cache: CacheService, client: Redis, asked: Asked
) -> None:
    client.mset(FOREIGN)
    for number in range(3):
        reads.read(SYSTEM, replace(asked, what=f"/{number}"), lambda: b'{"n":1}')
    reads.read(SYSTEM, replace(asked, namespace="quality"), lambda: b"{}")
    keys = cache.keys(SYSTEM, "reports").keys
    assert [(one.namespace, one.what) for one in sorted(keys, key=lambda one: one.what or "")] == [
        ("reports", f"/{number}") for number in range(3)
    ]
    assert all(one.bytes > 0 and one.ttl_seconds and 3_600 <= one.ttl_seconds <= 4_100 for one in keys)
    cache.delete(SYSTEM, keys[0].name)
    assert (cache.count(SYSTEM, "reports"), cache.clear(SYSTEM, "reports"), cache.count(SYSTEM, "reports")) == (2, 2, 0)
    assert [one.namespace for one in cache.keys(SYSTEM).keys] == ["quality"]
    assert {name: client.get(name) for name in FOREIGN} == {name: value.encode() for name, value in FOREIGN.items()}
    for name in (*FOREIGN, keys[0].name, "barometer:*", f"{PREFIX}*"):
        with pytest.raises(AppError, match="not_found"):
            cache.delete(SYSTEM, name)
    for namespace in ("*", "reports*", "denied", ""):
        with pytest.raises(AppError, match="cache_namespace_unknown"):
            cache.clear(SYSTEM, namespace)
    with reads.database.reading() as connection:
        rows = connection.execute(text("SELECT action, entity, details FROM audit_log ORDER BY id")).all()
    assert [(row.action, row.entity) for row in rows] == [
        ("cache_key_deleted", keys[0].name), ("cache_cleared", "reports"),
    ]  # fmt: skip
    assert rows[1].details["keys"] == 2


def test_content_is_for_those_who_see_its_hotels(reads: CachedReads, cache: CacheService, asked: Asked) -> None:
    of_one = Scope("mert", frozenset({"cache.read"}), frozenset({1}))
    of_two = Scope("cem", frozenset({"cache.read"}), frozenset({2}))
    reads.read(of_one, asked, lambda: '{"otel":"Çınar"}'.encode())
    reads.read(SYSTEM, asked, lambda: b"{}")
    [mine] = [one.name for one in cache.keys(SYSTEM).keys if one.name == key_of(of_one, asked)]
    [of_all] = [one.name for one in cache.keys(SYSTEM).keys if one.name == key_of(SYSTEM, asked)]
    assert cache.content(of_one, mine).body == '{"otel":"Çınar"}'
    assert cache.content(SYSTEM, mine).meta.what == asked.what
    for scope, name in (
        (of_two, mine), (of_one, of_all), (SYSTEM, "barometer:denied:1"), (SYSTEM, PREFIX + "reports:x"),
    ):  # fmt: skip
        with pytest.raises(AppError, match="not_found"):
            cache.content(scope, name)


def test_counts_of_processes_and_minutes_add_up_and_outlive_a_restart(
    reads: CachedReads, cache: CacheService, clock: FixedClock, asked: Asked
) -> None:
    other = CachedReads(reads.database, clock, reads.redis_url)
    reads.read(SYSTEM, asked, lambda: b"1")
    clock.advance(timedelta(minutes=1))
    other.read(SYSTEM, asked, never)
    for process in (reads, other, reads):
        process.flush()
    other.close()
    assert cache.overview(SYSTEM, "1h").namespaces["reports"] == ReadSums(hits=1, misses=1)
    course = cache.course(SYSTEM, "1h")
    assert course[["namespace", "reads", "hit_ratio"]].values.tolist() == [["reports", 1, 0.0], ["reports", 1, 1.0]]
    clock.advance(timedelta(hours=2))
    assert cache.overview(SYSTEM, "1h").total.hit_ratio is None
    assert cache.overview(SYSTEM, "24h").total.hit_ratio == 0.5


def test_permissions_are_asked_for(cache: CacheService) -> None:
    reader, nobody = Scope("r", frozenset({"cache.read"}), None), Scope("n", frozenset({"redis.read"}), None)
    for call in (
        lambda: cache.overview(nobody, "1h"), lambda: cache.course(nobody, "1h"), lambda: cache.keys(nobody),
        lambda: cache.content(nobody, PREFIX), lambda: cache.count(nobody, "reports"),
        lambda: cache.delete(reader, PREFIX + "x"), lambda: cache.clear(reader, "reports"),
    ):  # fmt: skip
        with pytest.raises(AppError, match="forbidden"):
            call()
    with pytest.raises(AppError, match="redis_unavailable"):
        replace(cache, redis_url=NOBODY).keys(reader)
