"""Choice, exclusion, promotion and the optional model in the service (SPEC P5, P11, A6.3)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries import models as model_queries
from db.queries.features import read_features
from db.queries.models import ModelRow
from db.session import Database
from pipeline.features.service import FeatureService
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.choice import choose
from pipeline.training.fitting import Fitted
from pipeline.training.promotion import Promotion
from pipeline.training.service import TrainingService
from sources.simulation.service import SimulationService

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
CUTOFF = datetime(2026, 2, 25, 21, tzinfo=UTC)
FOREST = ("stok_seviye", "isolation_forest")


@pytest.fixture(autouse=True)
def one_metric_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in ("features", "metrics", "training"):
        monkeypatch.setattr(f"pipeline.{service}.service.METRIC_TYPES", {"stok_seviye": METRIC_TYPES["stok_seviye"]})


@pytest.fixture
def hotel(database: Database) -> int:
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 10, 60, seed=6, until=UNTIL)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    FeatureService(database).build(SYSTEM, hotel_id, UNTIL)
    return hotel_id


Build = Callable[..., TrainingService]


@pytest.fixture
def training(database: Database, clock: FixedClock, tmp_path: Path) -> Build:
    def build(deep: bool = False, **parts: Any) -> TrainingService:
        settings = Settings(
            home=tmp_path / "home", models_dir=tmp_path / "models", min_data_points=20, ml_deep_model=deep
        )
        return TrainingService(database, ModelManager(database, settings, clock), settings, **parts)

    return build


def models(training: TrainingService, hotel: int) -> dict[tuple[str, str], ModelRow]:
    with training.database.reading() as connection:
        rows = model_queries.list_models(connection, hotel)
    return {(row.metric_type, row.model_type): row for row in reversed(rows)}


class Refusing:
    """Says no to every challenger."""

    def decide(
        self, connection: Any, hotel_id: int, metric: MetricType, fitted: Fitted, in_use: ModelRow | None
    ) -> Promotion:
        return Promotion(in_use is None, "kept_for_the_test", {"seen": fitted.rows})


def test_the_search_runs_once_a_week_and_its_trace_is_stored_with_the_model(hotel: int, training: Build) -> None:
    calls: list[datetime] = []

    def counting(*args: Any, **options: Any) -> Any:
        calls.append(args[2])
        return choose(*args, **options)

    service = training(chooser=counting)
    for days in (8, 7, 1):
        service.train(SYSTEM, hotel, CUTOFF - timedelta(days=days))
    assert calls == [CUTOFF - timedelta(days=8), CUTOFF - timedelta(days=1)]
    row = models(service, hotel)[FOREST]
    parameters = row.parameters or {}
    choice = parameters["choice"]
    assert parameters["votes"] == (choice["kind"] == "isolation_forest")
    assert {step["model"] for step in choice["trace"]} == {"zscore", "isolation_forest"}
    assert set(row.feature_names or []) <= set(choice["names"])
    assert len(row.feature_names or []) > 5
    assert (row.metrics or {})["planted_pr_auc"] is not None


def test_a_refused_challenger_is_stored_inactive_and_never_used(hotel: int, training: Build) -> None:
    """P11: the old model stays."""
    service = training(gate=Refusing())
    service.train(SYSTEM, hotel, CUTOFF - timedelta(days=1))
    first = models(service, hotel)[FOREST]
    report = service.train(SYSTEM, hotel, CUTOFF)
    assert set(report.details.values()) == {"refused"}
    with service.database.reading() as connection:
        rows = model_queries.list_models(connection, hotel, *FOREST)
        usable = service.models.usable_models(connection, hotel, *FOREST)
        logs = model_queries.training_logs(connection, hotel)
    assert [row.is_active for row in rows] == [False, True]
    assert rows[0].withdrawn_reason == "kept_for_the_test"
    assert [row.id for row in usable] == [first.id]
    assert logs["status"].tolist()[:2] == ["refused"] * 2
    assert set(logs["error"].tolist()[:2]) == {"kept_for_the_test"}
    assert service.train(SYSTEM, hotel, CUTOFF).rows_out == 0  # asked and answered


def test_confirmed_anomalies_are_left_out_of_every_fit_and_counted(hotel: int, training: Build) -> None:
    class Confirmed:
        def excluded(
            self, connection: Any, hotel_id: int, metric_type: str, since: datetime, until: datetime
        ) -> pd.DataFrame:
            product = int(pd.DataFrame(products)["entity_id"].min())
            span = {"metric_type": metric_type, "entity_id": product, "since": CUTOFF - timedelta(days=3)}
            return pd.DataFrame([span | {"until": CUTOFF - timedelta(days=1)}])

    service = training()
    service.train(SYSTEM, hotel, CUTOFF - timedelta(hours=1))
    whole = {key: row.metrics or {} for key, row in models(service, hotel).items()}
    assert {figures["rows_left_out"] for figures in whole.values()} == {0}
    with service.database.reading() as connection:
        products = read_features(connection, hotel, "stok_seviye", CUTOFF - timedelta(days=5), CUTOFF)
    service = training(confirmed=Confirmed())
    service.train(SYSTEM, hotel, CUTOFF)
    figures = {kind: (row.metrics or {})["rows_left_out"] for (_, kind), row in models(service, hotel).items()}
    assert figures == {"isolation_forest": 2, "zscore": 48}


def test_the_optional_model_is_trained_only_when_it_is_turned_on(hotel: int, training: Build) -> None:
    off = training()
    off.train(SYSTEM, hotel, CUTOFF - timedelta(days=1))
    assert ("stok_seviye", "autoencoder") not in models(off, hotel)
    on = training(deep=True)
    on.train(SYSTEM, hotel, CUTOFF)
    found = models(on, hotel)
    deep, forest = found["stok_seviye", "autoencoder"], found[FOREST]
    assert deep.parameters is not None
    assert forest.parameters is not None
    assert deep.parameters["choice"] == forest.parameters["choice"]
    assert [deep.parameters["votes"], forest.parameters["votes"]].count(True) <= 1
    assert "autoencoder" in {step["model"] for step in forest.parameters["choice"]["trace"]}
