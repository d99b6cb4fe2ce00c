"""Keys with which machines call: made, seen and ended by people (SPEC A9.2)."""

from typing import Annotated

from fastapi import APIRouter

from api import cursors
from api.access import COSTLY, Caller, needs
from api.asked import FIRST_PAGE, Cursor, Limit, Row
from api.schemas.base import ListPage, Made
from api.schemas.hotels import ApiKey, AskedApiKey, NewApiKey

router = APIRouter(prefix="/api-keys", tags=["api keys"])
Reader = Annotated[Caller, needs("api_keys.write")]
Owner = Annotated[Caller, needs("api_keys.write", COSTLY)]


@router.get("")
def listed(caller: Reader, limit: Limit = FIRST_PAGE, cursor: Cursor = None) -> ListPage[ApiKey]:
    """One's own keys, ended ones too, the newest first; a superadmin sees everybody's."""
    rows, after = cursors.page_of(caller.services.api_keys.listed(caller.scope), lambda row: row.id, limit, cursor)
    return ListPage(items=[ApiKey.model_validate(row) for row in rows], next_cursor=after)


@router.post("", status_code=201)
def create(caller: Owner, asked: AskedApiKey) -> NewApiKey:
    """A key of one's own with some of one's own permissions. Keys cannot make keys."""
    found = caller.services.api_keys.create(
        caller.scope, asked.name, asked.permissions, days=asked.days, hotels=asked.hotels
    )
    return NewApiKey.model_validate(found)


@router.post("/{key_id}/revoke")
def revoke(caller: Owner, key_id: Row) -> Made:
    """End a key at once."""
    caller.services.api_keys.revoke(caller.scope, key_id)
    return Made(id=key_id)
