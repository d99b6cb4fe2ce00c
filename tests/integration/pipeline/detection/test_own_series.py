"""A hotel's own series is watched like a built-in metric: imported, collected, judged, alerted by name (SPEC P1)."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.i18n import Translator
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database
from pages.shell.sentences import sentence
from pipeline.alerts.service import AlertFilters, AlertService
from pipeline.passes import Pipeline
from sources.imports.service import ImportService
from tests.integration.builders import build_hotel

DAYS, HOURS = 21, 24
METRIC = ("ozel_seri",)


def temperatures(now: datetime, leap: float) -> pd.DataFrame:
    """A daily course with noise, every hour; in the last six hours warmer by ``leap``."""
    rng = np.random.default_rng(5)
    count = DAYS * HOURS
    at = pd.date_range(end=now, periods=count, freq="h")
    values = 4.0 + np.sin(np.arange(count) / HOURS * 2 * np.pi) + rng.normal(0.0, 0.1, count)
    values[-6:] += leap
    return pd.DataFrame({"timestamp": at, "value": values, "entity": "Soğuk oda"})


@pytest.fixture
def pipeline(database: Database, clock: FixedClock, tmp_path: Path) -> Pipeline:
    settings = Settings(data_dir=tmp_path / "home", models_dir=tmp_path / "models")
    return Pipeline(database, settings, clock, AlertService(database, clock))


@pytest.fixture
def hotel(database: Database) -> int:
    with database.transaction() as connection:
        return build_hotel(connection).hotel_id


def imported(database: Database, hotel: int, points: pd.DataFrame, folder: Path) -> None:
    points.to_parquet(folder / "sicaklik.parquet")
    report = ImportService(database).run(SYSTEM, hotel, "series", folder / "sicaklik.parquet")
    assert (report.errors, report.inserted) == ([], len(points))


def test_a_leap_of_a_series_becomes_one_alert_that_names_it(
    database: Database, pipeline: Pipeline, hotel: int, clock: FixedClock, tmp_path: Path
) -> None:
    imported(database, hotel, temperatures(clock.now(), 9.0), tmp_path)
    pipeline.metrics.collect(SYSTEM, hotel, clock.now())
    pipeline.detection.detect(SYSTEM, hotel, clock.now())
    [alert] = pipeline.alerts.board(SYSTEM, AlertFilters(), 10).rows
    assert (alert.alert_type, alert.entity_type) == ("ozel_seri_sapma", "custom_series")
    assert alert.started_at >= clock.now() - timedelta(hours=7)
    said = sentence(Translator("en"), alert.message_id, alert.message_params)
    assert "sicaklik · Soğuk oda" in said
    detail = pipeline.alerts.detail(SYSTEM, alert.id)
    assert detail.series.points["expected"].notna().any()
    assert detail.series.points["is_anomaly"].any()


def test_without_the_leap_nothing_is_raised(
    database: Database, pipeline: Pipeline, hotel: int, clock: FixedClock, tmp_path: Path
) -> None:
    imported(database, hotel, temperatures(clock.now(), 0.0), tmp_path)
    pipeline.metrics.collect(SYSTEM, hotel, clock.now())
    pipeline.detection.detect(SYSTEM, hotel, clock.now())
    assert pipeline.alerts.board(SYSTEM, AlertFilters(), 10).rows == []


def test_hour_by_hour_gives_the_scores_of_one_pass(
    database: Database, pipeline: Pipeline, hotel: int, clock: FixedClock, tmp_path: Path
) -> None:
    """DETECTION 2: exact equality."""
    imported(database, hotel, temperatures(clock.now(), 9.0), tmp_path)
    query = text("SELECT timestamp, score, expected, lower, upper FROM ml_scores ORDER BY timestamp")
    found = []
    for steps in ((0,), (30, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)):
        with database.transaction() as connection:
            for table in (
                "ml_metrics",
                "ml_scores",
                "ml_candidates",
                "ml_test_counts",
                "ml_alerts",
                "pipeline_watermarks",
            ):
                connection.execute(text(f"DELETE FROM {table}"))
        for hours in steps:
            pipeline.metrics.collect(SYSTEM, hotel, clock.now() - timedelta(hours=hours), metric_types=METRIC)
            pipeline.detection.detect(SYSTEM, hotel, clock.now() - timedelta(hours=hours))
        with database.reading() as connection:
            found.append([tuple(row) for row in connection.execute(query)])
    assert len(found[0]) == DAYS * HOURS
    assert found[0] == found[1]
