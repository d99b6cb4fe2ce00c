"""The routes that set and take back the session cookie: only for our own pages, only where TLS allows (A9.1)."""

import asyncio
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from core.errors import AppError
from pages.shell import entrance
from pages.shell.told_errors import ToldErrors

OURS = {"sec-fetch-site": "same-origin"}


@dataclass
class Identity:
    """Remembers what it was asked."""

    redeemed: list[dict[str, str | None]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    remembers: bool = True

    def redeem_ticket(self, ticket: str, **seen: str | None) -> str:
        if ticket != "good":
            raise AppError("ticket_refused", 401)
        self.redeemed.append(seen)
        return "fresh"

    def end_session(self, token: str) -> None:
        self.ended.append(token)

    def browser_cards(self, token: str, before: str | None) -> str | None:
        return f"{token}-card~{before}" if self.remembers else None


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Identity:
    found = Identity()
    monkeypatch.setattr(entrance, "services", lambda: type("Services", (), {"identity": found}))
    return found


def get(path: str, headers: dict[str, str], scheme: str = "http") -> httpx.Response:
    routes = [Route("/auth/enter", entrance.enter), Route("/auth/leave", entrance.leave)]
    app = Starlette(routes=routes, middleware=[Middleware(ToldErrors)])
    transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 1))

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://hotel.example") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(call())


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(identity: Identity) -> None:
    answer = get("/auth/enter?ticket=good&next=/alerts", OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts")
    for cookie, begin, seconds in zip(
        answer.headers.get_list("set-cookie"),
        ("barometer_session=fresh;", "barometer_browser=fresh-card~None;"), (1_209_600, 7_776_000), strict=True,
    ):  # fmt: skip
        assert cookie.startswith(begin)
        assert {"HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={seconds}"} <= set(cookie.split("; "))
        assert "Secure" not in cookie


def test_behind_tls_no_other_host_can_set_it(identity: Identity) -> None:
    for scheme, headers in (
        ("https", OURS),
        ("http", OURS | {"referer": "https://hotel.example/"}),  # a proxy that does not say that it speaks TLS
    ):
        cookies = get("/auth/enter?ticket=good", headers, scheme).headers.get_list("set-cookie")
        assert [cookie.partition("=")[0] for cookie in cookies] == [
            "__Host-barometer_session", "__Host-barometer_browser",
        ]  # fmt: skip
        for cookie in cookies:
            assert {"Secure", "Path=/"} <= set(cookie.split("; "))
            assert "Domain" not in cookie


def test_a_browser_keeps_who_signed_in_there_before_also_when_they_leave(identity: Identity) -> None:
    answer = get("/auth/enter?ticket=good", {**OURS, "cookie": "barometer_browser=earlier"})
    assert "fresh-card~earlier" in answer.headers.get_list("set-cookie")[1]
    left = get("/auth/leave", {**OURS, "cookie": "barometer_browser=earlier; barometer_session=fresh"})
    assert all("barometer_browser" not in cookie for cookie in left.headers.get_list("set-cookie"))
    identity.remembers = False  # somebody without a password
    assert len(get("/auth/enter?ticket=good", OURS).headers.get_list("set-cookie")) == 1


def test_a_session_that_was_in_the_browser_before_is_given_up(identity: Identity) -> None:
    get("/auth/enter?ticket=good", {**OURS, "cookie": "barometer_session=planted", "user-agent": "x"})
    assert identity.redeemed == [{"user_agent": "x", "address": "192.0.2.7", "before": "planted"}]


def test_a_bad_ticket_sets_nothing(identity: Identity) -> None:
    answer = get("/auth/enter?ticket=bad&next=//evil.example", OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_and_takes_the_cookie_back(identity: Identity) -> None:
    answer = get("/auth/leave", {**OURS, "cookie": "barometer_session=mine"})
    assert identity.ended == ["mine"]
    assert 'barometer_session=""' in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/auth/enter?ticket=good", "/auth/leave"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # a sibling's page is not ours
        {"origin": "https://evil.example"},
        {"referer": "https://evil.example/auth"},
        {"origin": "null"},
        {"origin": "http://["},  # no address at all
        {"referer": "https://hotel.example@evil.example/"},
    ],
)
def test_another_site_can_neither_sign_in_nor_out(identity: Identity, path: str, headers: dict[str, str]) -> None:
    answer = get(path, headers | {"cookie": "barometer_session=mine"})
    assert answer.status_code == 403
    assert (identity.redeemed, identity.ended) == ([], [])
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", [OURS, {"referer": "http://hotel.example/x"}, {}])
def test_our_own_pages_can(identity: Identity, headers: dict[str, str]) -> None:
    assert get("/auth/enter?ticket=good", headers).status_code == 303
    assert len(identity.redeemed) == 1


def test_an_address_in_a_mail_signs_nobody_in(identity: Identity) -> None:
    typed = {"sec-fetch-site": "none", "cookie": "barometer_session=old"}
    assert get("/auth/enter?ticket=good", typed).status_code == 403
    assert identity.redeemed == []
    assert get("/auth/leave", typed).status_code == 303
    assert identity.ended == ["old"]


def test_while_the_database_is_away_the_routes_say_so_and_when_to_come_back(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> str:
        raise AppError("database_unavailable", 503)

    monkeypatch.setattr(identity, "redeem_ticket", away)
    monkeypatch.setattr(identity, "end_session", away)
    for path in ("/auth/enter?ticket=good", "/auth/leave"):
        answer = get(path, OURS | {"cookie": "barometer_session=old"})
        assert (answer.status_code, answer.text) == (503, "database_unavailable")
        assert int(answer.headers["retry-after"]) > 0
