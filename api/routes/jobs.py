"""Jobs: what runs, ran and waits, figures, timetable, days; asking for, ending, repeating, pausing (SPEC C4)."""

from typing import Annotated

from fastapi import APIRouter

from api import cursors
from api.access import COSTLY, Caller, needs
from api.asked import FIRST_PAGE, Cursor, HotelId, Limit, Row
from api.schemas import jobs as shapes
from api.schemas.base import Day, ListPage, Made

router = APIRouter(prefix="/jobs", tags=["jobs"])
Reader = Annotated[Caller, needs("jobs.read")]
Runner = Annotated[Caller, needs("jobs.run", COSTLY)]
Controller = Annotated[Caller, needs("jobs.control", COSTLY)]


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


@router.post("/runs/{run_id}/cancel", status_code=202)
def cancel(caller: Runner, run_id: Row) -> Made:
    """Have a run ended: its process is stopped, then the run's state says ``cancelled``."""
    caller.services.job_control.cancel_run(caller.scope, run_id)
    return Made(id=run_id)


@router.post("/runs/{run_id}/retry", status_code=202)
def retry(caller: Runner, run_id: Row) -> Made:
    """Ask once more for a run that ended badly, with the same arguments; the id of the request."""
    return Made(id=caller.services.job_control.retry(caller.scope, run_id))


@router.get("/figures")
def figures(caller: Reader) -> shapes.Figures:
    """Success rate and mean duration of the last 24 hours."""
    return shapes.Figures.model_validate(caller.services.job_board.figures(caller.scope))


@router.get("/estimates")
def estimates(caller: Reader) -> shapes.Estimates:
    """When what runs will have ended, by the history of such runs; runs with too little history are left out."""
    found = caller.services.job_board.etas(caller.scope, caller.services.jobs.active(caller.scope))
    return shapes.Estimates(items=[shapes.Estimate.of(run_id, eta) for run_id, eta in found.items()])


@router.get("/timetable")
def timetable(caller: Reader) -> shapes.Timetable:
    """Every job that is due by itself, with what is usual for it and its pause."""
    found = caller.services.job_board.timetable(caller.scope)
    return shapes.Timetable(items=[shapes.Scheduled.of(one) for one in found])


@router.get("/stale")
def stale(caller: Reader) -> shapes.StaleData:
    """Data that are old because a run failed, was missed or pauses."""
    found = caller.services.job_board.stale(caller.scope)
    return shapes.StaleData(items=[shapes.Stale.model_validate(one) for one in found])


@router.get("/days/{on}")
def day(caller: Reader, on: Day, time_zone: shapes.Zone = "UTC") -> shapes.Day:
    """The runs of a day, and what was missed, late, too fast or empty."""
    return shapes.Day.model_validate(caller.services.job_board.day(caller.scope, on, time_zone))


@router.get("/pauses")
def pauses(caller: Reader) -> shapes.Pauses:
    """What the timetable leaves out now."""
    found = caller.services.job_control.pauses(caller.scope)
    return shapes.Pauses(items=[shapes.Pause.model_validate(one) for one in found])


@router.post("/pauses", status_code=201)
def pause(caller: Controller, asked: shapes.AskedPause) -> Made:
    """Have the timetable leave a job out, in one hotel or everywhere."""
    return Made(id=caller.services.job_control.pause(caller.scope, asked.job, asked.hotel_id, asked.reason))


@router.post("/pauses/{pause_id}/resume")
def resume(caller: Controller, pause_id: Row) -> Made:
    """One run makes up for what was left out."""
    caller.services.job_control.resume(caller.scope, pause_id)
    return Made(id=pause_id)


@router.post("/requests/{request_id}/cancel")
def take_back(caller: Runner, request_id: Row) -> Made:
    """Take back what waits."""
    caller.services.job_control.cancel_request(caller.scope, request_id)
    return Made(id=request_id)


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
