"""P-3: full retraining of one hotel, against scikit-learn's fits alone; with the search for models, and each night."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries.features import read_features
from db.session import Database
from pipeline.detection.residual import RESIDUALS
from pipeline.features.names import FEATURES
from pipeline.features.service import FeatureService
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.isolation import fit_forest
from pipeline.training.service import WINDOW, TrainingService
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
FORESTS = tuple(metric.name for metric in METRIC_TYPES.values() if "isolation_forest" in metric.model_types)


def trained(training: TrainingService, hotel: int, at: datetime) -> tuple[float, int, int]:
    """Seconds, rows read and models saved of one training."""
    started = perf_counter()
    report = training.train(SYSTEM, hotel, at)
    return perf_counter() - started, report.rows_in, report.rows_out


def fits_alone(database: Database, hotel: int, at: datetime) -> float:
    """Seconds of one scikit-learn fit for each forest that a training fits."""
    with database.reading() as connection:
        inputs = [read_features(connection, hotel, name, at - WINDOW, at) for name in FORESTS]
    started = perf_counter()
    for rows in inputs:
        fit_forest(rows, tuple(FEATURES))
    return perf_counter() - started


def run() -> list[Row]:
    """1,000 rooms, 70 days: every model type of every metric type, saved, switched and logged."""
    at = UNTIL - timedelta(hours=8)
    with fresh_database() as database, TemporaryDirectory() as folder:
        [hotel] = SimulationService(database).create(SYSTEM, 1, 1000, 70, seed=12, until=UNTIL)
        MetricsService(database).collect(SYSTEM, hotel, UNTIL)
        FeatureService(database).build(SYSTEM, hotel, UNTIL)
        rows = []
        for what, deep in (("", False), (", with the autoencoder", True)):
            home = Path(folder) / str(deep)
            settings = Settings(home=home / "home", models_dir=home / "models", ml_deep_model=deep)
            models = ModelManager(database, settings, FixedClock(UNTIL))
            training = TrainingService(database, models, settings, RESIDUALS)
            day = at - timedelta(days=4 if deep else 2)
            for when, instant in (("with a search for models", day), ("each night", day + timedelta(days=1))):
                seconds, read, saved = trained(training, hotel, instant)
                rows.append(
                    Row("P-3", f"1,000 rooms, {read:,} rows, {saved} models, {when}{what}", seconds,
                        "Isolation Forest fits alone", fits_alone(database, hotel, instant), "≤ 1.5 × and < 10 s")
                )  # fmt: skip
    return rows
