"""Users and the audit log."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Words
from identity.users import Account

Language = Literal["tr", "en"]


class UserAnswer(Answer):
    """A user without anything secret; ``hotels`` null: all of them."""

    id: int
    username: str = Field(examples=["ayse"])
    full_name: str = Field(examples=["Ayşe Yılmaz"])
    email: str | None = Field(examples=["ayse@hotel.example"], description="where links are mailed to")
    role: str = Field(examples=["admin"])
    hotels: list[int] | None
    state: Literal["active", "invited", "locked", "disabled"]
    has_second_factor: bool
    last_sign_in_at: datetime | None
    locked_until: datetime | None
    may_change: bool = Field(description="False where the user has more than the caller")

    @classmethod
    def of(cls, account: Account) -> "UserAnswer":
        row = account.row
        hotels = None if row.sees_all_hotels else sorted(row.hotels)
        return cls.model_validate(
            {name: getattr(row, name) for name in ("id", "username", "full_name", "email", "role", "has_second_factor")}
            | {"hotels": hotels, "state": account.state, "last_sign_in_at": row.last_sign_in_at}
            | {"locked_until": account.locked_until, "may_change": account.may_change}
        )


class AskedUser(Asked):
    username: Words = Field(examples=["elif"])
    role: Words = Field(examples=["admin"])
    full_name: Words = Field("", examples=["Elif Demir"])
    email: Words = Field("", examples=["elif@hotel.example"], description="where links are mailed to")
    language: Language = Field("tr")
    hotels: list[HotelNumber] | None = Field(None, max_length=500, examples=[[1]], description="null: all hotels")


class AskedChange(Asked):
    full_name: Words = Field(examples=["Elif Demir"])
    email: Words = Field(examples=["elif@hotel.example"], description="where links are mailed to; empty: nowhere")
    role: Words = Field(examples=["admin"])
    hotels: list[HotelNumber] | None = Field(max_length=500, examples=[[1]], description="null: all hotels")


class LinkAnswer(Answer):
    """``token`` is shown this once and stored nowhere: the person opens ``/password?link=…`` with it."""

    username: str
    kind: Literal["invitation", "reset"]
    token: str
    expires_at: datetime


class MailedAnswer(Answer):
    """Where a link went to; what it is stands in the mail alone."""

    username: str
    kind: Literal["invitation", "reset"]
    email: str
    expires_at: datetime


class AuditEntry(Answer):
    """Who did what; secrets are masked, and nobody can change an entry."""

    id: int
    occurred_at: datetime
    actor: str = Field(examples=["ayse"])
    role: str | None = Field(examples=["admin"])
    action: str = Field(examples=["thresholds_saved"])
    hotel_id: int | None
    entity: str | None
    address: str | None
    request_id: str | None
    details: dict[str, Any] | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
