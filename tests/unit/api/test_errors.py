"""Every failure of the API has one shape, in the caller's language, and never leaks a traceback (C12)."""

import asyncio
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from api.errors import install_error_handlers, preferred_language
from core.errors import AppError


@dataclass(frozen=True)
class Client:
    """Calls an ASGI application in this process."""

    app: FastAPI

    def request(self, method: str, path: str, **headers: str) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(call())


@pytest.fixture
def client() -> Client:
    app = FastAPI()
    install_error_handlers(app, lambda _: None)

    @app.get("/busy")
    def busy() -> None:
        raise AppError("redis_unavailable", 503, params={"reason": "refused"})

    @app.get("/bug")
    def bug() -> None:
        raise ZeroDivisionError("secret detail")

    @app.get("/number/{value}")
    def number(value: int) -> int:
        return value

    return Client(app)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("tr", "tr"), ("tr-TR,tr;q=0.9,en;q=0.8", "tr"), ("de,en;q=0.5,tr;q=0.7", "tr"), ("de", "en"),
        ("en;q=0.1,tr;q=0", "en"), ("tr;q=x,en", "en"), ("*", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_best_that_the_caller_accepts(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_an_expected_failure_answers_with_its_code_and_sentence(client: Client) -> None:
    answer = client.request("GET", "/busy", **{"Accept-Language": "tr"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    body = answer.json()
    assert body["success"] is False
    assert body["error"]["code"] == "redis_unavailable"
    assert body["error"]["details"] == {"reason": "refused"}
    assert body["error"]["message"].startswith("Önbellek sunucusu yanıt vermiyor: refused")


def test_a_bug_answers_500_in_the_common_shape_without_its_details(client: Client) -> None:
    answer = client.request("GET", "/bug")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "secret detail" not in answer.text


def test_wrong_input_names_the_field(client: Client) -> None:
    answer = client.request("GET", "/number/seven")
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["fields"][0]["field"] == "path.value"


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/no", "not_found"), ("POST", "/busy", "method_not_allowed")]
)
def test_unknown_paths_and_methods_have_the_common_shape(client: Client, method: str, path: str, code: str) -> None:
    assert client.request(method, path).json()["error"]["code"] == code
