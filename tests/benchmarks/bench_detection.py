"""P-4: detection of one interval to committed alerts, and the first pass over a hotel's history."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries.metrics import read_consumption
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.contract import Context
from pipeline.detection.counts import detect_consumption
from pipeline.detection.service import DetectionService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from sources.simulation.anomalies import PlantPlan
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database

UNTIL = datetime(2026, 3, 2, 8, tzinfo=UTC)  # in the middle of the morning's checks
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def measure(database: Database, folder: Path, rooms: int, days: int, plant: PlantPlan | None) -> tuple[float, ...]:
    """Seconds of the first pass and of the next hour; consumption rows of both; seconds of scoring alone."""
    [hotel] = SimulationService(database).create(SYSTEM, 1, rooms, days, seed=11, until=UNTIL, plant=plant)
    settings = Settings(home=folder / "home", models_dir=folder / "models")
    clock = FixedClock(UNTIL)
    detection = DetectionService(
        database, ModelManager(database, settings, clock), settings, AlertService(database, clock)
    )
    before = UNTIL - timedelta(hours=1)
    MetricsService(database).collect(SYSTEM, hotel, before)
    started = perf_counter()
    first = detection.detect(SYSTEM, hotel, before)
    first_seconds = perf_counter() - started
    MetricsService(database).collect(SYSTEM, hotel, UNTIL)
    started = perf_counter()
    interval = detection.detect(SYSTEM, hotel, UNTIL)
    interval_seconds = perf_counter() - started
    with database.reading() as connection:
        rows = read_consumption(connection, hotel, BEGINNING, UNTIL)
    started = perf_counter()
    detect_consumption(rows, Context("Europe/Istanbul", "tuketim_anomali"))
    return first_seconds, interval_seconds, float(first.rows_in), float(interval.rows_in), perf_counter() - started


def run() -> list[Row]:
    """The sample hotel's first pass, and the next hour of 1,000 rooms; reference: the count detector alone."""
    with fresh_database() as database, TemporaryDirectory() as folder:
        first, _, rows, _, alone = measure(database, Path(folder), 300, 120, PlantPlan())
        _, interval, _, waiting, large_alone = measure(database, Path(folder), 1000, 90, None)
    return [
        Row("P-4a", f"first pass, 300 rooms × 120 days, {rows:,.0f} metric rows to committed alerts", first,
            "scoring consumption alone", alone, "< 15 s"),
        Row("P-4", f"one hour of 1,000 rooms × 12 products, {waiting:,.0f} new rows, 90 days of history", interval,
            "scoring consumption alone, whole history", large_alone, "≤ 2 × and < 1 s"),
    ]  # fmt: skip
