"""A file is sent for as long as its reader may have it, and what is cut off looks cut off (A9.1, C8)."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from starlette.types import Message

from core import sent_file
from core.errors import AppError
from core.sent_file import SentFile

PIECES = 5


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Each look at it is half a second later than the one before."""
    looks = [0.0]

    def monotonic() -> float:
        looks.append(looks[-1] + 0.5)
        return looks[-1]

    monkeypatch.setattr(sent_file, "time", SimpleNamespace(monotonic=monotonic))
    return looks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "a.backup"
    found.write_bytes(b"x" * SentFile.chunk_size * PIECES)
    return found


def sent(path: Path, still: Callable[[], Any], **headers: str) -> list[Message]:
    """What the server is given to send."""
    messages: list[Message] = []
    asked = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "headers": asked}

    async def receive() -> Message:
        await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        messages.append(message)

    anyio.run(SentFile(path, {"Cache-Control": "no-store"}, still), scope, receive, send)
    return messages


def is_whole(messages: list[Message]) -> bool:
    return not messages[-1].get("more_body", False)


@pytest.mark.usefixtures("clock")
def test_who_reads_what_somebody_deletes_meanwhile_gets_all_of_it(path: Path) -> None:
    """By hand or by the retention; whoever comes afterwards is told that it is gone."""
    size = path.stat().st_size
    messages = sent(path, lambda: path.unlink(missing_ok=True))
    assert not path.exists()
    assert sum(len(one.get("body", b"")) for one in messages) == size
    assert is_whole(messages)


@pytest.mark.usefixtures("clock")
def test_it_asks_once_a_second_and_sends_all_to_who_may_have_it(path: Path) -> None:
    asked: list[bool] = []
    messages = sent(path, lambda: asked.append(True))
    assert sum(len(one.get("body", b"")) for one in messages) == path.stat().st_size
    assert is_whole(messages)
    assert 1 <= len(asked) < PIECES
    assert messages[0]["status"] == 200


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("headers", [{}, {"range": "bytes=0-"}])
def test_it_ends_unfinished_when_its_reader_may_no_more(path: Path, headers: dict[str, str]) -> None:
    def still() -> None:
        raise AppError("unauthenticated", 401)

    messages = sent(path, still, **headers)
    assert 0 < sum(len(one.get("body", b"")) for one in messages) < path.stat().st_size
    assert not is_whole(messages)


def test_a_file_that_was_deleted_a_moment_before_is_not_there(path: Path) -> None:
    path.unlink()
    with pytest.raises(AppError, match="not_found"):
        sent(path, lambda: None)
