"""The Redis server up, killed, paused, full and read-only, as its page is told of it (C5)."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer, start_valkey
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries import redis_samples as queries
from db.session import Database
from operations.redis import looking
from operations.redis.looking import Look
from operations.redis.service import RedisService
from tests.ports import free_port
from tests.waiting import wait_for

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server of these tests alone, to be paused and filled."""
    server = start_valkey(tmp_path_factory.mktemp("redis"), free_port())
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def client(valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """Its owner, who finds it as it began; the probe's key outlives the test, which counts it."""
    monkeypatch.setattr(looking, "PROBE_LIVES_SECONDS", 600)
    with Redis.from_url(valkey.url) as connected:
        connected.flushall()
        connected.config_resetstat()
        connected.slowlog_reset()
        yield connected
        connected.replicaof("NO", "ONE")
        for name, value in (("maxmemory", "128mb"), ("maxmemory-policy", "allkeys-lru")):
            connected.config_set(name, value)


@pytest.fixture
def service(app_database: Database, clock: FixedClock, valkey: ValkeyServer) -> RedisService:
    return RedisService(app_database, clock, valkey.url, valkey.reader_url)


def samples(service: RedisService) -> int:
    with service.database.reading() as connection:
        return sum(1 for _ in queries.course(connection, service.clock.now() - timedelta(days=30), 1))


def test_a_server_that_answers_tells_everything(service: RedisService, client: Redis) -> None:
    client.set("ours:1", "x" * 1_000, ex=60)
    client.set("theirs", "y")
    client.get("ours:1")
    client.get("nothing")
    found = service.status(SYSTEM)
    look, figures = found.look, found.look.figures
    assert figures
    assert look.survey
    assert look.clients
    assert (look.state, look.reason, look.reads_only) == ("up", None, True)
    assert (figures.product, figures.version, figures.role) == ("Valkey", client.info()["valkey_version"], "master")
    assert (figures.limit_bytes, figures.used_ratio) == (128 * 1024 * 1024, figures.used_bytes / (128 * 1024 * 1024))
    assert (figures.hits, figures.misses, figures.hit_ratio) == (1, 1, 0.5)
    assert {one.pattern for one in look.survey.patterns} == {"ours:*", "theirs", "barometer:probe"}
    assert service.keys(SYSTEM).looked_at == 4  # what is ours to count with too
    again = service.status(SYSTEM).look.figures
    assert again
    assert (again.hits, again.misses) == (1, 1)  # looking is no use
    assert (figures.keys, figures.keys_without_ttl, look.survey.lasting) == (3, 1, ["theirs"])
    assert "barometer_reader" in {one.user for one in look.clients}
    assert found.since == service.clock.now()
    object.__setattr__(service, "clock", FixedClock(service.clock.now() + timedelta(hours=1)))
    anew = service.status(SYSTEM)  # nobody looked in between, and its uptime says that it was started meanwhile
    assert anew.look.figures
    assert anew.since == service.clock.now() - timedelta(seconds=anew.look.figures.uptime_seconds)
    assert found.forecast
    assert found.forecast.verdict == "too_short"


def test_a_killed_server_is_down_since_then_and_its_last_figures_are_kept(
    app_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    server = start_valkey(tmp_path, free_port())
    service = RedisService(app_database, clock, server.url, server.reader_url)
    service.watch()
    last_at = clock.now()
    killed = psutil.Process(server.process_id)
    killed.kill()
    killed.wait(60)
    clock.advance(timedelta(seconds=10))
    service.watch()
    killed_at = clock.now()
    clock.advance(timedelta(minutes=7))
    found = service.status(SYSTEM)
    assert (found.look.state, found.look.reason, found.look.figures) == ("down", "unreachable", None)
    assert (found.since, found.forecast) == (killed_at, None)
    assert found.last
    assert found.last.sampled_at == last_at
    assert service.newest_state(SYSTEM) == "down"
    course = service.course(SYSTEM, "1h")
    assert course["was_down"].eq(True).sum() == 2
    assert course["used_bytes"].notna().sum() == 1
    for question in (service.keys, service.slow_commands, service.clients):
        with pytest.raises(AppError, match="redis_unavailable"):
            question(SYSTEM)


def test_a_server_that_hangs_or_only_reads_is_not_taken_for_a_healthy_one(
    service: RedisService, valkey: ValkeyServer, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answering() -> Look | None:
        """A machine that is busy lets also a question wait that the server would answer at once."""
        found = service.status(SYSTEM).look
        return None if found.state == "down" else found

    with monkeypatch.context() as patch:
        patch.setattr(looking, "ANSWER_SECONDS", 0.15)
        os.kill(valkey.process_id, signal.SIGSTOP)
        try:
            hanging = service.status(SYSTEM).look
        finally:
            os.kill(valkey.process_id, signal.SIGCONT)
        assert (hanging.state, hanging.reason) == ("down", "timeout")
        client.execute_command("CLIENT", "PAUSE", "600000", "WRITE")
        try:
            reading = wait_for(answering)
        finally:
            client.execute_command("CLIENT", "UNPAUSE")
    assert (reading.state, reading.reason) == ("refusing", "timeout")
    assert service.status(SYSTEM).look.state == "up"


def test_a_full_server_and_a_replica_refuse_to_write(service: RedisService, client: Redis) -> None:
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1")
    look = service.status(SYSTEM).look
    assert (look.state, look.reason) == ("refusing", "full")
    assert look.figures  # it can still be looked at
    client.config_set("maxmemory", "0")
    client.replicaof("127.0.0.1", 1)
    look = service.status(SYSTEM).look
    assert (look.state, look.reason) == ("refusing", "read_only")


def test_an_answer_that_takes_long_is_slow(service: RedisService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "SLOW_SECONDS", 0.0)
    assert service.status(SYSTEM).look.state == "slow"


def test_the_reader_sees_keys_and_can_neither_read_nor_write_them(valkey: ValkeyServer, client: Redis) -> None:
    client.set("secret", "of another tenant")
    with Redis.from_url(valkey.reader_url or "") as reader:
        assert reader.scan()[1] == [b"secret"]
        assert reader.memory_usage("secret")
        for refused in (
            lambda: reader.get("secret"),
            lambda: reader.set("secret", "x"),
            lambda: reader.delete("secret"),
            lambda: reader.flushall(),
            lambda: reader.config_get("requirepass"),
            lambda: reader.execute_command("ACL", "LIST"),
        ):
            with pytest.raises(NoPermissionError):
                refused()


def test_a_reader_that_the_server_does_not_know_is_told_and_does_not_blind_the_page(
    service: RedisService, valkey: ValkeyServer
) -> None:
    wrong = f"redis://barometer_reader:wrong@127.0.0.1:{valkey.port}/0"
    for reader_url in (wrong, None):
        found = RedisService(service.database, service.clock, valkey.url, reader_url).status(SYSTEM)
        assert (found.look.state, found.look.reads_only) == ("up", False)


def test_one_sample_a_minute_and_one_when_the_state_changes(service: RedisService, clock: FixedClock) -> None:
    for _ in range(12):
        service.watch()
        clock.advance(timedelta(seconds=10))
    assert samples(service) == 2
    for _ in range(3):
        replace(service, redis_url=NOBODY).watch()
        clock.advance(timedelta(seconds=10))
    assert samples(service) == 3


def test_now_is_compared_with_a_snapshot_and_a_restart_is_told(
    service: RedisService, client: Redis, clock: FixedClock
) -> None:
    client.set("old:1", "x")
    service.watch()
    first_at = clock.now()
    clock.advance(timedelta(minutes=59))
    assert service.compare(SYSTEM, "1h").before_at is None
    clock.advance(timedelta(minutes=2))
    client.delete("old:1")
    client.set("new:1", "y" * 5_000)
    found = service.compare(SYSTEM, "1h")
    assert (found.before_at, found.restarted) == (first_at, False)
    assert [(one.pattern, one.keys_now - one.keys_before) for one in found.patterns][:1] == [("new:*", 1)]
    assert ("old:*", -1) in [(one.pattern, one.keys_now - one.keys_before) for one in found.patterns]
    look = looking.look(service.redis_url, None)
    assert look.figures
    another = replace(look, figures=replace(look.figures, run_id="of a restarted server"))
    assert service.compare(SYSTEM, "1h", another).restarted


def test_the_look_at_keys_is_bounded(service: RedisService, client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_KEYS", 50)
    pipeline = client.pipeline()
    for number in range(300):
        pipeline.set(f"many:{number}", "x", ex=60)
    pipeline.execute()
    found = service.keys(SYSTEM)
    assert (found.looked_at, found.total, found.is_complete) == (50, 300, False)


def test_slow_commands_are_listed_without_values(service: RedisService, client: Redis) -> None:
    client.config_set("slowlog-log-slower-than", 0)
    client.set("key", "a value that nobody must see")
    client.config_set("slowlog-log-slower-than", -1)
    assert "SET key …" in {one.command for one in service.slow_commands(SYSTEM)}
    assert "nobody" not in repr(service.slow_commands(SYSTEM))


def test_only_who_may_read_redis_sees_it(app_database: Database, clock: FixedClock) -> None:
    service, bora = RedisService(app_database, clock, NOBODY), Scope("bora", frozenset({"requests.read"}), None)
    for call in (
        service.status, service.keys, service.slow_commands, service.clients, service.newest_state,
        lambda scope: service.course(scope, "1h"), lambda scope: service.compare(scope, "1h"),
    ):  # fmt: skip
        with pytest.raises(AppError, match="forbidden"):
            call(bora)
    assert service.address == "127.0.0.1:1"


def test_rights_that_the_reader_lost_are_no_outage(service: RedisService, client: Redis) -> None:
    for right in ("info", "memory|usage"):
        client.execute_command("ACL", "SETUSER", "barometer_reader", f"-{right}")
        found = service.status(SYSTEM).look
        assert (found.state, found.reads_only, found.figures is not None) == ("up", False, True)
        assert service.keys(SYSTEM).total > 0
        client.execute_command("ACL", "SETUSER", "barometer_reader", f"+{right}")
    assert service.status(SYSTEM).look.reads_only


def test_looking_is_no_use_also_when_the_server_forgot_how_often_it_was_looked_at(
    service: RedisService, client: Redis
) -> None:
    client.set("ours", "x")
    client.get("nothing")
    for _ in range(3):
        assert service.status(SYSTEM).look.survey
    client.flushall()
    client.config_set("maxmemory-policy", "noeviction")
    client.set("ours", "x")
    client.config_set("maxmemory", "1")
    assert service.status(SYSTEM).look.state == "refusing"
    figures = service.status(SYSTEM).look.figures
    assert figures
    assert (figures.hits, figures.misses) == (0, 1)
