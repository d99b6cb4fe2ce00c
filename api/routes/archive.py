"""The archive of metric rows: its content, what is not as it was written, bringing back, verifying (SPEC A7)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import COSTLY, REPORTS, Caller, needs
from api.errors import told
from api.schemas import archive as shapes
from api.schemas.base import Id, Waiting, rows_of

router = APIRouter(prefix="/archive", tags=["archive"])
Reader = Annotated[Caller, needs("archive.read")]
Exploring = Annotated[Caller, needs("metrics.read", REPORTS)]
Writer = Annotated[Caller, needs("archive.write", COSTLY)]


@router.get("")
def overview(caller: Reader) -> shapes.Archive:
    """Files by month, what was brought back, every row or file that is not as it was written, a folder not ours."""
    archive = caller.services.archive
    found, fault = archive.overview(caller.scope), archive.folder_fault(caller.scope)
    answer = shapes.Archive.model_validate(found)
    return answer.model_copy(update={"folder_fault": told(fault, caller.language) if fault else None})


@router.get("/days")
def days(caller: Exploring, asked: Annotated[shapes.AskedDays, Query()]) -> shapes.MetricDays:
    """A metric by hotel-local day, read across the border between database and archive."""
    found = caller.services.pipeline.history.days(caller.scope, asked.wanted())
    return shapes.MetricDays(items=rows_of(found.days, shapes.MetricDay), is_sum=found.is_sum, faults=found.faults)


@router.get("/preview")
def preview(caller: Reader, asked: Annotated[shapes.AskedPeriod, Query()]) -> shapes.Preview:
    """How much bringing these days back would read."""
    found = caller.services.archive.preview(caller.scope, asked.hotel_id, asked.first_on, asked.last_on)
    return shapes.Preview.model_validate(found)


@router.post("/bring-back", status_code=202)
def bring_back(caller: Writer, asked: shapes.BringBack) -> Waiting:
    """Ask for the rows of these days to come back into the database for a while."""
    call = caller.services.archive.bring_back
    request = call(caller.scope, asked.hotel_id, asked.first_on, asked.last_on, asked.kept_days)
    return Waiting(request_id=request)


@router.post("/holds/{hold_id}/return", status_code=202)
def send_away(caller: Writer, hold_id: Annotated[Id, Path()]) -> Waiting:
    """Ask for what was brought back to leave again."""
    return Waiting(request_id=caller.services.archive.send_away(caller.scope, hold_id))


@router.post("/adopt", status_code=204)
def adopt(caller: Writer) -> None:
    """Make the archive's folder this installation's, as it is; for those who may write every hotel's archive.

    Whoever wrote to it before is refused from now on. Noted in the audit log; `archive_folder_ours` where it is ours.
    """
    caller.services.archive.adopt(caller.scope)


@router.post("/verify", status_code=202)
def verify(caller: Writer, asked: shapes.Verify) -> Waiting:
    """Ask for every row and file of a hotel to be compared with what was written."""
    return Waiting(request_id=caller.services.archive.verify(caller.scope, asked.hotel_id))
