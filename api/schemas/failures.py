"""What every failure of every endpoint looks like (SPEC C12)."""

from typing import Any, Literal

from pydantic import BaseModel


class ErrorBody(BaseModel):
    """A stable code, a sentence in the caller's language, and the values in it."""

    code: str
    message: str
    details: dict[str, Any]


class ErrorAnswer(BaseModel):
    """Every failure of every endpoint (SPEC C12)."""

    success: Literal[False] = False
    error: ErrorBody
