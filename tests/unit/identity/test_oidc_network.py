"""What is asked of a provider over the network, and what counts as no answer (A9.1)."""

from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from core.errors import AppError
from identity.oidc.network import ask


class Answers(BaseHTTPRequestHandler):
    """Tells what it was asked; ``/text`` answers no JSON, ``/list`` no object, ``/busy`` 503."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/busy" else 200)
        self.end_headers()
        bodies = {"/text": b"hello", "/list": b"[]"}
        self.wfile.write(bodies.get(self.path, b'{"said": "hello"}'))

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f'{{"form": "{form}", "client": "{given}"}}'.encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_form_goes_with_the_clients_credentials_in_the_header(address: str) -> None:
    assert ask(address) == {"said": "hello"}
    answered = ask(f"{address}/token", {"code": "a b"}, ("barometer", "s:ğ"))
    assert answered == {"form": "code=a+b", "client": "barometer:s%3A%C4%9F"}


@pytest.mark.parametrize("path", ["/text", "/list", "/busy"])
def test_whatever_is_no_object_is_no_answer(address: str, path: str) -> None:
    with pytest.raises(AppError, match="oidc_unavailable"):
        ask(address + path)


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:1/", "file:///etc/passwd", "nonsense"])
def test_nobody_there_and_no_web_address_are_no_answer(elsewhere: str) -> None:
    with pytest.raises(AppError, match="oidc_unavailable"):
        ask(elsewhere)
