"""Quality: how complete and fresh the data are, and what is unknown without them (SPEC P9)."""

from typing import Annotated

from fastapi import APIRouter

from api.access import REPORTS, Caller, needs
from api.asked import HotelId
from api.kept import kept
from api.schemas import quality as shapes

router = APIRouter(tags=["quality"])
Reader = Annotated[Caller, needs("metrics.read", REPORTS)]


@router.get("/quality")
@kept("quality", "sources", "metrics", "features", "alerts", "models")
def kpis(caller: Reader, hotel_id: HotelId) -> shapes.Kpis:
    """The quality figures of a hotel with their goals, as the page Data quality shows them."""
    found = caller.services.quality.kpis(caller.scope, hotel_id)
    return shapes.Kpis(items=[shapes.Kpi.model_validate(one) for one in found])


@router.get("/sources/quality")
@kept("quality", "sources", "metrics")
def sources(caller: Reader, hotel_id: HotelId) -> shapes.Sources:
    """Every source of a hotel with gaps, duplicates, coverage and freshness, and what is unknown without it."""
    return shapes.Sources.model_validate(caller.services.source_quality.quality(caller.scope, hotel_id))
