"""The hotels that a caller may see."""

from typing import Annotated

from fastapi import APIRouter

from api import cursors
from api.access import Caller, needs
from api.asked import FIRST_PAGE, Cursor, Limit
from api.schemas.base import ListPage
from api.schemas.hotels import Hotel

router = APIRouter(prefix="/hotels", tags=["hotels"])


@router.get("")
def listed(
    caller: Annotated[Caller, needs("overview.read")], limit: Limit = FIRST_PAGE, cursor: Cursor = None
) -> ListPage[Hotel]:
    """Hotels by name; every other route speaks of them by id."""
    rows, after = cursors.page_of(caller.services.hotels.listed(caller.scope), lambda row: row.id, limit, cursor)
    return ListPage(items=[Hotel.model_validate(row) for row in rows], next_cursor=after)
