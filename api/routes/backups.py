"""Backups: what there is, what a restore would change, making, proving, restoring, undoing, deleting (SPEC C8)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.access import COSTLY, REPORTS, Caller, authenticated, needs
from api.schemas import backups as shapes
from api.schemas.base import Waiting, Words
from core.sent_file import SentFile

router = APIRouter(prefix="/backup", tags=["backup"])
PERMISSION = "backups.write"
Reader = Annotated[Caller, needs("backups.read")]
Comparing = Annotated[Caller, needs("backups.read", REPORTS)]
Writer = Annotated[Caller, needs(PERMISSION, COSTLY)]
Restorer = Annotated[Caller, needs("backups.restore", COSTLY)]
# It is encrypted: packing it on the way would cost much, make nothing smaller, and hide how long it is.
UNPACKED = {"Content-Encoding": "identity"}
PARTS: dict[int | str, dict[str, Any]] = {
    206: {"description": "The part of the file that `Range` asked for."},
    416: {"description": "The file does not reach as far as `Range` asks."},
}
Name = Annotated[Words, Path(examples=[shapes.NAME])]


@router.get("")
def listed(caller: Reader) -> shapes.Backups:
    """Every backup, the room for more, and what could be undone."""
    found = caller.services.backups.listed(caller.scope)
    return shapes.Backups(
        items=[shapes.BackupAnswer.of(one) for one in found.backups], size_bytes=found.size_bytes,
        free_bytes=found.free_bytes, next_at=caller.services.backup_jobs.next_at(caller.scope),
        undoable=shapes.Undoable.model_validate(found.undoable) if found.undoable else None,
    )  # fmt: skip


@router.get("/work")
def work(caller: Reader) -> shapes.Work:
    """How far the work is that somebody asked for."""
    return shapes.Work.model_validate(caller.services.backup_jobs.state(caller.scope))


@router.post("", status_code=202)
def create(caller: Writer) -> Waiting:
    """Ask for a backup, which is proven when it was made."""
    return Waiting(request_id=caller.services.backup_jobs.create(caller.scope))


@router.post("/undo", status_code=202)
def undo(caller: Restorer) -> Waiting:
    """Ask for the state before the last restore."""
    return Waiting(request_id=caller.services.backup_jobs.undo(caller.scope))


@router.get("/{name}")
def one(caller: Reader, name: Name) -> shapes.BackupAnswer:
    """One backup with its last proof."""
    return shapes.BackupAnswer.of(caller.services.backups.one(caller.scope, name))


@router.get("/{name}/preview")
def preview(caller: Comparing, name: Name) -> shapes.Differences:
    """What a restore would lose and gain, table by table."""
    found = caller.services.backups.preview(caller.scope, name)
    return shapes.Differences(items=[shapes.Difference.model_validate(table) for table in found])


@router.get("/{name}/file", status_code=200, response_class=SentFile, responses=PARTS)
def file(caller: Writer, name: Name) -> SentFile:
    """The archive, encrypted as it is, or the part that `Range` names; noted in the audit log.

    It ends, unfinished, when the credential does: `Range` goes on with a new one.
    """
    path = caller.services.backups.taken_along(caller.scope, name)

    def still() -> None:
        authenticated(caller.request, caller.services).require_everywhere(PERMISSION)

    return SentFile(path, UNPACKED, still)


@router.post("/{name}/proof", status_code=202)
def prove(caller: Writer, name: Name) -> Waiting:
    """Ask for a proof: it is restored into a scratch database and compared."""
    return Waiting(request_id=caller.services.backup_jobs.prove(caller.scope, name))


@router.post("/{name}/restore", status_code=202)
def restore(caller: Restorer, name: Name, asked: shapes.Confirmed) -> Waiting:
    """Ask for the backup to take the place of the present state; a safety copy is made first."""
    return Waiting(request_id=caller.services.backup_jobs.restore(caller.scope, name, asked.confirmation))


@router.post("/{name}/delete")
def delete(caller: Writer, name: Name, asked: shapes.Confirmed) -> shapes.Gone:
    """Delete one backup for good."""
    caller.services.backups.delete(caller.scope, name, asked.confirmation)
    return shapes.Gone(name=name)
