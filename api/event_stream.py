"""Answers that go on: events as they happen (server-sent events), of which there is a bounded number at a time.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.schemas.base import Answer
from core.errors import AppError

MEDIA_TYPE = "text/event-stream"
RETRY_SECONDS = 3
COME_BACK_SECONDS = 30
HEARTBEAT = ": still here\n\n"
BEGIN = f"retry: {RETRY_SECONDS * 1000}\n\n"
# Not kept anywhere, and no proxy waits until a piece is large enough.
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass
class OpenStreams:
    """How many there are at a time, of everybody and of one caller; each holds a connection and looks again and again.

    It belongs to one event loop, so nothing comes between looking and counting.
    """

    most: int = 8
    most_of_one: int = 3
    open: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def taken(self, who: str) -> Iterator[None]:
        """Raises ``too_many_streams`` (429)."""
        if self.open.total() >= self.most or self.open[who] >= self.most_of_one:
            params = {"most": self.most, "most_of_one": self.most_of_one, "seconds": COME_BACK_SECONDS}
            raise AppError("too_many_streams", 429, params=params)
        self.open[who] += 1
        try:
            yield
        finally:
            self.open[who] -= 1


class EventStream(StreamingResponse):
    """Whoever reads no longer ends it; its place is given back however it ends."""

    media_type = MEDIA_TYPE

    def __init__(self, events: AsyncIterator[str], streams: OpenStreams, who: str) -> None:
        super().__init__(events, headers=HEADERS)
        self.streams = streams
        self.who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.streams.taken(self.who):
            await super().__call__(scope, receive, send)


def event(kind: str, data: Answer, event_id: str | None = None) -> str:
    """One event; ``event_id``: what ``Last-Event-ID`` says to go on behind it."""
    told = f"id: {event_id}\n" if event_id is not None else ""
    return f"{told}event: {kind}\ndata: {data.model_dump_json()}\n\n"
