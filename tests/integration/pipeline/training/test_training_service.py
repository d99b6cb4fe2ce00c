"""Training: files, metadata, logs, the past only, and detection that uses only earlier models (SPEC P5, B1, B4)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.queries import models as model_queries
from db.queries import scores as score_queries
from db.session import Database
from pipeline.detection.service import DetectionService
from pipeline.features.names import FEATURES
from pipeline.features.service import FeatureService
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.choice import Choice
from pipeline.training.planting import Residual
from pipeline.training.service import TrainingService
from sources.simulation.service import SimulationService
from tests.integration.pipeline.detection.test_detection_service import Collector

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
CUTOFF = datetime(2026, 2, 25, 21, tzinfo=UTC)
KINDS = {
    ("tuketim_miktar", "negative_binomial"), ("stok_seviye", "zscore"), ("stok_seviye", "isolation_forest"),
    ("dolum_sure", "zscore"), ("zimmet_kullanim", "zscore"), ("zimmet_kullanim", "isolation_forest"),
}  # fmt: skip
TYPES = {name: METRIC_TYPES[name] for name in ("tuketim_miktar", "stok_seviye", "dolum_sure", "zimmet_kullanim")}


@pytest.fixture(autouse=True)
def four_metric_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each family is enough here; other types only add time."""
    monkeypatch.setattr("pipeline.training.service.METRIC_TYPES", TYPES)
    monkeypatch.setattr("pipeline.features.service.METRIC_TYPES", TYPES)


def forest_votes(
    rows: pd.DataFrame, time_zone: str, at: datetime, residual: Residual | None = None, *, deep: bool = False
) -> Choice:
    """A choice that the forest won."""
    return Choice("isolation_forest", names=(*FEATURES, "deviation_30"), chosen_at=at.isoformat())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", models_dir=tmp_path / "models", min_data_points=20)


@pytest.fixture
def manager(database: Database, settings: Settings, clock: FixedClock) -> ModelManager:
    return ModelManager(database, settings, clock)


@pytest.fixture
def hotel(database: Database) -> int:
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 20, 40, seed=6, until=UNTIL)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    FeatureService(database).build(SYSTEM, hotel_id, UNTIL)
    return hotel_id


