"""Metric types, their stored values, and points of series of a hotel's own (SPEC P1)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import cursors
from api.access import WRITES, Caller, needs
from api.schemas import metrics as shapes
from api.schemas.base import ListPage
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


@router.get("/values")
def values(
    caller: Annotated[Caller, needs("metrics.read")], asked: Annotated[shapes.AskedValues, Query()]
) -> ListPage[shapes.MetricValue]:
    """What was measured, by the end of its interval; the thousandth page comes as quickly as the first."""
    after = None if asked.cursor is None else cursors.decode(asked.cursor, cursors.instant, cursors.number)
    caller.unless_known("metrics")
    rows, end = caller.services.pipeline.history.values(caller.scope, asked.wanted(), asked.limit, after)
    items = [shapes.MetricValue.model_validate(row) for row in rows]
    return ListPage(items=items, next_cursor=None if end is None else cursors.encode(*end))


@router.post("/points", status_code=201)
def post_points(caller: Annotated[Caller, needs("data.import", WRITES)], asked: shapes.Points) -> shapes.Stored:
    """Points of any series of the hotel's own: they are collected, judged and alert as ``ozel_seri``."""
    points = [Point(**point.model_dump()) for point in asked.points]
    return shapes.Stored.model_validate(caller.services.imports.post_points(caller.scope, asked.hotel_id, points))
