"""Memory: the processes now, over time, and when it was short (SPEC R1)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Caller, needs
from api.schemas import memory as shapes
from api.schemas.base import rows_of

router = APIRouter(prefix="/memory", tags=["memory"])
Reader = Annotated[Caller, needs("memory.read")]


@router.get("/processes")
def processes(caller: Reader) -> shapes.Processes:
    """Those that told of themselves lately first."""
    found = caller.services.memory.processes(caller.scope)
    return shapes.Processes(items=[shapes.Process.model_validate(one) for one in found])


@router.get("/history")
def history(caller: Reader, period: Annotated[shapes.Period, Query()] = "24h") -> shapes.Course:
    """The most of each step, by service; only steps with a sample."""
    return shapes.Course(items=rows_of(caller.services.memory.course(caller.scope, period), shapes.Moment))


@router.get("/events")
def events(caller: Reader, period: Annotated[shapes.Period, Query()] = "24h") -> shapes.Events:
    """The newest 50."""
    found = caller.services.memory.events(caller.scope, period)
    return shapes.Events(items=[shapes.Event.model_validate(one) for one in found])
