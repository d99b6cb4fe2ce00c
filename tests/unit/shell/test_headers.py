"""The security headers of every answer (A9.5)."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from pages.shell.gate import Gate
from pages.shell.headers import EVERYWHERE, SecurityHeaders, inline_hashes, page_policy

EVIL = "<script>steal()</script>"


def get(path: str, base: str = "http://test", *, signed_in: bool = False) -> httpx.Response:
    middleware = [Middleware(SecurityHeaders), Middleware(Gate, is_signed_in=lambda _: signed_in)]

    def answer(_: Request) -> PlainTextResponse:
        return PlainTextResponse("content")

    app = Starlette(routes=[Route("/{path:path}", answer)], middleware=middleware)

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base) as client:
            return await client.get(path)

    return asyncio.run(call())


@pytest.mark.parametrize("path", ["/", "/alerts", "/static/js/x.js", "/api/health", "/auth/leave", "/media/x.png"])
def test_every_answer_has_them_also_a_refusal(path: str) -> None:
    headers = get(path).headers
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


def test_behind_tls_browsers_are_told_to_stay_there() -> None:
    assert get("/", "https://test").headers["strict-transport-security"] == "max-age=31536000"


def test_the_api_may_do_nothing_in_a_browser_and_a_page_only_what_it_needs() -> None:
    assert get("/api/health").headers["content-security-policy"].startswith("default-src 'none'")
    policy = dict(rule.split(" ", 1) for rule in page_policy().split("; "))
    assert "unsafe" not in policy["script-src"]
    assert policy["script-src"].startswith("'self' 'sha256-")
    assert (policy["connect-src"], policy["object-src"], policy["default-src"]) == ("'self'", "'none'", "'self'")
    assert not [rule for rule in policy.values() if "*" in rule or "http" in rule]


def test_the_documentation_of_the_api_runs_its_own_scripts_and_no_others() -> None:
    app = Starlette(
        routes=[Route("/api/docs", lambda _: HTMLResponse("<script>own()</script>"))],
        middleware=[Middleware(SecurityHeaders)],
    )

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.get("/api/docs")

    answer = asyncio.run(call())
    [own] = inline_hashes("<script>own()</script>")
    assert answer.text == "<script>own()</script>"
    assert f"script-src 'self' {own};" in answer.headers["content-security-policy"]
    assert inline_hashes(EVIL)[0] not in answer.headers["content-security-policy"]


def test_a_script_that_somebody_writes_into_the_page_has_another_hash() -> None:
    [known] = [one for one in page_policy().split() if one.startswith("'sha256-")]
    assert known.rstrip(";") not in inline_hashes(EVIL)
    assert inline_hashes("<script>\n      window.prerenderReady = false\n    </script>") == [known.rstrip(";")]


@pytest.mark.parametrize(
    ("path", "stranger", "user"),
    [
        ("/", 200, 200),
        ("/_stcore/stream", 200, 200),
        ("/_stcore/health", 200, 200),
        ("/media/abc.csv", 403, 200),
        ("/_stcore/upload_file/session/file", 403, 200),
        ("/_stcore/agent/interact", 404, 404),
        ("/_stcore/agent/openapi.json", 404, 404),
        ("/alerts/_stcore/agent/mcp", 404, 404),
        ("/_stcore/metrics", 404, 404),
    ],
)
def test_strangers_get_no_files_and_nobody_gets_what_we_do_not_use(path: str, stranger: int, user: int) -> None:
    assert (get(path).status_code, get(path, signed_in=True).status_code) == (stranger, user)
