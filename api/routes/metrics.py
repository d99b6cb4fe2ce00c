"""Metric types, and points of series of a hotel's own (SPEC P1)."""

from typing import Annotated

from fastapi import APIRouter

from api.access import WRITES, Caller, needs
from api.schemas import metrics as shapes
from pipeline.metrics.registry import METRIC_TYPES
from sources.imports.service import Point

router = APIRouter(prefix="/ml/metrics", tags=["metrics"])


@router.get("/types")
def types(caller: Annotated[Caller, needs("metrics.read")]) -> shapes.MetricTypes:
    """Everything that is measured: of whom, in which unit, how often, and which alert it raises."""
    caller.unless_known()
    said = [
        {"title": caller.t(one.name_key), "unit": caller.t(one.unit), "actions": [caller.t(a) for a in one.actions]}
        for one in METRIC_TYPES.values()
    ]
    rows = zip(METRIC_TYPES.values(), said, strict=True)
    return shapes.MetricTypes(items=[shapes.MetricType.model_validate(vars(one) | words) for one, words in rows])


@router.post("/points", status_code=201)
def post_points(caller: Annotated[Caller, needs("data.import", WRITES)], asked: shapes.Points) -> shapes.Stored:
    """Points of any series of the hotel's own: they are collected, judged and alert as ``ozel_seri``."""
    points = [Point(**point.model_dump()) for point in asked.points]
    return shapes.Stored.model_validate(caller.services.imports.post_points(caller.scope, asked.hotel_id, points))
