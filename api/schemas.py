"""The shapes that the API answers with."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class ErrorBody(BaseModel):
    """A stable code, a sentence in the caller's language, and the values in it."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorAnswer(BaseModel):
    """Every failure of every endpoint (SPEC C12)."""

    success: Literal[False] = False
    error: ErrorBody


class HealthCheckAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    status: Literal["ok", "degraded", "down"]
    details: dict[str, Any]


class HealthAnswer(BaseModel):
    """``degraded``: people can work, administrators should look; ``down``: nobody can work."""

    model_config = ConfigDict(from_attributes=True)

    status: Literal["ok", "degraded", "down"]
    version: str
    checks: list[HealthCheckAnswer]
