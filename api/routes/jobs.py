"""Jobs: what runs, what ran, what waits, and asking for a run (SPEC C4)."""

from typing import Annotated

from fastapi import APIRouter

from api import cursors
from api.access import COSTLY, Caller, needs
from api.asked import FIRST_PAGE, Cursor, HotelId, Limit, Row
from api.schemas import jobs as shapes
from api.schemas.base import ListPage

router = APIRouter(prefix="/jobs", tags=["jobs"])
Reader = Annotated[Caller, needs("jobs.read")]
Runner = Annotated[Caller, needs("jobs.run", COSTLY)]


@router.get("/runs")
def runs(caller: Reader, limit: Limit = FIRST_PAGE, cursor: Cursor = None) -> ListPage[shapes.Run]:
    """Runs, the newest first."""
    before = None if cursor is None else cursors.decode(cursor, cursors.instant, cursors.number)
    found = caller.services.jobs.recent(caller.scope, limit + 1, None if before is None else (before[0], before[1]))
    rows, is_last = found[:limit], len(found) <= limit
    after = None if is_last else cursors.encode(rows[-1].started_at.isoformat(), rows[-1].id)
    return ListPage(items=[shapes.Run.model_validate(row) for row in rows], next_cursor=after)


@router.get("/runs/active")
def active(caller: Reader) -> shapes.Runs:
    """What runs now."""
    found = caller.services.jobs.active(caller.scope)
    return shapes.Runs(items=[shapes.Run.model_validate(row) for row in found])


@router.get("/runs/{run_id}")
def one(caller: Reader, run_id: Row) -> shapes.OneRun:
    """One run with its result, or what it said when it failed."""
    return shapes.OneRun.model_validate(caller.services.jobs.run(caller.scope, run_id))


@router.get("/requests")
def pending(caller: Reader, limit: Limit = FIRST_PAGE, cursor: Cursor = None) -> ListPage[shapes.Request]:
    """What was asked for and has not begun, the oldest first."""
    rows, after = cursors.page_of(caller.services.jobs.pending(caller.scope), lambda row: row.id, limit, cursor)
    return ListPage(items=[shapes.Request.model_validate(row) for row in rows], next_cursor=after)


@router.post("/requests", status_code=202)
def ask(caller: Runner, asked: shapes.AskedRun) -> shapes.RequestIds:
    """Ask the sidecar for a run in one hotel or in all of the caller's."""
    arguments = None if asked.at is None else {"at": asked.at.isoformat()}
    found = caller.services.jobs.request(caller.scope, asked.job, asked.hotel_id, arguments)
    return shapes.RequestIds(request_ids=found)


@router.get("/{job}/state")
def state(caller: Reader, job: shapes.JobName, hotel_id: HotelId) -> shapes.JobState:
    """How far one job is in one hotel."""
    return shapes.JobState.model_validate(caller.services.jobs.state(caller.scope, job, hotel_id))
