"""Logs: lines, new ones, one in its context, numbers, exports (SPEC C7)."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.access import COSTLY, REPORTS, Caller, needs
from api.schemas import logs as shapes
from api.schemas.base import Instant, Words
from core.errors import AppError
from operations.logs import positions
from operations.logs.files import Position
from operations.logs.matching import LogFilters
from operations.logs.service import LogPage, told

router = APIRouter(prefix="/logs", tags=["logs"])
Reader = Annotated[Caller, needs("logs.read")]
Searcher = Annotated[Caller, needs("logs.read", REPORTS)]
Exporter = Annotated[Caller, needs("logs.read", COSTLY)]
LogCursor = Annotated[str | None, Query(max_length=positions.MOST_CHARACTERS)]
MOST_LINES = 500


def asked(
    *,
    level: Annotated[list[shapes.Level] | None, Query(description="May be repeated; all when left out.")] = None,
    process: Annotated[shapes.Stream | None, Query(description="dashboard, jobs, sidecar …")] = None,
    q: Annotated[Words, Query(description="Stands anywhere in a line, in any case.")] = "",
    is_regex: Annotated[bool, Query(description="`q` is a Python regular expression, killed after 3 s.")] = False,
    since: Annotated[Instant | None, Query()] = None,
    until: Annotated[Instant | None, Query()] = None,
) -> LogFilters:
    return LogFilters(frozenset(level or ()), process, q.strip(), is_regex, since, until)


Filters = Annotated[LogFilters, Depends(asked)]


@router.get("")
def lines(
    caller: Searcher, filters: Filters, limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100,
    cursor: LogCursor = None,
) -> shapes.Lines:  # fmt: skip
    """Lines of all processes, the newest first; a search ends after two seconds and tells how far it went."""
    start = None if cursor is None else position_of(cursor)
    return lines_of(caller.services.logs.page(caller.scope, filters, start, limit))


@router.get("/newer")
def newer(
    caller: Reader, filters: Filters, after: Annotated[str, Query(max_length=positions.MOST_CHARACTERS, examples=["-"])]
) -> shapes.Lines:
    """The newest 100 lines since `newest` of an answer; a `next_cursor` tells that more are left out."""
    return lines_of(caller.services.logs.newer(caller.scope, filters, position_of(after)))


@router.get("/lines/{line_id}")
def line(
    caller: Reader, line_id: Annotated[str, Path(max_length=100, examples=["jobs.0f3e9a7bc2d1.1024"])],
    context: Annotated[int, Query(ge=0, le=100, description="Lines before and after.")] = 10,
) -> shapes.Detail:  # fmt: skip
    """One line, and what its process wrote before and after it."""
    found = caller.services.logs.detail(caller.scope, line_id, context)
    before, after = ([shapes.Line(**told(one)) for one in each] for each in (found.before, found.after))
    return shapes.Detail(line=shapes.Line(**told(found.line)), before=before, after=after)


@router.get("/statistics")
def statistics(caller: Searcher, filters: Filters) -> shapes.Statistics:
    """Lines by time and level, masked secrets, patterns and which of them are new in this version."""
    found = caller.services.logs.statistics(caller.scope, filters)
    return shapes.Statistics(
        since=found.since, until=found.until, is_complete=found.is_complete, lines=found.lines,
        by_level=dict(found.by_level), by_stream=dict(found.by_stream), masked=found.masked,
        step_seconds=found.step_seconds,
        steps=[shapes.Step(at=at, lines=dict(levels)) for at, levels in found.counts.items()],
        patterns=[shapes.Pattern(**asdict(one)) for one in found.patterns], compares_with=list(found.compares_with),
    )  # fmt: skip


@router.post("/exports")
def export(caller: Exporter, wanted: shapes.AskedExport) -> shapes.Export:
    """What is filtered as JSON or text, at most 20,000 lines; noted in the audit log."""
    filters = asked(
        level=wanted.level, process=wanted.process, q=wanted.q, is_regex=wanted.is_regex, since=wanted.since,
        until=wanted.until,
    )  # fmt: skip
    found = caller.services.logs.export(caller.scope, filters, wanted.format)
    return shapes.Export(lines=found.lines, is_complete=found.is_complete, content=found.content.decode())


def position_of(word: str) -> Position:
    """Raises ``invalid_cursor`` (422)."""
    found = positions.read(word)
    if found is None:
        raise AppError("invalid_cursor", 422)
    return found


def lines_of(found: LogPage) -> shapes.Lines:
    return shapes.Lines(
        items=[shapes.Line(**told(one)) for one in found.lines],
        next_cursor=None if found.older is None else positions.written(found.older),
        stopped_at=found.stopped_at, newest=positions.written(found.newest),
    )  # fmt: skip
