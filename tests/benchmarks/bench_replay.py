"""P-9: the live preview of thresholds, 1,000 rooms × 30 days, from stored candidates and from memory."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries import scores as score_queries
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.service import DetectionService
from pipeline.detection.thresholds.kept import Histories
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import HOTEL_WIDE, Change, FamilyRule
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from sources.simulation.anomalies import PlantPlan
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database

UNTIL = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPAN = (UNTIL.date() - timedelta(days=29), UNTIL.date())
MOVES = 40
Moves = list[dict[str, Change]]


def judged(database: Database, folder: Path) -> tuple[int, ThresholdService]:
    """A hotel of 1,000 rooms with 70 days, judged; the planted anomalies are what precision is measured with."""
    [hotel] = SimulationService(database).create(SYSTEM, 1, 1000, 70, seed=11, until=UNTIL, plant=PlantPlan())
    settings, clock = Settings(home=folder / "home", models_dir=folder / "models"), FixedClock(UNTIL)
    MetricsService(database).collect(SYSTEM, hotel, UNTIL)
    alerts = AlertService(database, clock)
    DetectionService(database, ModelManager(database, settings, clock), settings, alerts).detect(SYSTEM, hotel, UNTIL)
    return hotel, ThresholdService(database, clock, settings)


def moves() -> Moves:
    """A slider of the budget and one of a family's evidence, moved to and fro."""
    budgets: Moves = [{HOTEL_WIDE: Change(budget_per_day=0.5 + 0.5 * step)} for step in range(MOVES // 2)]
    evidence: Moves = [
        {"tuketim_miktar": Change(families={"cell": FamilyRule(extra_evidence=0.1 * step)})}
        for step in range(MOVES // 2)
    ]
    return budgets + evidence


def p95(thresholds: ThresholdService, hotel: int, *, is_cold: bool) -> float:
    """Seconds in which 95 of 100 comparisons (alerts before and after, precision, recall, intervals) are answered."""
    seconds = []
    for move in moves():
        service = thresholds
        if is_cold:
            service = ThresholdService(thresholds.database, thresholds.clock, thresholds.settings, Histories())
        started = perf_counter()
        service.compare(SYSTEM, [hotel], *SPAN, move)
        seconds.append(perf_counter() - started)
    return float(np.quantile(seconds, 0.95))


def one_comparison(database: Database, hotel: int) -> tuple[float, int]:
    """Seconds of reading the 30 days' scores of consumption and comparing them with one number; and their count."""
    since, until = UNTIL - timedelta(days=30), UNTIL
    started = perf_counter()
    with database.reading() as connection:
        scores = score_queries.read_scores(connection, hotel, "tuketim_miktar", since, until)
    np.flatnonzero(scores["score"].to_numpy() >= 4.0)
    return perf_counter() - started, len(scores)


def run() -> list[Row]:
    """Both previews against one numpy comparison of the stored scores, its read included."""
    with fresh_database() as database, TemporaryDirectory() as folder:
        hotel, thresholds = judged(database, Path(folder))
        cold = p95(thresholds, hotel, is_cold=True)
        thresholds.compare(SYSTEM, [hotel], *SPAN, {})
        warm = p95(thresholds, hotel, is_cold=False)
        found = thresholds.replay(SYSTEM, [hotel], *SPAN)
        times = [one_comparison(database, hotel) for _ in range(3)]
    reference, rows = min(seconds for seconds, _ in times), times[0][1]
    note = f"{len(found.decided):,} candidates, {found.incidents} incidents"
    what = f"one numpy comparison of the {rows:,} stored scores, with their read"
    return [
        Row("P-9", "threshold preview, 1,000 rooms × 30 days, read from the database, p95", cold, what, reference,
            "p95 < 0.5 s", note),
        Row("P-9", "the same while the slider moves (candidates in memory), p95", warm, what, reference,
            "p95 < 0.5 s", note),
    ]  # fmt: skip
