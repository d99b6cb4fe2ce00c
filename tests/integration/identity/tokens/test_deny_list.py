"""Redis away, emptied, full or wrong, PostgreSQL away, both away: nothing revoked ever works again (R3)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from core.embedded.valkey import ValkeyServer, start_valkey
from core.errors import AppError
from core.optional_redis import OptionalRedis
from db.session import open_database
from identity.tokens.deny_list import NAME, DenyList
from tests.conftest import KEYS
from tests.integration.identity.tokens.scene import HOME, Scene

NOBODY = "redis://127.0.0.1:1/0"
NO_DATABASE = "postgresql://x:x@127.0.0.1:1/x"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A cache of this test alone, to be stopped."""
    server = start_valkey(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def scene(scene: Scene, valkey: ValkeyServer) -> Scene:
    return replace(scene, tokens=replace(scene.tokens, denied=DenyList(valkey.url)))


def end(scene: Scene, access_token: str) -> None:
    scene.tokens.end(scene.asks(access_token).claims.family_id, scene.ayse.id, "signed_out")


def without_database(scene: Scene, denied: DenyList) -> Scene:
    """Another process, whose database is away."""
    return replace(scene, tokens=replace(scene.tokens, database=open_database(NO_DATABASE, keys=KEYS), denied=denied))


@pytest.mark.parametrize("befalls", ["stopped", "emptied", "full", "unknown"])
def test_whatever_befalls_the_cache_brings_no_token_back(scene: Scene, valkey: ValkeyServer, befalls: str) -> None:
    ended, alive, denied = scene.signed_in(), scene.signed_in(), scene.signed_in()
    cache = Redis.from_url(valkey.url)
    if befalls == "full":
        cache.config_set("maxmemory-policy", "noeviction")
        cache.config_set("maxmemory", "1")
    end(scene, ended.access_token)
    scene.tokens.revoke(denied.access_token)
    if befalls == "stopped":
        valkey.stop()
    elif befalls == "emptied":
        cache.flushall()
    elif befalls == "unknown":
        scene = replace(scene, tokens=replace(scene.tokens, denied=DenyList("nonsense")))
    for _ in range(2):
        assert {scene.verdict(one.access_token) for one in (ended, denied)} == {"token_ended"}
        assert scene.verdict(alive.access_token) == "ok"
    assert scene.refused(ended.refresh_token) == "refresh_refused"
    assert scene.tokens.refresh(alive.refresh_token, HOME).access_seconds == 600


def test_a_cache_that_was_emptied_is_told_again_by_the_next_refusal(scene: Scene, valkey: ValkeyServer) -> None:
    issued = scene.signed_in()
    family_id = scene.asks(issued.access_token).claims.family_id
    cache = Redis.from_url(valkey.url, decode_responses=True)
    end(scene, issued.access_token)
    assert 600 < cache.ttl(NAME.format(family_id)) <= 631
    cache.flushall()
    assert scene.verdict(issued.access_token) == "token_ended"
    assert cache.get(NAME.format(family_id)) == "1"


def test_revoked_by_a_process_without_cache_is_revoked_for_all(scene: Scene) -> None:
    issued = scene.signed_in()
    other = replace(scene, tokens=replace(scene.tokens, denied=DenyList(NOBODY)))
    end(other, issued.access_token)
    assert scene.verdict(issued.access_token) == "token_ended"


def test_with_the_database_away_the_cache_refuses_and_never_admits(scene: Scene, valkey: ValkeyServer) -> None:
    ended, alive = scene.signed_in(), scene.signed_in()
    end(scene, ended.access_token)
    away = without_database(scene, DenyList(valkey.url))
    assert away.verdict(ended.access_token) == "token_ended"
    assert away.verdict(alive.access_token) == "database_unavailable"


def test_with_both_away_nobody_is_let_in_and_everybody_told_to_come_back(scene: Scene) -> None:
    ended, alive = scene.signed_in(), scene.signed_in()
    end(scene, ended.access_token)
    away = without_database(scene, DenyList(NOBODY))
    for attempt in (
        lambda: away.asks(ended.access_token), lambda: away.asks(alive.access_token), away.signed_in,
        lambda: away.tokens.refresh(alive.refresh_token, HOME),
    ):  # fmt: skip
        with pytest.raises(AppError) as refused:
            attempt()
        assert (refused.value.code, refused.value.http_status) == ("database_unavailable", 503)


def test_nobody_waits_for_a_cache_that_failed_a_moment_ago(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    denied, asked = DenyList(NOBODY), []
    monkeypatch.setattr(OptionalRedis, "_connected", lambda _: asked.append(1) or Redis.from_url(NOBODY))
    for _ in range(5):
        assert denied.denies("a") is False
        denied.deny("a")
    assert len(asked) == 1
