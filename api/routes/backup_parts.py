"""Parts of a backup: compared, put back, undone, while everything else stays as it is (SPEC C8)."""

from typing import Annotated

from fastapi import APIRouter

from api.access import COSTLY, Caller, needs
from api.asked import Row
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
        undoable=[shapes.PartsUndoable.model_validate(one) for one in undoable],
    )


@router.get("/parts/{restore_id}/undo")
def preview_undo(caller: Looker, restore_id: Row) -> shapes.PartsUndoPreview:
    """What undoing this restore of parts would change, and what stays since somebody decided otherwise."""
    done, found = caller.services.backup_jobs.parts.undo_preview(caller.scope, restore_id)
    return shapes.PartsUndoPreview.of(caller.t, done, found)


@router.post("/parts/{restore_id}/undo")
def undo_parts(caller: Restorer, restore_id: Row, asked: shapes.PartsUndoAsked) -> shapes.PartsUndone:
    """Take a restore of parts back, except where somebody decided otherwise since."""
    undone = caller.services.backup_jobs.parts.undo(caller.scope, restore_id, asked.mark)
    return shapes.PartsUndone.model_validate(undone)


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
