"""One set of features for everybody, and a report on how good it is (SPEC P2, P9)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import local_midnight
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.queries import scores as score_queries
from db.queries.features import read_features
from db.session import Database
from pipeline.detection import service as detection_service
from pipeline.detection.service import DetectionService
from pipeline.features.engineer import engineer
from pipeline.features.grid import calendar_of
from pipeline.features.names import EXTRA_FEATURES, FEATURES
from pipeline.features.service import FeatureService
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training import service as training_service
from pipeline.training.planting import grid_of
from pipeline.training.rows import local_days
from pipeline.training.service import TrainingService
from sources.simulation.service import SimulationService
from tests.integration.pipeline.detection.test_detection_service import Collector

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
CUTOFF = datetime(2026, 2, 22, 21, tzinfo=UTC)
ZONE = "Europe/Istanbul"
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def two_metric_types(monkeypatch: pytest.MonkeyPatch) -> None:
    types = {name: METRIC_TYPES[name] for name in ("tuketim_miktar", "stok_seviye")}
    for service in ("features", "metrics", "training", "detection"):
        monkeypatch.setattr(f"pipeline.{service}.service.METRIC_TYPES", types)
    judges = {name: detection_service.JUDGES[name] for name in types}
    monkeypatch.setattr(detection_service, "JUDGES", judges)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", models_dir=tmp_path / "models", min_data_points=20)


@pytest.fixture
def hotel(database: Database) -> int:
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 10, 45, seed=8, until=UNTIL)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    FeatureService(database).build(SYSTEM, hotel_id, UNTIL)
    return hotel_id


def test_training_detection_and_a_row_by_row_reference_see_the_same_features(
    database: Database, settings: Settings, hotel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2, no skew: what a fit read, what a score reads, and each row computed alone from the days up to it."""
    seen: dict[str, list[pd.DataFrame]] = {"training": [], "detection": []}
    for name, module in (("training", training_service), ("detection", detection_service)):

        def reading(*args: object, name: str = name) -> pd.DataFrame:
            rows = read_features(*args)  # type: ignore[arg-type]
            seen[name].append(rows)
            return rows

        monkeypatch.setattr(module, "read_features", reading)
    models = ModelManager(database, settings)
    TrainingService(database, models, settings).train(SYSTEM, hotel, CUTOFF)
    DetectionService(database, models, settings, Collector()).detect(SYSTEM, hotel, UNTIL)
    [trained], [detected] = seen["training"], seen["detection"]
    both = trained[["entity_id", "timestamp"]].merge(detected, on=["entity_id", "timestamp"])
    pd.testing.assert_frame_equal(trained, both, check_exact=True)
    assert len(trained) > 100
    assert set(trained.columns) == {"entity_id", "timestamp", *FEATURES, *EXTRA_FEATURES}
    grid = grid_of(detected, ZONE)
    days = local_days(detected["timestamp"], ZONE) - grid.first_day
    for position in np.random.default_rng(1).choice(len(detected), 60, replace=False).tolist():
        stored, day = detected.iloc[position], int(days[position])
        series = int(np.searchsorted(grid.entity_ids, stored["entity_id"]))
        past = calendar_of(np.arange(grid.first_day, grid.first_day + day + 1))
        alone = engineer(grid.values[[series], : day + 1], past)[:, 0, -1]
        np.testing.assert_array_equal(stored[list(FEATURES)].to_numpy(dtype=np.float32), alone)


def test_rows_of_another_version_are_neither_read_nor_counted(database: Database, hotel: int) -> None:
    with database.transaction() as connection:
        before = len(read_features(connection, hotel, "stok_seviye", *EVER))
        connection.execute(
            text(
                "INSERT INTO ml_features (hotel_id, metric_type, entity_id, timestamp, feature_version) "
                "SELECT hotel_id, metric_type, entity_id, timestamp, 1 FROM ml_features"
            )
        )
        assert len(read_features(connection, hotel, "stok_seviye", *EVER)) == before
    assert FeatureService(database).build(SYSTEM, hotel, UNTIL).rows_out == 0
    assert FeatureService(database).quality(SYSTEM, hotel, "stok_seviye", *EVER).rows == before


def test_the_report_counts_what_is_stored(database: Database, hotel: int) -> None:
    """P9: duplicates 0, coverage of what was observed; the negative control is a hole."""
    features = FeatureService(database)
    with database.reading() as connection:
        rows = read_features(connection, hotel, "tuketim_miktar", *EVER)
        assert score_queries.hotel_time_zone(connection, hotel) == ZONE
    found = features.quality(SYSTEM, hotel, "tuketim_miktar", EVER[0], UNTIL)
    assert (found.rows, found.sampled_rows, found.entities) == (len(rows), len(rows), rows["entity_id"].nunique())
    assert (found.duplicates, found.infinite_ratio, found.coverage_ratio) == (0, 0.0, 1.0)
    assert found.null_ratio == pytest.approx(float(rows[list(FEATURES)].isna().mean().mean()), abs=1e-6)
    assert found.newest_at == local_midnight(date(2026, 3, 2), ZONE)
    assert found.age == timedelta(hours=8)
    assert "hour" in found.constants
    assert found.correlation.loc["mean", "mean"] == pytest.approx(1.0)
    with database.transaction() as connection:
        connection.execute(
            text("DELETE FROM ml_features WHERE metric_type = 'tuketim_miktar' AND timestamp > :since"),
            {"since": UNTIL - timedelta(days=12)},
        )
    hole = features.quality(SYSTEM, hotel, "tuketim_miktar", EVER[0], UNTIL)
    assert hole.coverage_ratio is not None
    assert hole.coverage_ratio < 0.8
    assert "coverage_ratio" in hole.unmet()


def test_a_report_needs_the_permission_the_hotel_and_a_known_type(database: Database, hotel: int) -> None:
    features = FeatureService(database)
    with pytest.raises(AppError, match="forbidden"):
        features.quality(Scope("ayse", frozenset(), None), hotel, "stok_seviye", *EVER)
    with pytest.raises(AppError, match="not_found"):
        features.quality(Scope("cem", frozenset({"metrics.read"}), frozenset({hotel + 1})), hotel, "stok_seviye", *EVER)
    with pytest.raises(AppError, match="not_found"):
        features.quality(SYSTEM, hotel, "nothing", *EVER)
