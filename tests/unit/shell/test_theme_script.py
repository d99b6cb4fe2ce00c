"""The script that starts Streamlit with the user's theme, and the tags that load scripts of ours (C11)."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from pages.shell.head import HeadScripts
from pages.shell.theme import theme_script

PAGE = "<!DOCTYPE html><html><head><title>x</title></head><body>" + "ğ" * 2000 + "</body></html>"
TAGS = '<script src="/a.js"></script><script src="/b.js" defer></script>'
FOR_PEOPLE = "text/html,application/xhtml+xml"


def get(path: str, **headers: str) -> httpx.Response:
    routes = [
        Route("/", lambda _: HTMLResponse(PAGE)),
        Route("/api/docs", lambda _: HTMLResponse(PAGE)),
        Route("/data", lambda _: JSONResponse({"head": "<head>"})),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(HeadScripts, first=("/a.js",), later=("/b.js",)), Middleware(GZipMiddleware)],
    )

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(call())


def test_a_page_has_the_tags_before_everything_else_and_its_length_is_right() -> None:
    answer = get("/", accept=FOR_PEOPLE)
    assert answer.text == PAGE.replace("<head>", "<head>" + TAGS)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/api/docs", "/data"])
def test_what_is_no_page_of_the_dashboard_stays_as_it_is(path: str) -> None:
    assert TAGS not in get(path, accept=FOR_PEOPLE).text


def test_parts_of_a_page_are_still_compressed() -> None:
    answer = get("/", accept="*/*")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == PAGE


@pytest.mark.parametrize(("theme", "stored"), [("light", r'"\"Light\""'), ("dark", r'"\"Dark\""')])
def test_a_theme_is_written_where_streamlit_looks_for_it(theme: str, stored: str) -> None:
    assert "setItem(" in theme_script(theme)
    assert stored in theme_script(theme)


@pytest.mark.parametrize("theme", ["device", "</script>", "'); alert(1); ('"])
def test_anything_else_forgets_the_choice_and_is_never_written(theme: str) -> None:
    assert "removeItem(" in theme_script(theme)
    assert theme not in theme_script(theme)
