"""Which features a forest in use goes by: measured by a job, once a version, adding up to one (C6)."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries import models as queries
from db.session import Database
from pipeline.features.names import FEATURES
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.importance.service import ImportanceService, importance
from pipeline.training.isolation import fit_forest
from pipeline.training.service import TrainingService
from sources.simulation.service import SimulationService
from tests.integration.pipeline.alerts.renewal.test_renewal import choosing

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture
def models(database: Database, clock: FixedClock, tmp_path: Path) -> ModelManager:
    return ModelManager(database, Settings(home=tmp_path / "home", models_dir=tmp_path / "models"), clock)


@pytest.fixture
def hotel_id(database: Database, clock: FixedClock, models: ModelManager) -> int:
    clock.at = UNTIL
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 12, 50, seed=6, until=UNTIL)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    FeatureService(database).build(SYSTEM, hotel_id, UNTIL)
    only = frozenset({"stok_seviye"})
    training = TrainingService(database, models, models.settings, chooser=choosing(FEATURES), only=only)
    training.train(SYSTEM, hotel_id, UNTIL)
    return hotel_id


def test_the_forest_in_use_is_measured_once(database: Database, models: ModelManager, hotel_id: int) -> None:
    service = ImportanceService(database, models)
    report = service.measure(SYSTEM, hotel_id, UNTIL)
    assert (report.rows_in, report.rows_out) == (1, 1)
    with database.reading() as connection:
        [row] = queries.list_models(connection, hotel_id, "stok_seviye", "isolation_forest")
    found = (row.metrics or {})["importance"]
    assert set(found["values"]) == set(row.feature_names or ())
    assert sum(found["values"].values()) == pytest.approx(1.0, abs=0.01)
    assert "planted_pr_auc" in (row.metrics or {})  # what training measured stays
    assert service.measure(SYSTEM, hotel_id, UNTIL).rows_in == 0


def test_a_forest_whose_file_is_gone_is_said_and_stays_unmeasured(
    database: Database, models: ModelManager, hotel_id: int
) -> None:
    with database.reading() as connection:
        [row] = queries.list_models(connection, hotel_id, "stok_seviye", "isolation_forest")
    (models.folder.root / str(row.model_path)).unlink()
    report = ImportanceService(database, models).measure(SYSTEM, hotel_id, UNTIL)
    assert (report.rows_in, report.rows_out) == (1, 0)
    assert report.details == {"importance.stok_seviye": "model_missing"}


def test_the_column_that_makes_days_odd_counts_most() -> None:
    random = np.random.default_rng(3)
    rows = pd.DataFrame(random.normal(size=(400, 3)), columns=["mean", "std", "lag_1"])
    rows["std"] = 1.0  # says nothing
    odd = rows.copy()
    odd["lag_1"] = 9.0
    shares = importance(fit_forest(rows, ("mean", "std", "lag_1")), odd)
    assert max(shares, key=shares.__getitem__) == "lag_1"
    assert shares["std"] == 0.0
