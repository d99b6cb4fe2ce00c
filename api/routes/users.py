"""Users as administrators manage them, and the audit log (SPEC A9.1, A9.4)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import cursors
from api.access import COSTLY, Caller, needs
from api.asked import FIRST_PAGE, Cursor, Limit, Row
from api.schemas import users as shapes
from api.schemas.base import HotelNumber, Instant, ListPage, Made, Words
from api.schemas.failures import ErrorAnswer
from identity.audit.service import AuditFilters

router = APIRouter(tags=["users"])
Administrator = Annotated[Caller, needs("users.write")]
Changing = Annotated[Caller, needs("users.write", COSTLY)]
NOT_SENT: dict[int | str, dict[str, Any]] = {
    502: {"model": ErrorAnswer, "description": "The mail server did not take it; the message says what it answered."}
}
Auditor = Annotated[Caller, needs("audit.read")]


@router.get("/users")
def listed(caller: Administrator, limit: Limit = FIRST_PAGE, cursor: Cursor = None) -> ListPage[shapes.UserAnswer]:
    """The users of the caller's hotels."""
    found = caller.services.users.listed(caller.scope)
    rows, after = cursors.page_of(found, lambda account: account.row.id, limit, cursor)
    return ListPage(items=[shapes.UserAnswer.of(one) for one in rows], next_cursor=after)


@router.post("/users", status_code=201)
def invite(caller: Changing, asked: shapes.AskedUser) -> shapes.LinkAnswer:
    """Add a user without a password; the answer holds the link with which they choose one."""
    link = caller.services.users.invite(
        caller.scope, asked.username, asked.role,
        full_name=asked.full_name, email=asked.email, language=asked.language, hotels=asked.hotels,
    )  # fmt: skip
    return shapes.LinkAnswer.model_validate(link)


@router.post("/users/{user_id}/change")
def change(caller: Changing, user_id: Row, asked: shapes.AskedChange) -> Made:
    """Name, address of mails, role and hotels; nobody gives more than they have."""
    change = caller.services.users.change
    change(
        caller.scope, user_id, full_name=asked.full_name, email=asked.email, role=asked.role, hotels=asked.hotels
    )  # fmt: skip
    return Made(id=user_id)


@router.post("/users/{user_id}/disable")
def disable(caller: Changing, user_id: Row) -> Made:
    """End every session and token of the user and let nobody sign in as them."""
    caller.services.users.set_active(caller.scope, user_id, False)
    return Made(id=user_id)


@router.post("/users/{user_id}/enable")
def enable(caller: Changing, user_id: Row) -> Made:
    """Let the user sign in again."""
    caller.services.users.set_active(caller.scope, user_id, True)
    return Made(id=user_id)


@router.post("/users/{user_id}/unlock")
def unlock(caller: Changing, user_id: Row) -> Made:
    """Forget failed attempts."""
    caller.services.users.unlock(caller.scope, user_id)
    return Made(id=user_id)


@router.post("/users/{user_id}/link", status_code=201)
def new_link(caller: Changing, user_id: Row) -> shapes.LinkAnswer:
    """A link to choose a password; earlier ones end."""
    return shapes.LinkAnswer.model_validate(caller.services.users.new_link(caller.scope, user_id))


@router.post("/users/{user_id}/link/mail", status_code=201, responses=NOT_SENT)
def mail_link(caller: Changing, user_id: Row) -> shapes.MailedAnswer:
    """Mail the user a link to choose a password; earlier ones end."""
    users = caller.services.users
    users.mailer.require()
    link = users.new_link(caller.scope, user_id)
    email = users.mail(caller.scope, link)
    return shapes.MailedAnswer(username=link.username, kind=link.kind, email=email, expires_at=link.expires_at)


@router.get("/audit")
def audit(
    caller: Auditor,
    *,
    actor: Annotated[Words | None, Query(description="Of one person.")] = None,
    action: Annotated[Words | None, Query(description="Of one kind.")] = None,
    hotel_id: Annotated[HotelNumber | None, Query(description="Of one hotel.")] = None,
    since: Annotated[Instant | None, Query(description="Not before.")] = None,
    text: Annotated[Words, Query(description="Words that occur anywhere in the entry.")] = "",
    limit: Limit = FIRST_PAGE,
    cursor: Cursor = None,
) -> ListPage[shapes.AuditEntry]:
    """Entries of the audit log, the newest first."""
    before = None if cursor is None else cursors.decode(cursor, cursors.number)[0]
    filters = AuditFilters(actor, action, hotel_id, since, text)
    found = caller.services.audit.page(caller.scope, filters, limit, before=before)
    after = cursors.encode(found.rows[-1].id) if found.has_older and found.rows else None
    return ListPage(items=[shapes.AuditEntry.model_validate(row) for row in found.rows], next_cursor=after)
