"""The routes of Redis: the same numbers as on the page, and an answer while the server is away (C5, C12)."""

from dataclasses import replace

import pytest
from redis import Redis

from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer
from operations.redis.service import RedisService
from services import Services
from tests.integration.api.conftest import Api


@pytest.fixture
def root(api: Api) -> str:
    return api.add("superadmin", None, "root")


def test_a_server_that_answers_is_described(api: Api, root: str, valkey_server: ValkeyServer) -> None:
    with Redis.from_url(valkey_server.url) as client:
        client.set("tenant:settings", "secret value")
        status = api.get("/redis/status", root).json()
        assert (status["state"], status["looked_with_reader"]) == ("up", True)
        assert status["figures"]["version"] == client.info()["valkey_version"]
        assert status["figures"]["keys_without_ttl"] >= 1
        keys = api.get("/redis/keys", root).json()
        assert "tenant:settings" in {one["pattern"] for one in keys["patterns"]}
        assert (keys["looked_at"], keys["is_complete"]) == (keys["total"], True)
        assert {one["last_command"] for one in api.get("/redis/clients", root).json()["items"]}
        assert api.get("/redis/slow-log", root).status_code == 200
        course = api.get("/redis/history", root, period="1h").json()["items"]
        assert [one["used_bytes"] for one in course if one["was_down"] is False] == [status["figures"]["used_bytes"]]
        assert api.get("/redis/comparison", root).json()["before_at"] is None
        client.delete("tenant:settings")
    assert "secret value" not in str((status, keys))


def test_a_server_that_is_away_is_an_answer_and_its_details_are_503(
    api: Api, root: str, services: Services, clock: FixedClock
) -> None:
    gone = RedisService(services.database, clock, "redis://:password@127.0.0.1:1/0")
    api.services = replace(services, redis=gone)
    status = api.get("/redis/status", root).json()
    assert (status["state"], status["reason"], status["figures"]) == ("down", "unreachable", None)
    assert status["since"] is not None
    for path in ("keys", "slow-log", "clients"):
        answer = api.get(f"/redis/{path}", root)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "redis_unavailable")
        assert "Retry-After" in answer.headers
        assert "password" not in answer.text
    assert api.get("/redis/history", root).json()["items"][-1]["was_down"] is True
    assert api.get("/redis/comparison", root).json()["now"] is None
