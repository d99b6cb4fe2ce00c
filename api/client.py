"""A Python client made from the OpenAPI document: one method an operation, nothing but the standard library."""

import keyword
import re
from typing import Any

HEAD = '''"""A client of Barometer's API, made of its document by ``manage.py api-client``. Needs Python alone."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen


class BarometerError(Exception):
    """What the API refused: ``status``, ``code``, ``details``, and when to come back (``retry_after`` seconds)."""

    def __init__(self, status: int, error: dict[str, Any], retry_after: str | None) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.status = status
        self.code = error.get("code")
        self.details = error.get("details")
        self.retry_after = retry_after


class Barometer:
    """One installation, called with the key of a machine or an access token."""

    def __init__(self, address: str, key: str, language: str = "en", timeout_seconds: float = 60) -> None:
        self.address = address.rstrip("/") + "/api"
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self.timeout_seconds = timeout_seconds

    def pages(self, method: Callable[..., Any], **asked: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor = None
        while True:
            page = method(**asked, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def call(self, method: str, path: str, asked: dict[str, Any]) -> Any:
        """One request; raises BarometerError."""
        with self._opened(method, path, asked, {}) as answer:
            text, is_file = answer.read(), answer.headers.get_content_type() == "application/octet-stream"
        return text if is_file else json.loads(text) if text else None

    def events(self, path: str, asked: dict[str, Any], last_event_id: str | None) -> Iterator[dict[str, Any]]:
        """What a stream sends until it ends: ``event``, ``data``, ``id`` to go on behind it; raises BarometerError."""
        found: dict[str, Any] = {}
        with self._opened("GET", path, asked, {"Last-Event-ID": last_event_id} if last_event_id else {}) as answer:
            for line in answer:
                name, _, value = line.decode().strip().partition(": ")
                if name in ("id", "event"):
                    found[name] = value
                elif name == "data":
                    found["data"] = json.loads(value)
                elif not name and "data" in found:
                    yield found
                    found = {}

    def _opened(self, method: str, path: str, asked: dict[str, Any], more: dict[str, str]) -> Any:
        url, headers, body = self.address + path, self.headers | more, None
        if method == "GET":
            url += "?" + urlencode(asked, doseq=True) if asked else ""
        else:
            headers["Content-Type"], body = "application/json", json.dumps(asked).encode()
        request = Request(url, body, headers, method=method)  # noqa: S310 - the address is the caller's own
        try:
            return urlopen(request, timeout=self.timeout_seconds)  # noqa: S310
        except HTTPError as error:
            try:
                told = json.loads(error.read()).get("error", {})
            except ValueError:
                told = {}
            raise BarometerError(error.code, told, error.headers.get("Retry-After")) from error
'''
METHOD = '''
    def {name}(self{arguments}, **asked: Any) -> Any:
        """{summary}"""
        return self.call("{method}", {path}, asked)
'''
STREAM = '''
    def {name}(self{arguments}, last_event_id: str | None = None, **asked: Any) -> Iterator[dict[str, Any]]:
        """{summary}"""
        return self.events({path}, asked, last_event_id)
'''


def client_source(document: dict[str, Any]) -> str:
    """The text of the client."""
    methods = [
        _method(path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return HEAD + "".join(methods)


def _method(path: str, method: str, operation: dict[str, Any]) -> str:
    name = operation["operationId"]
    if keyword.iskeyword(name) or not name.isidentifier():
        raise ValueError(name)
    given = re.findall(r"\{(\w+)\}", path)
    filled = re.sub(r"\{(\w+)\}", r"{quote(str(\1), safe='')}", path)
    is_stream = "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    return (STREAM if is_stream else METHOD).format(
        name=name, arguments="".join(f", {one}: {_kind(operation, one)}" for one in given),
        summary=operation["description"].split("\n")[0].replace('"', "'"), method=VERBS[method],
        path=f'f"{filled}"' if given else f'"{path}"',
    )  # fmt: skip


def _kind(operation: dict[str, Any], name: str) -> str:
    [schema] = [one["schema"] for one in operation["parameters"] if one["name"] == name]
    return "int" if schema.get("type") == "integer" else "str"


VERBS = {"get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}
