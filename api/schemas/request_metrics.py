"""What was measured of requests to the API and runs of pages."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.base import Answer
from operations.requests.service import Figures


class RequestFigures(Answer):
    """Percentiles are within 1.5 %; null without requests."""

    requests: int
    client_errors: int
    server_errors: int
    error_ratio: float | None
    is_failing: bool = Field(description="more than 5 % were answered with 5xx, at least two")
    mean_seconds: float | None
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None
    longest_seconds: float
    bytes_in: int
    bytes_out: int


class EndpointFigures(RequestFigures):
    kind: str = Field(examples=["api"])
    method: str = Field(examples=["GET"])
    route: str = Field(examples=["/api/alerts/{alert_id}"])


class RequestMetrics(Answer):
    """``day``: the last 24 hours; ``items``: endpoints over the period, the busiest first."""

    day: RequestFigures
    in_flight: int
    measured_since: datetime | None
    items: list[EndpointFigures]


def figures_of(found: Figures) -> dict[str, Any]:
    """The counted and the derived figures."""
    counted = {name: getattr(found, name) for name in RequestFigures.model_fields if hasattr(found, name)}
    return counted | {f"p{share}_seconds": found.quantile(share / 100) for share in (50, 95, 99)}
