"""``/auth`` as clients meet it: JSON bodies only, nothing cached, nothing told (R3, C12)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest

from api.app import create_api
from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer
from db.session import Database
from tests.integration.identity.tokens.scene import FIREFOX, PASSWORD, Scene, add_ayse

SIGN_IN = {"username": "ayse", "password": PASSWORD}
Call = Callable[..., httpx.Response]


@pytest.fixture
def scene(database: Database, clock: FixedClock, tmp_path: Path, valkey_server: ValkeyServer) -> Scene:
    return add_ayse(database, clock, tmp_path / "token_keys", valkey_server.url)


@pytest.fixture
def call(scene: Scene) -> Call:
    app = create_api(lambda: SimpleNamespace(tokens=scene.tokens))  # type: ignore[arg-type, return-value]

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        if method == "POST" and not options.keys() & {"json", "data", "content"}:
            options["json"] = {}

        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, client=("192.0.2.10", 4711))
            headers = {"User-Agent": FIREFOX} | options.pop("headers", {})
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(request())

    return send


def test_a_client_signs_in_refreshes_and_signs_out(scene: Scene, call: Call) -> None:
    first = call("POST", "/auth/token", json=SIGN_IN)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert first.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"}
    second = call("POST", "/auth/refresh", json={"refresh_token": first.json()["refresh_token"]})
    assert second.json()["refresh_token"] != first.json()["refresh_token"]
    bearer = {"Authorization": f"Bearer {second.json()['access_token']}"}
    assert scene.verdict(second.json()["access_token"]) == "ok"
    assert call("POST", "/auth/logout", headers=bearer).status_code == 204
    again = call("POST", "/auth/logout", headers=bearer)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "token_ended")
    assert again.headers["www-authenticate"].startswith("Bearer")
    assert call("POST", "/auth/revoke", json={"token": "whatever"}).status_code == 204


def test_anybody_can_check_an_access_token_with_the_published_keys(call: Call) -> None:
    token = call("POST", "/auth/token", json=SIGN_IN).json()["access_token"]
    published = call("GET", "/.well-known/jwks.json").json()
    assert {name for key in published["keys"] for name in key} == {"use", "alg", "kid", "e", "kty", "n"}
    keys = jwt.PyJWKSet.from_dict(published)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, key, ["RS256"], audience="barometer-api", issuer="barometer", options=options)
    assert claims["client_id"] == "api"


def test_secrets_come_as_json_bodies_and_in_no_other_way(call: Call) -> None:
    form = call("POST", "/auth/token", data=SIGN_IN)
    plain = call(
        "POST", "/auth/token", content='{"username":"ayse","password":"x"}', headers={"Content-Type": "text/plain"}
    )
    address = call("POST", "/auth/token", params=SIGN_IN)
    assert {one.status_code for one in (form, plain, address)} <= {415, 422}
    more = call("POST", "/auth/token", json=SIGN_IN | {"grant_type": "password"})
    assert more.status_code == 422
    assert call("GET", "/auth/token", params=SIGN_IN).status_code == 405


def test_what_is_refused_repeats_no_secret_and_says_when_to_come_back(call: Call) -> None:
    wrong = call(
        "POST", "/auth/token", json=SIGN_IN | {"password": "hunter2 hunter2"}, headers={"Accept-Language": "tr"}
    )
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "sign_in_refused")
    long = call("POST", "/auth/refresh", json={"refresh_token": "hunter2" * 1000})
    assert long.status_code == 422
    assert "hunter2" not in wrong.text + long.text
    for _ in range(20):
        last = call("POST", "/auth/token", json={"username": "nobody", "password": "x"})
    assert last.status_code == 429
    assert 0 < int(last.headers["retry-after"]) <= 900


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Bearer", "Bearer ", "bmr_x", "Token x"])
def test_without_a_bearer_token_nobody_is_known(call: Call, header: str | None) -> None:
    answer = call("POST", "/auth/logout", headers={"Authorization": header} if header is not None else {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")
