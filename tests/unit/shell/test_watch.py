"""The look at the sessions of open pages goes on, whatever one of its rounds meets (A9.1)."""

import asyncio
from contextlib import suppress

import pytest

from core.errors import AppError
from pages.shell import watch


def test_a_round_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [AppError("database_unavailable", 503), RuntimeError("a page was closed meanwhile"), None]
    seen: list[int] = []

    async def look(_: object) -> None:
        seen.append(len(seen))
        error = errors[min(len(seen), len(errors)) - 1]
        if error is not None:
            raise error

    monkeypatch.setattr(watch, "run_ended_anew", look)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(watch.Runtime, "exists", lambda: True)
    monkeypatch.setattr(watch.Runtime, "instance", object)

    async def for_a_while() -> None:
        task = asyncio.create_task(watch.watch_sessions())
        while len(seen) < 4 and not task.done():
            await asyncio.sleep(0.001)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(for_a_while())
    assert len(seen) >= 4
