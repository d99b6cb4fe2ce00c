"""The live stream of the logs: new lines as they are written, for callers who still may (C7, C12)."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool

from api.access import REPORTS, Caller, authenticated, needs
from api.event_stream import BEGIN, HEARTBEAT, MEDIA_TYPE, EventStream, event
from api.routes.logs import Filters, position_of
from api.schemas import logs as shapes
from core.errors import AppError
from operations.logs import positions
from operations.logs.following import Following
from operations.logs.matching import LogFilters
from operations.logs.service import PERMISSION, LogPage, told

router = APIRouter(prefix="/logs", tags=["logs"])
Follower = Annotated[Caller, needs(PERMISSION, REPORTS)]
Place = Annotated[str | None, Query(max_length=positions.MOST_CHARACTERS, examples=["jobs.0f3e9a7bc2d1.2048"])]
LastEventId = Annotated[str | None, Header(max_length=positions.MOST_CHARACTERS)]
MOST_LINES = 500  # of one look; beyond it the lines in between are left out, and told
# Each event, as the document's readers know server-sent events.
SCHEMA = {
    "type": "object", "required": ["event", "data"],
    "properties": {
        "id": {"type": "string"}, "event": {"enum": ["line", "gap", "end"], "type": "string"},
        "data": {"type": "string", "description": "JSON"},
    },
}  # fmt: skip
EXAMPLE = {
    "id": "jobs.0f3e9a7bc2d1.2048", "event": "line",
    "data": '{"stream": "jobs", "at": "2026-03-02T05:00:00Z", "level": "info", "event": "run_ended"}',
}  # fmt: skip
CONTENT = {MEDIA_TYPE: {"schema": SCHEMA, "example": EXAMPLE}}


@dataclass(frozen=True)
class Rhythm:
    """How often new lines and the caller's permission are looked at, when silence is broken, when it ends."""

    look_seconds: float = 1.0
    check_seconds: float = 2.0
    heartbeat_seconds: float = 15.0
    longest_seconds: float = 600.0


RHYTHM = Rhythm()


@router.get("/stream", status_code=200, response_class=EventStream, responses={200: {"content": CONTENT}})
async def stream(
    caller: Follower, filters: Filters, after: Place = None, last_event_id: LastEventId = None
) -> EventStream:  # fmt: skip
    """New lines as server-sent events, from now or from a place on.

    The place is `Last-Event-ID`, or `after`: `newest` of `GET /logs`.
    `line`: its `data` is a line as of `GET /logs`, its `id` the place behind it. `gap`: more was written than is sent;
    `data.cursor` is one of `GET /logs` for what was left out. `end`: `data.reason` is `time_is_up` after ten minutes,
    or why the caller may not read any more; go on with the last `id`. A comment every 15 s says that it lives.
    """
    following = await run_in_threadpool(_following, caller, filters, last_event_id or after)
    return EventStream(Tail(caller, filters, following).events(), caller.request.app.state.streams, caller.scope.actor)


@dataclass
class Tail:
    """One caller's stream. Between its looks it holds nothing: no thread, no connection, no turn."""

    caller: Caller
    filters: LogFilters
    following: Following
    rhythm: Rhythm = field(default_factory=lambda: RHYTHM)

    async def events(self) -> AsyncIterator[str]:
        yield BEGIN
        began = checked = sent = time.monotonic()
        while (now := time.monotonic()) - began < self.rhythm.longest_seconds:
            try:
                if now - checked >= self.rhythm.check_seconds:
                    await run_in_threadpool(self._check)
                    checked = now
                page = await run_in_threadpool(self._look)
            except AppError as error:
                yield event("end", shapes.StreamEnd(reason=error.code))
                return
            for piece in self._told(page):
                yield piece
                sent = time.monotonic()
            if time.monotonic() - sent >= self.rhythm.heartbeat_seconds:
                yield HEARTBEAT
                sent = time.monotonic()
            await anyio.sleep(self.rhythm.look_seconds)
        yield event("end", shapes.StreamEnd(reason="time_is_up"))

    def _check(self) -> None:
        """Whether the credential still opens, as whoever it is of may read now; raises what a route would answer."""
        authenticated(self.caller.request, self.caller.services).require(PERMISSION)

    def _look(self) -> LogPage:
        logs = self.caller.services.logs
        return logs.newer(self.caller.scope, self.filters, self.following.position, MOST_LINES)

    def _told(self, page: LogPage) -> Iterator[str]:
        if page.older is not None:
            yield event("gap", shapes.StreamGap(cursor=positions.written(page.older), stopped_at=page.stopped_at))
        for line in self.following.told(page):
            yield event("line", shapes.Line(**told(line)), positions.written(self.following.position))


def _following(caller: Caller, filters: LogFilters, after: str | None) -> Following:
    """Where to begin; raises what wrong filters and a wrong place raise, before anything is sent."""
    now = caller.services.logs.page(caller.scope, filters, limit=0)
    return Following(now.newest if after is None else position_of(after))
