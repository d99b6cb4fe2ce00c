"""How good the models are, counted from what is stored: evaluations, judged rows, trainings, and their gaps (C6)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.models.ml import Score
from db.models.operations import JobRun
from db.queries import evaluations, health
from db.queries import models as model_queries
from db.queries.health import HeartbeatRow
from db.session import Database
from operations.jobs.service import JobService
from operations.model_performance.service import ModelPerformanceService
from tests.integration.builders import build_hotel

METRIC = "stok_seviye"


@pytest.fixture
def hotel_id(database: Database) -> int:
    with database.transaction() as connection:
        return build_hotel(connection).hotel_id


@pytest.fixture
def service(database: Database, clock: FixedClock) -> ModelPerformanceService:
    return ModelPerformanceService(database, clock)


def measured(database: Database, hotel_id: int, at: datetime, precision: float, source: str = "verdicts") -> None:
    row: dict[str, Any] = dict.fromkeys(("model_id", "setting_id", "recall", "f1", "accuracy", "pr_auc", "details"))
    row |= {
        "hotel_id": hotel_id, "metric_type": METRIC, "source": source, "measured_at": at, "until_at": at,
        "since_at": at - timedelta(days=30), "alerts": 20, "labelled": 10, "precision": precision,
        "intervals": {"precision": [precision - 0.1, precision + 0.05]},
    }  # fmt: skip
    with database.transaction() as connection:
        evaluations.add(connection, row)


def test_a_hotel_without_models_has_nothing_to_show(service: ModelPerformanceService, hotel_id: int) -> None:
    found = service.performance(SYSTEM, hotel_id)
    assert found.metrics == ()
    assert (found.seconds_per_prediction, found.trained_at) == (None, None)


def test_the_newest_measurement_counts_and_the_course_keeps_them_all(
    database: Database, service: ModelPerformanceService, hotel_id: int, clock: FixedClock
) -> None:
    now = clock.now()
    measured(database, hotel_id, now - timedelta(days=2), 0.6)
    measured(database, hotel_id, now - timedelta(days=1), 0.9)
    measured(database, hotel_id, now - timedelta(days=200), 0.1)  # older than the course goes back
    [metric] = service.performance(SYSTEM, hotel_id).metrics
    assert metric.measured["verdicts"].precision == 0.9
    assert "planted" not in metric.measured
    course = service.history(SYSTEM, hotel_id, METRIC).frame("verdicts")
    assert course["precision"].tolist() == [0.6, 0.9]
    assert course["low"].tolist() == pytest.approx([0.5, 0.8])
    assert service.history(SYSTEM, hotel_id, METRIC).frame("planted").empty


def test_judged_rows_of_a_day_are_counted_and_those_with_a_model_apart(
    database: Database, service: ModelPerformanceService, hotel_id: int, clock: FixedClock
) -> None:
    """Five rows in 24 hours, two of them by a model; one that is still learning and one of the day before."""
    now = clock.now()
    rows = [(1, 1.0, 7), (2, 1.0, 7), (3, 1.0, None), (4, 1.0, None), (5, 1.0, None), (6, None, None), (30, 1.0, 7)]
    with database.transaction() as connection:
        for hours, score, model_id in rows:
            connection.execute(
                insert(Score),
                {"hotel_id": hotel_id, "metric_type": METRIC, "entity_id": 1, "timestamp": now - timedelta(hours=hours),
                 "detector": "zscore", "score": score, "observations": 30, "model_id": model_id},
            )  # fmt: skip
        for seconds, written in ((4, 10), (2, 20), (9, 0)):  # a run that judged nothing does not count
            started = now - timedelta(hours=1)
            connection.execute(
                insert(JobRun),
                {"job_name": "detect", "hotel_id": hotel_id, "trigger": "schedule", "state": "succeeded",
                 "started_at": started, "heartbeat_at": started, "rows_in": written, "rows_out": written,
                 "finished_at": started + timedelta(seconds=seconds)},
            )  # fmt: skip
    found = service.performance(SYSTEM, hotel_id)
    assert (found.predictions.rows, found.predictions.by_model) == (5, 2)
    assert found.seconds_per_prediction == pytest.approx(6 / 30)


def test_a_training_tells_its_reason_its_duration_and_both_figures(
    database: Database, service: ModelPerformanceService, hotel_id: int, clock: FixedClock
) -> None:
    began = clock.now() - timedelta(minutes=1)
    figures = {
        "planted_pr_auc": 0.7,
        "in_use": {"planted_pr_auc": 0.9},
        "promotion": {"reason": "worse_than_in_use", "is_promoted": False},
    }
    line = {"hotel_id": hotel_id, "metric_type": METRIC, "model_type": "isolation_forest", "started_at": began}
    broken = {"status": "failed", "error": "ValueError: no feature has a value"}
    done = {"status": "refused", "finished_at": began + timedelta(seconds=3), "row_count": 800, "metrics": figures}
    with database.transaction() as connection:
        model_queries.log_training(connection, line | done)
        model_queries.log_training(connection, line | broken)
    failed, refused = service.trainings(SYSTEM, hotel_id)
    assert (refused.reason, refused.found, refused.found_in_use, refused.seconds) == ("worse_than_in_use", 0.7, 0.9, 3)
    assert (failed.reason, failed.found, failed.seconds) == ("ValueError: no feature has a value", None, None)


def test_others_see_nothing(service: ModelPerformanceService, hotel_id: int) -> None:
    with pytest.raises(AppError, match="forbidden"):
        service.performance(Scope("bora", frozenset({"alerts.read"}), None), hotel_id)
    cem = Scope("cem", frozenset({"models.read"}), frozenset({hotel_id + 1}))
    for read in (service.performance, service.trainings):
        with pytest.raises(AppError, match="not_found"):
            read(cem, hotel_id)


def test_a_job_is_followed_from_its_request_to_its_end(database: Database, hotel_id: int, clock: FixedClock) -> None:
    jobs = JobService(database, clock)
    assert not jobs.state(SYSTEM, "train", hotel_id).is_active
    jobs.request(SYSTEM, "train", hotel_id)
    asked = jobs.state(SYSTEM, "train", hotel_id)
    assert asked.request is not None
    assert (asked.is_active, asked.is_served) == (True, False)  # nobody runs jobs
    with database.transaction() as connection:
        health.beat_service(connection, HeartbeatRow("sidecar", 1, "here", "1", clock.now(), clock.now()))
        connection.execute(text("UPDATE job_requests SET state = 'taken'"))
        for state, minutes in (("succeeded", 30), ("failed", 20), ("running", 0)):
            began = clock.now() - timedelta(minutes=minutes)
            run = {"job_name": "train", "hotel_id": hotel_id, "trigger": "request", "state": state,
                   "started_at": began, "heartbeat_at": began}  # fmt: skip
            connection.execute(insert(JobRun), run)
    now = jobs.state(SYSTEM, "train", hotel_id)
    assert now.request is None
    assert now.running is not None
    assert now.last is not None
    assert now.last.state == "failed"  # the newest that ended
    assert (now.is_active, now.is_served) == (True, True)
    assert not jobs.state(SYSTEM, "evaluate", hotel_id).is_active
    with pytest.raises(AppError, match="not_found"):
        jobs.state(Scope("cem", frozenset({"jobs.read"}), frozenset()), "train", hotel_id)
