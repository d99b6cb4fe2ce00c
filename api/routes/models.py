"""Models: versions, performance, trainings, features, comparisons (SPEC C6)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import cursors
from api.access import COSTLY, REPORTS, Caller, needs
from api.asked import FIRST_PAGE, Cursor, HotelId, Limit, MetricType, Row
from api.kept import kept
from api.schemas import models as shapes
from api.schemas.base import ListPage, Made

router = APIRouter(prefix="/ml", tags=["models"])
Reader = Annotated[Caller, needs("models.read")]
Measuring = Annotated[Caller, needs("models.read", REPORTS)]
Asker = Annotated[Caller, needs("jobs.run", COSTLY)]
Days = Annotated[int, Query(ge=1, le=90)]


@router.get("/models")
def models(caller: Reader, hotel_id: HotelId) -> shapes.Models:
    """Every version with its state and size, the active one of each kind first."""
    caller.unless_known("models", seconds=60)
    return shapes.Models.model_validate(caller.services.model_files.files(caller.scope, hotel_id))


@router.get("/models/history")
def history(caller: Reader, hotel_id: HotelId) -> shapes.Activations:
    """Which version was in use from when to when and why; the newest fifty."""
    caller.unless_known("models")
    found = caller.services.model_files.history(caller.scope, hotel_id)
    return shapes.Activations(items=[shapes.Activation.model_validate(row) for row in found])


@router.get("/performance")
@kept("models", "models", "evaluations", "scores")
def performance(caller: Measuring, hotel_id: HotelId) -> shapes.Performance:
    """How right detection was, by metric type: from verdicts and from planted anomalies, with intervals."""
    found = caller.services.model_performance.performance(caller.scope, hotel_id)
    metrics = [
        shapes.MetricPerformance.model_validate(
            vars(one) | {"predictions": one.predictions.rows, "predictions_by_model": one.predictions.by_model}
        )
        for one in found.metrics
    ]
    return shapes.Performance(
        metrics=metrics, seconds_per_prediction=found.seconds_per_prediction, trained_at=found.trained_at
    )


@router.get("/performance/history")
@kept("models", "models", "evaluations")
def performance_history(caller: Measuring, hotel_id: HotelId, metric_type: MetricType) -> shapes.PerformanceHistory:
    """What was measured of one metric type in 180 days."""
    found = caller.services.model_performance.history(caller.scope, hotel_id, metric_type)
    return shapes.PerformanceHistory(items=[shapes.Evaluation.model_validate(row) for row in found.evaluations])


@router.get("/trainings")
def trainings(
    caller: Reader, hotel_id: HotelId, limit: Limit = FIRST_PAGE, cursor: Cursor = None
) -> ListPage[shapes.Training]:
    """What training did and why, the newest first."""
    before = None if cursor is None else cursors.decode(cursor, cursors.number)[0]
    found = caller.services.model_performance.trainings(caller.scope, hotel_id, limit + 1, before)
    rows = found[:limit]
    after = cursors.encode(rows[-1].id) if len(found) > limit else None
    return ListPage(items=[shapes.Training.model_validate(row) for row in rows], next_cursor=after)


@router.get("/features")
@kept("models", "features", "models")
def features(caller: Measuring, hotel_id: HotelId, metric_type: MetricType, days: Days = 30) -> shapes.Features:
    """Missing, constant, alike and drifted features, and how much each counts for the forest in use."""
    found = caller.services.model_features.view(caller.scope, hotel_id, metric_type, days)
    said = vars(found.quality) | {
        "metric_type": metric_type, "since": found.since, "until": found.until, "unmet": found.quality.unmet(),
        "model_id": None if found.chosen is None else found.chosen.model_id,
        "items": shapes.feature_rows(found.quality, found.chosen),
    }  # fmt: skip
    return shapes.Features.model_validate({name: said[name] for name in shapes.Features.model_fields})


@router.get("/comparisons")
def comparisons(
    caller: Reader, hotel_id: HotelId, limit: Limit = FIRST_PAGE, cursor: Cursor = None
) -> ListPage[shapes.Comparison]:
    """Comparisons of versions, done and waiting; the newest fifty."""
    caller.unless_known("comparisons")
    found = caller.services.model_comparisons.listed(caller.scope, hotel_id)
    rows, after = cursors.page_of(found, lambda row: row.id, limit, cursor)
    return ListPage(items=[shapes.Comparison.model_validate(row) for row in rows], next_cursor=after)


@router.get("/comparisons/{comparison_id}")
def comparison(caller: Measuring, comparison_id: Row, hotel_id: HotelId) -> shapes.OneComparison:
    """What the challenger would have raised beside what the champion would have."""
    caller.unless_known("comparisons", "alerts")
    found = caller.services.model_comparisons.read(caller.scope, hotel_id, comparison_id)
    return shapes.OneComparison.model_validate(vars(found) | {"comparison": found.row})


@router.post("/comparisons", status_code=202)
def compare(caller: Asker, asked: shapes.AskedComparison) -> Made:
    """Ask the sidecar to compare two versions of one kind."""
    made = caller.services.model_comparisons.request(
        caller.scope, asked.hotel_id, asked.challenger_id, asked.champion_id
    )
    return Made(id=made)
