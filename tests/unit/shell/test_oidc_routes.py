"""The routes to a provider's form and back: what the browser keeps, who may ask, and where refusals are told (A9.1)."""

import asyncio
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from core.errors import AppError
from identity.oidc.service import Begun, Entered
from pages.shell import entrance, oidc_routes

OURS = {"sec-fetch-site": "same-origin"}
AFTER = {"sec-fetch-site": "cross-site", "cookie": "barometer_oidc=sealed", "referer": "https://login.example/"}


@dataclass
class Oidc:
    is_secure: bool = True
    refuses: str | None = None
    asked: list[tuple[str | None, ...]] = field(default_factory=list)

    def begin(self, destination: str) -> Begun:
        if self.refuses:
            raise AppError(self.refuses, 503)
        self.asked.append((destination,))
        return Begun("https://login.example/form?state=x", "sealed")

    def finish(self, kept: str | None, state: str, code: str) -> Entered:
        if self.refuses:
            raise AppError(self.refuses, 401)
        self.asked.append((kept, state, code))
        return Entered("ticket", "/alerts")


class Identity:
    def redeem_ticket(self, ticket: str, **_: str | None) -> str:
        assert ticket == "ticket"
        return "fresh"

    def browser_cards(self, token: str, before: str | None) -> None:
        """Their password is the provider's."""


@pytest.fixture
def oidc(monkeypatch: pytest.MonkeyPatch) -> Oidc:
    found = Oidc()
    both = type("Services", (), {"oidc": found, "identity": Identity()})
    for place in (entrance, oidc_routes):
        monkeypatch.setattr(place, "services", lambda: both)
    return found


def get(path: str, headers: dict[str, str]) -> httpx.Response:
    routes = [Route(oidc_routes.BEGIN, oidc_routes.begin), Route(oidc_routes.ANSWER, oidc_routes.answer)]

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=Starlette(routes=routes), client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://hotel.example") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(call())


def test_the_browser_goes_to_the_provider_and_keeps_what_belongs_to_it(oidc: Oidc) -> None:
    answer = get("/auth/provider?next=/alerts", OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://login.example/form?state=x")
    kept = set(answer.headers["set-cookie"].split("; "))
    assert {"barometer_oidc=sealed", "HttpOnly", "Secure", "SameSite=lax", "Path=/auth/provider"} <= kept
    assert get("/auth/provider?next=//evil.example", OURS).status_code == 303
    assert oidc.asked == [("/alerts",), ("/",)]


def test_another_site_cannot_send_anybody_there(oidc: Oidc) -> None:
    assert get("/auth/provider", {"sec-fetch-site": "cross-site"}).status_code == 403
    assert oidc.asked == []


@pytest.mark.parametrize(("is_secure", "name"), [(True, "__Host-barometer_session"), (False, "barometer_session")])
def test_the_answer_becomes_the_cookie_of_a_session(oidc: Oidc, is_secure: bool, name: str) -> None:
    """The page before is the provider's: its TLS says nothing of ours."""
    oidc.is_secure = is_secure
    answer = get("/auth/provider/answer?state=x&code=c", AFTER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts")
    session, gone = answer.headers.get_list("set-cookie")
    assert session.startswith(f"{name}=fresh;")
    assert ("Secure" in session) == is_secure
    assert gone.startswith('barometer_oidc="";')
    assert oidc.asked == [("sealed", "x", "c")]


@pytest.mark.parametrize("code", oidc_routes.TOLD)
def test_a_refusal_is_told_by_the_form_and_signs_nobody_in(oidc: Oidc, code: str) -> None:
    oidc.refuses = code
    for path, headers in (("/auth/provider", OURS), ("/auth/provider/answer?error=access_denied", AFTER)):
        answer = get(path, headers)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/?refused={code}")
        assert "session" not in str(answer.headers.get_list("set-cookie"))
