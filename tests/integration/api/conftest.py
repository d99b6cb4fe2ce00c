"""The API in this process: real services on a database of the test, callers of every role with keys of their own."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from api.app import create_api
from api.routes import log_stream
from core.clock import FixedClock
from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.models.identity import ROLES
from db.session import Database
from operations.cached_reads.keys import CacheService
from operations.redis.service import RedisService
from services import Services, build_services
from tests.pages.hotel import SmallHotel, small_hotel

PASSWORD = "a long enough password"


@pytest.fixture
def services(database: Database, clock: FixedClock, tmp_path: Path, valkey_server: ValkeyServer) -> Services:
    """What needs no Redis has none, so that tests do not count each other's requests; the routes of Redis have one."""
    settings = Settings(home=tmp_path / "home", models_dir=tmp_path / "models")
    servers = Servers("", "redis://127.0.0.1:1", None, None)
    built = build_services(settings, servers, clock=clock, database=database)
    return replace(
        built,
        redis=RedisService(database, clock, valkey_server.url, valkey_server.reader_url),
        cache=CacheService(database, clock, valkey_server.url),
    )


@dataclass
class Api:
    """Calls the application as somebody: one of ``people`` by name, or whoever holds a key or token."""

    services: Services
    people: dict[str, Scope] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app: FastAPI = create_api(lambda: self.services, self.services.requests.recorder)

    def add(self, role: str, hotels: list[int] | None, name: str | None = None) -> str:
        """A user of that role who has signed in; their name."""
        identity, username = self.services.identity, name or role
        identity.add_user(SYSTEM, username, PASSWORD, role, full_name="Ayşe Yılmaz", hotels=hotels)
        self.people[username] = identity.scope_of(identity.check_password(username, PASSWORD))
        answer = self.call("POST", "/auth/token", json={"username": username, "password": PASSWORD})
        self.tokens[username] = answer.json()["access_token"]
        return username

    def call(
        self, method: str, path: str, who: str | None = None, json: Any = None,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        **more: Any,
    ) -> httpx.Response:  # fmt: skip
        given = httpx.Headers(headers).multi_items()
        given += [("Authorization", f"Bearer {self.tokens.get(who, who)}")] if who else []
        if method not in ("GET", "HEAD") and not more and json is None:
            json = {}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, json=json, headers=given, **more)

        return asyncio.run(ask())

    def get(self, path: str, who: str | None = None, **params: Any) -> httpx.Response:
        return self.call("GET", path, who, params=params)


@pytest.fixture
def api(services: Services) -> Api:
    return Api(services)


@pytest.fixture
def hotel(services: Services) -> SmallHotel:
    return small_hotel(services)


@pytest.fixture
def ayse(api: Api, hotel: SmallHotel) -> str:
    """The manager of the hotel."""
    return api.add("admin", [hotel.hotel_id], "ayse")


Everybody = Callable[[int], dict[str, str]]


@pytest.fixture
def everybody(api: Api) -> Everybody:
    """A user of every role in a hotel."""
    return lambda hotel_id: {role: api.add(role, None if role == "superadmin" else [hotel_id]) for role in ROLES}


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on for ten minutes ends at once, so that walks over every route end too."""
    monkeypatch.setattr(log_stream, "RHYTHM", log_stream.Rhythm(longest_seconds=0.0))


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """A real server that has answered nothing yet."""
    app = Starlette(routes=[Mount("/api", create_api(lambda: services, services.requests.recorder))])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
