"""The configuration: settings with their sources, checking and saving a text, versions, taking one back (SPEC C9)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import WRITES, Caller, needs
from api.schemas import config as shapes
from api.schemas.base import Id, Made

router = APIRouter(prefix="/config", tags=["config"])
Reader = Annotated[Caller, needs("config.read")]
Writer = Annotated[Caller, needs("config.write", WRITES)]
ToVersion = Annotated[int, Path(ge=0, le=2**53 - 1, examples=[1])]


@router.get("")
def shown(caller: Reader) -> shapes.Configuration:
    """Every setting with its value in the serving process and where that comes from."""
    return shapes.Configuration.model_validate(caller.services.configuration.shown(caller.scope))


@router.post("/check")
def check(caller: Reader, asked: shapes.Text) -> shapes.Proposal:
    """Everything that is wrong with a text, by lines, and what it would change; nothing is saved."""
    return shapes.Proposal.model_validate(caller.services.configuration.check(caller.scope, asked.text))


@router.get("/versions")
def versions(caller: Reader, key: Annotated[shapes.SettingName | None, Query()] = None) -> shapes.Versions:
    """The newest hundred; with ``key`` those that changed this setting."""
    found = caller.services.configuration.history(caller.scope, key)
    return shapes.Versions(items=[shapes.Version.model_validate(one) for one in found])


@router.post("/versions", status_code=201)
def save(caller: Writer, asked: shapes.NewVersion) -> Made:
    """422 with every wrong line; 409 when somebody else saved meanwhile."""
    made = caller.services.configuration.save(caller.scope, asked.text, asked.reason, asked.expected_id)
    return Made(id=made)


@router.get("/versions/{version_id}/difference")
def difference(caller: Reader, version_id: Id) -> shapes.Difference:
    """Against the version before it."""
    return shapes.Difference(difference=caller.services.configuration.compared(caller.scope, version_id))


@router.post("/versions/{version_id}/rollback", status_code=201)
def rollback(caller: Writer, version_id: ToVersion, asked: shapes.Reasoned) -> Made:
    """A new version with the text of this one; 0: without any setting."""
    made = caller.services.configuration.rollback(caller.scope, version_id, asked.reason, asked.expected_id)
    return Made(id=made)
