"""Silences: what they hide, for how long, and lifting them (SPEC A5.8)."""

from typing import Annotated

from fastapi import APIRouter

from api import cursors
from api.access import WRITES, Caller, needs
from api.asked import FIRST_PAGE, Cursor, HotelIds, Limit, Row
from api.schemas import silences as shapes
from api.schemas.base import ListPage, Made
from pipeline.alerts.silences.service import Silence

router = APIRouter(prefix="/silences", tags=["silences"])
Reader = Annotated[Caller, needs("alerts.read")]
Triage = Annotated[Caller, needs("alerts.triage", WRITES)]


@router.get("")
def listed(
    caller: Reader, hotel_id: HotelIds = None, limit: Limit = FIRST_PAGE, cursor: Cursor = None
) -> ListPage[shapes.Silence]:
    """Silences that last, begin later or ended in the last month, the newest first."""
    caller.unless_known("alerts")
    found = caller.services.alerts.silences.listed(caller.scope, hotel_id)
    rows, after = cursors.page_of(found, lambda row: row.id, limit, cursor)
    return ListPage(items=[shapes.Silence.model_validate(row) for row in rows], next_cursor=after)


@router.post("", status_code=201)
def add(caller: Triage, asked: shapes.NewSilence) -> Made:
    """Hide alerts for a time. They are still detected and counted."""
    caller.require_hotel(asked.hotel_id)
    values = asked.model_dump(exclude={"hotel_id"}) | {"weekdays": tuple(asked.weekdays)}
    return Made(id=caller.services.alerts.silences.add(caller.scope, asked.hotel_id, Silence(**values)))


@router.post("/{silence_id}/lift")
def lift(caller: Triage, silence_id: Row) -> Made:
    """End it: what it hid is shown again."""
    caller.services.alerts.silences.lift(caller.scope, silence_id)
    return Made(id=silence_id)
