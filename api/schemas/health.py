"""Health as monitors read it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


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
