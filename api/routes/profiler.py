"""The profiler: asking for a profile, what one found, two side by side, files to take along (SPEC C10)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import COSTLY, Caller, needs
from api.schemas import profiler as shapes
from api.schemas.base import Id
from operations.profiler.service import Profile

router = APIRouter(prefix="/profiler", tags=["profiler"])
Reader = Annotated[Caller, needs("profiler.read")]
Runner = Annotated[Caller, needs("profiler.run", COSTLY)]
By = Annotated[shapes.By, Query()]
Which = Annotated[Id, Query(examples=[1])]


@router.get("/profiles")
def listed(caller: Reader) -> shapes.Profiles:
    """The newest fifty, the one that runs with its figures so far first."""
    found = caller.services.profiler.listed(caller.scope)
    return shapes.Profiles(items=[shapes.Profile.model_validate(row) for row in found])


@router.post("/profiles", status_code=202)
def start(caller: Runner, asked: shapes.NewProfile) -> shapes.Started:
    """Ask for a profile; 409 while another one waits or runs."""
    started = caller.services.profiler.start(
        caller.scope, asked.target, asked.seconds, asked.kind, job_name=asked.job_name, hotel_id=asked.hotel_id
    )
    return shapes.Started(id=started)


@router.get("/profiles/{profile_id}")
def one(caller: Reader, profile_id: Id, by: By = "cpu") -> shapes.Found:
    """One profile: its hottest functions, or the lines whose memory grew; both empty until it has ended well."""
    found = caller.services.profiler.one(caller.scope, profile_id)
    return shapes.Found(
        profile=shapes.Profile.model_validate(found.row), elapsed_seconds=found.elapsed_seconds,
        functions=[shapes.Function.model_validate(each) for each in found.hottest(by)] if _is(found, "time") else [],
        lines=[shapes.GrownLine.model_validate(each) for each in found.lines] if _is(found, "memory") else [],
    )  # fmt: skip


@router.get("/profiles/{profile_id}/export")
def export(caller: Reader, profile_id: Id) -> shapes.Exported:
    """All that is kept of it."""
    return shapes.Exported.model_validate(caller.services.profiler.exported(caller.scope, profile_id))


@router.get("/profiles/{profile_id}/speedscope")
def speedscope(caller: Reader, profile_id: Id) -> shapes.Speedscope:
    """The file for https://www.speedscope.app; 404 when it is no profile of time that ended well."""
    return shapes.Speedscope.model_validate(caller.services.profiler.speedscope(caller.scope, profile_id))


@router.get("/comparison")
def comparison(caller: Reader, before: Which, after: Which, by: By = "cpu") -> shapes.Changes:
    """Functions whose share of the time changed the most; 404 when one is no profile of time that ended well."""
    found = caller.services.profiler.compare(caller.scope, before, after, by)
    return shapes.Changes(items=[shapes.Change.model_validate(each) for each in found])


@router.post("/profiles/{profile_id}/stop")
def stop(caller: Runner, profile_id: Id) -> shapes.Profile:
    """End it now and keep what was measured; 409 when it has ended or somebody was faster."""
    caller.services.profiler.stop(caller.scope, profile_id)
    return shapes.Profile.model_validate(caller.services.profiler.one(caller.scope, profile_id).row)


@router.delete("/profiles/{profile_id}", status_code=204)
def delete(caller: Runner, profile_id: Id) -> None:
    """Delete one that has ended; 404 when it still runs."""
    caller.services.profiler.delete(caller.scope, profile_id)


def _is(found: Profile, kind: str) -> bool:
    return found.content is not None and found.row.kind == kind
