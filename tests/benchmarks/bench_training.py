"""P-3: full retraining of one hotel, against scikit-learn's fits alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries.features import read_features
from pipeline.features.names import FEATURES
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.isolation import fit_forest
from pipeline.training.service import WINDOW, TrainingService
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
FORESTS = ("stok_seviye", "dolum_sure", "zimmet_kullanim")


def run() -> list[Row]:
    """1,000 rooms, 70 days: every model type of every metric type, saved, switched and logged."""
    at = UNTIL - timedelta(hours=8)
    with fresh_database() as database, TemporaryDirectory() as folder:
        [hotel] = SimulationService(database).create(SYSTEM, 1, 1000, 70, seed=12, until=UNTIL)
        MetricsService(database).collect(SYSTEM, hotel, UNTIL)
        FeatureService(database).build(SYSTEM, hotel, UNTIL)
        settings = Settings(home=Path(folder) / "home", models_dir=Path(folder) / "models")
        training = TrainingService(database, ModelManager(database, settings, FixedClock(UNTIL)), settings)
        started = perf_counter()
        report = training.train(SYSTEM, hotel, at)
        ours = perf_counter() - started
        with database.reading() as connection:
            inputs = [read_features(connection, hotel, name, at - WINDOW, at) for name in FORESTS]
        started = perf_counter()
        for rows in inputs:
            fit_forest(rows, tuple(FEATURES))
        alone = perf_counter() - started
    return [
        Row("P-3", f"1,000 rooms, {report.rows_in:,} rows, {report.rows_out} models", ours,
            "Isolation Forest fits alone", alone, "≤ 1.5 × and < 10 s"),
    ]  # fmt: skip
