"""Hotels and the keys of machines."""

from datetime import datetime

from pydantic import Field

from api.schemas.base import Answer, Asked, HotelNumber, Words


class Hotel(Answer):
    id: int
    code: str = Field(examples=["H1"])
    name: str
    time_zone: str = Field(examples=["Europe/Istanbul"])
    currency: str = Field(examples=["EUR"])
    simulated: bool


class ApiKey(Answer):
    """A key without the key; ``hotels`` null: all that the owner sees."""

    id: int
    owner: str
    name: str
    hint: str = Field(examples=["bmk_3fQz"])
    permissions: list[str] = Field(examples=[["alerts.read", "metrics.read"]])
    hotels: list[int] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


class AskedApiKey(Asked):
    name: Words = Field(examples=["property-system"])
    permissions: list[Words] = Field(max_length=50, examples=[["alerts.read", "data.import"]])
    hotels: list[HotelNumber] | None = Field(None, max_length=500, examples=[[1]])
    days: int = Field(365, ge=1, le=730)


class NewApiKey(Answer):
    """``key`` is shown this once and stored nowhere."""

    id: int
    key: str = Field(examples=["bmk_3fQz…"])
    expires_at: datetime
