"""A model whose quality falls: noticed, features, selection, retrained, better or kept (P9, P11)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database
from pipeline.alerts.evaluation.service import EvaluationService
from pipeline.alerts.renewal.service import RenewalService
from pipeline.alerts.service import AlertFilters, AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.features.names import FEATURES
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.choice import Choice
from pipeline.training.fitting import FITS
from pipeline.training.service import TrainingService
from sources.simulation.service import SimulationService
from tests.integration.builders import build_hotel

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
DAY = timedelta(days=1)
METRIC = "stok_seviye"


def choosing(names: tuple[str, ...]) -> Any:
    """A search that always ends with these columns and a vote."""

    def chooser(rows: pd.DataFrame, time_zone: str, at: datetime, *rest: Any, **more: Any) -> Choice:
        return Choice("isolation_forest", names, chosen_at=at.isoformat())

    return chooser


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", models_dir=tmp_path / "models")


@pytest.fixture
def training(database: Database, clock: FixedClock, settings: Settings) -> TrainingService:
    models = ModelManager(database, settings, clock)
    return TrainingService(database, models, settings, chooser=choosing(FEATURES), only=frozenset({METRIC}))


@pytest.fixture
def hotel_id(database: Database, clock: FixedClock, training: TrainingService) -> int:
    """A small hotel with a model of a week ago."""
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 20, 55, seed=6, until=UNTIL)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    FeatureService(database).build(SYSTEM, hotel_id, UNTIL)
    clock.at = UNTIL - 7 * DAY
    training.train(SYSTEM, hotel_id, clock.at)
    clock.at = UNTIL
    return hotel_id


def renewal(training: TrainingService, clock: FixedClock) -> RenewalService:
    database, settings = training.database, training.settings
    thresholds = ThresholdService(database, clock, settings)
    evaluations = EvaluationService(database, clock, settings, thresholds)
    return RenewalService(database, clock, settings, evaluations, FeatureService(database), training)


def judge(training: TrainingService, clock: FixedClock, hotel_id: int, verdicts: list[str]) -> None:
    """As many alerts on stock in the last days, each with its verdict."""
    alerts = AlertService(training.database, clock)
    with training.database.reading() as connection:
        product = connection.execute(text("SELECT min(id) FROM products")).scalar_one()
    for number in range(len(verdicts)):
        at = UNTIL - DAY + timedelta(minutes=number)
        anomaly = Anomaly(
            f"deneme_{number}", METRIC, "product", product, at - timedelta(hours=1), at, 9.0, 3.0, 1.0, 5.0, 2.0, 4.0,
            "orta", product_id=product, context_signature="test=outflow",
        )  # fmt: skip
        with training.database.transaction() as connection:
            alerts.apply(connection, DetectionResult(hotel_id, METRIC, at, (anomaly,), frozenset()))
    rows = alerts.board(SYSTEM, AlertFilters(states=("all",)), limit=100).rows
    for row, verdict in zip(sorted(rows, key=lambda row: row.id), verdicts, strict=True):
        alerts.triage.judge(SYSTEM, [row.id], verdict)


def log(database: Database) -> list[tuple[str, str, str | None]]:
    """(model type, status, reason) of the training log, newest first."""
    query = (
        "SELECT model_type, status, coalesce(metrics->'promotion'->>'reason', error) FROM ml_training_logs "
        "ORDER BY id DESC"
    )
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def active_forest(database: Database) -> tuple[int, datetime]:
    query = "SELECT id, trained_until FROM ml_models WHERE model_type = 'isolation_forest' AND is_active"
    with database.reading() as connection:
        return tuple(connection.execute(text(query)).one())


FALSE, RIGHT = "yanlis_pozitif", "dogru"


def test_a_fallen_metric_type_is_retrained_and_the_better_model_is_used(
    training: TrainingService, clock: FixedClock, hotel_id: int
) -> None:
    judge(training, clock, hotel_id, [FALSE] * 15 + [RIGHT] * 6)
    before = active_forest(training.database)
    report = renewal(training, clock).renew(SYSTEM, hotel_id, UNTIL)
    assert report.details[f"{METRIC}.isolation_forest"] == "success"
    after = active_forest(training.database)
    assert after[0] != before[0]
    assert after[1] == UNTIL
    assert log(training.database)[0][:2] == ("renewal", "renewed")
    clock.advance(DAY)
    assert renewal(training, clock).renew(SYSTEM, hotel_id, clock.at).rows_in == 0  # its verdicts do not count twice


class Noise:
    """A model that finds something in nothing."""

    def evidence(self, features: pd.DataFrame) -> np.ndarray:
        return np.random.default_rng(1).uniform(0.0, 12.0, len(features))


def test_a_new_model_that_is_worse_is_refused_with_its_reason_and_the_old_one_stays(
    training: TrainingService, clock: FixedClock, hotel_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = FITS["isolation_forest"]
    monkeypatch.setitem(FITS, "isolation_forest", lambda *given: replace(fit(*given), estimator=Noise(), batch=None))
    judge(training, clock, hotel_id, [FALSE] * 15 + [RIGHT] * 6)
    before = active_forest(training.database)
    report = renewal(training, clock).renew(SYSTEM, hotel_id, UNTIL)
    assert report.details[f"{METRIC}.isolation_forest"] == "refused"
    assert active_forest(training.database) == before
    lines = log(training.database)
    assert lines[0][:2] == ("renewal", "kept")
    [reason] = [reason for kind, status, reason in lines if (kind, status) == ("isolation_forest", "refused")]
    assert reason in {"worse_than_in_use", "too_many_alerts", "less_precise"}


@pytest.mark.parametrize("verdicts", [[FALSE] * 15, [FALSE] * 8 + [RIGHT] * 13])
def test_too_few_verdicts_or_good_enough_ones_start_nothing(
    training: TrainingService, clock: FixedClock, verdicts: list[str]
) -> None:
    clock.at = UNTIL
    with training.database.transaction() as connection:
        hotel_id = build_hotel(connection).hotel_id
    judge(training, clock, hotel_id, verdicts)
    assert renewal(training, clock).fallen(SYSTEM, hotel_id, UNTIL) == []
    assert renewal(training, clock).renew(SYSTEM, hotel_id, UNTIL).rows_in == 0
    assert "renewal" not in [line[0] for line in log(training.database)]
