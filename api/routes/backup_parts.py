"""Parts of a backup: compared, put back, undone, while everything else stays as it is (SPEC C8)."""

from typing import Annotated

from fastapi import APIRouter

from api.access import COSTLY, Caller, needs
from api.routes.backups import Name
from api.schemas import backup_parts as shapes
from api.schemas.base import Waiting
from operations.backups.parts.service import Wanted

router = APIRouter(prefix="/backup", tags=["backup"])
Looker = Annotated[Caller, needs("backups.restore")]
Restorer = Annotated[Caller, needs("backups.restore", COSTLY)]


@router.get("/parts")
def parts(caller: Looker) -> shapes.PartsState:
    """The last comparison of parts with now, and what can be undone."""
    jobs = caller.services.backup_jobs
    found, undoable = jobs.compared(caller.scope), jobs.parts.undoable(caller.scope)
    return shapes.PartsState(
        comparison=shapes.PartsComparison.of(caller.t, found.result, found.started_at)
        if found is not None and found.result
        else None,
        undoable=shapes.PartsUndoable.model_validate(undoable) if undoable else None,
    )


@router.post("/parts/undo")
def undo_parts(caller: Restorer) -> shapes.PartsUndone:
    """Take the last restore of parts back, except where somebody decided otherwise since."""
    return shapes.PartsUndone.model_validate(caller.services.backup_jobs.parts.undo(caller.scope))


@router.post("/{name}/parts/comparison", status_code=202)
def compare_parts(caller: Restorer, name: Name, asked: shapes.PartsAsked) -> Waiting:
    """Ask what putting these parts back would change; `GET /backup/parts` has the answer when the work is done."""
    wanted = Wanted.of(asked.parts, asked.hotel_ids)
    return Waiting(request_id=caller.services.backup_jobs.preview_parts(caller.scope, name, wanted))


@router.post("/{name}/parts/restore", status_code=202)
def restore_parts(caller: Restorer, name: Name, asked: shapes.PartsConfirmed) -> Waiting:
    """Ask for these parts to be put back after a safety copy; every other table stays as it is."""
    wanted, jobs = Wanted.of(asked.parts, asked.hotel_ids), caller.services.backup_jobs
    request_id = jobs.restore_parts(caller.scope, name, wanted, asked.confirmation, asked.mark)
    return Waiting(request_id=request_id)