def test_every_kind_is_trained_once_saved_and_logged(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    training = TrainingService(database, manager, settings)
    report = training.train(SYSTEM, hotel, CUTOFF)
    assert set(report.details.values()) == {"success"}
    rows = manager.list_available_models(SYSTEM, hotel)
    assert {(row.metric_type, row.model_type) for row in rows} == KINDS
    assert all(row.is_active and row.accuracy is None and row.trained_until == CUTOFF for row in rows)
    assert all(row.trained_from is not None and row.trained_from < CUTOFF for row in rows)
    with database.reading() as connection:
        logs = model_queries.training_logs(connection, hotel)
    assert (logs["status"] == "success").sum() == len(KINDS)
    again = training.train(SYSTEM, hotel, CUTOFF)
    assert (again.rows_out, len(manager.list_available_models(SYSTEM, hotel))) == (0, len(KINDS))


def test_each_training_first_judges_the_model_in_use_by_what_came_after_it(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    """P9, and the older system's fault: no model is trained that nothing ever calls."""
    training = TrainingService(database, manager, settings)
    training.train(SYSTEM, hotel, CUTOFF - timedelta(days=7))
    training.train(SYSTEM, hotel, CUTOFF)
    rows = [row for row in manager.list_available_models(SYSTEM, hotel) if row.is_active]
    followed = {(row.metric_type, row.model_type): (row.metrics or {})["in_use"] for row in rows}
    assert followed.keys() == KINDS
    assert all(figures["rows"] > 0 for figures in followed.values())
    assert 0.5 < followed["tuketim_miktar", "negative_binomial"]["recorded_over_expected"] < 2
    assert 0 <= followed["stok_seviye", "isolation_forest"]["alarm_ratio"] < 0.5
    assert 0 <= followed["zimmet_kullanim", "zscore"]["beyond_three_ratio"] < 0.5


def test_a_damaged_model_in_use_is_named_and_does_not_stop_the_training(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    training = TrainingService(database, manager, settings)
    training.train(SYSTEM, hotel, CUTOFF - timedelta(days=7))
    for path in settings.models_dir.glob("hotel-*/zscore_dolum*"):
        path.write_bytes(b"damaged")
    report = training.train(SYSTEM, hotel, CUTOFF)
    assert set(report.details.values()) == {"success"}
    rows = manager.list_available_models(SYSTEM, hotel)
    [row] = [row for row in rows if row.is_active and row.metric_type == "dolum_sure"]
    assert (row.metrics or {})["in_use"]["unusable"] == "model_corrupt"


def test_too_little_data_is_logged_and_nothing_is_saved(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    early = UNTIL - timedelta(days=38)
    report = TrainingService(database, manager, settings).train(SYSTEM, hotel, early)
    assert "not_enough_data" in report.details.values()
    with database.reading() as connection:
        logs = model_queries.training_logs(connection, hotel)
    assert (logs["status"] == "not_enough_data").sum() == list(report.details.values()).count("not_enough_data")


def test_a_disk_that_refuses_is_a_failed_attempt_with_its_reason(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    settings.models_dir.parent.mkdir(parents=True, exist_ok=True)
    settings.models_dir.write_text("a file where the folder should be")
    report = TrainingService(database, manager, settings).train(SYSTEM, hotel, CUTOFF)
    assert set(report.details.values()) == {"failed"}
    with database.reading() as connection:
        logs = model_queries.training_logs(connection, hotel)
    assert logs["error"].str.contains("model_not_written.*(?:File exists|Not a directory)").all()


def test_a_model_comes_back_from_its_file_with_the_same_scores(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    TrainingService(database, manager, settings).train(SYSTEM, hotel, CUTOFF)
    with database.reading() as connection:
        row = manager.usable_models(connection, hotel, "stok_seviye", "isolation_forest")[0]
    one, two = manager.load_model_from_file(row), manager.load_model_from_file(row)
    features = pd.DataFrame(np.random.default_rng(1).normal(size=(50, len(one.names))), columns=list(one.names))
    np.testing.assert_array_equal(one.evidence(features), two.evidence(features))
    assert manager.get_model_info(SYSTEM, row.id).sha256 == row.sha256


def test_detection_uses_only_models_trained_before_the_scored_rows(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    TrainingService(database, manager, settings, chooser=forest_votes).train(SYSTEM, hotel, CUTOFF)
    DetectionService(database, manager, settings, Collector()).detect(SYSTEM, hotel, UNTIL)
    with database.reading() as connection:
        scores = score_queries.read_scores(
            connection, hotel, "zimmet_kullanim", datetime(2020, 1, 1, tzinfo=UTC), UNTIL
        )
    judged = scores[scores["model_id"].notna()]
    assert len(judged) > 0
    assert judged["timestamp"].min() > pd.Timestamp(CUTOFF)
    assert set(judged["detector"]) == {"zscore+isolation_forest"}
    assert set(scores[scores["model_id"].isna()]["detector"]) == {"zscore"}


def test_a_damaged_model_falls_back_to_zscore_and_is_counted(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    TrainingService(database, manager, settings, chooser=forest_votes).train(SYSTEM, hotel, CUTOFF)
    for path in settings.models_dir.glob("hotel-*/isolation_forest_zimmet*"):
        path.write_bytes(b"not a model")
    report = DetectionService(database, manager, settings, Collector()).detect(SYSTEM, hotel, UNTIL)
    assert report.details["zimmet_kullanim"]["fallbacks"] == 1
    assert report.details["stok_seviye"]["fallbacks"] == 0
    with database.reading() as connection:
        scores = score_queries.read_scores(
            connection, hotel, "zimmet_kullanim", datetime(2020, 1, 1, tzinfo=UTC), UNTIL
        )
    assert set(scores["detector"]) == {"zscore"}


def test_three_versions_are_kept_and_the_active_one_always(
    database: Database, manager: ModelManager, settings: Settings, clock: FixedClock, hotel: int
) -> None:
    """B3, B4: files of older versions are deleted, their rows stay without a path."""
    for days in range(4, -1, -1):
        clock.advance(timedelta(minutes=1))
        TrainingService(database, manager, settings).train(SYSTEM, hotel, CUTOFF - timedelta(days=days))
    assert len(manager.list_available_models(SYSTEM, hotel)) == 5 * len(KINDS)
    cleaned = manager.cleanup_old_models(SYSTEM)
    left = manager.list_available_models(SYSTEM, hotel)
    assert (cleaned.files, len(left)) == (2 * len(KINDS), 3 * len(KINDS))
    assert sum(row.is_active for row in left) == len(KINDS)
    assert len(list(settings.models_dir.glob("hotel-*/*.pkl"))) == len(left)
    assert manager.cleanup_old_models(SYSTEM).files == 0


def test_models_of_other_hotels_do_not_exist_for_a_scope(
    database: Database, manager: ModelManager, settings: Settings, hotel: int
) -> None:
    TrainingService(database, manager, settings).train(SYSTEM, hotel, CUTOFF)
    model_id = manager.list_available_models(SYSTEM, hotel)[0].id
    cem = Scope("cem", frozenset({"models.read"}), frozenset({hotel + 1}))
    with pytest.raises(AppError, match="not_found"):
        manager.get_model_info(cem, model_id)
    with pytest.raises(AppError, match="forbidden"):
        manager.cleanup_old_models(cem)
