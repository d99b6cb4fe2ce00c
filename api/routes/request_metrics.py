"""Request metrics: how many, how fast, how often failing, by endpoint (SPEC C3)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.access import Caller, needs
from api.schemas import request_metrics as shapes

router = APIRouter(prefix="/metrics", tags=["request metrics"])


@router.get("/requests")
def requests(
    caller: Annotated[Caller, needs("requests.read")],
    view: Annotated[Literal["api", "pages"], Query()] = "api",
    period: Annotated[Literal["1h", "24h", "7d", "30d"], Query()] = "24h",
) -> shapes.RequestMetrics:
    """Endpoints of the API, or pages, with count, mean, percentiles and errors over a period."""
    found = caller.services.requests.overview(caller.scope, view, period)
    return shapes.RequestMetrics(
        day=shapes.RequestFigures(**shapes.figures_of(found.day)), in_flight=found.in_flight,
        measured_since=found.measured_since,
        items=[
            shapes.EndpointFigures(**shapes.figures_of(figures), **endpoint._asdict())
            for endpoint, figures in found.endpoints.items()
        ],
    )  # fmt: skip
