"""F-1 pinball loss beside seasonal naive (units, not seconds); F-2 the seconds of one hotel's forecast run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import pandas as pd

from core.scope import SYSTEM
from db.session import Database
from pipeline.forecasting.evaluation import NAIVE, OURS, evaluate
from pipeline.forecasting.retail import retail_history
from pipeline.forecasting.service import ForecastService
from pipeline.metrics.service import MetricsService
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database

RETAIL = Path("../shared/data/retail_movements/retail_movements_dev.parquet")
UNTIL = datetime(2026, 3, 2, 3, tzinfo=UTC)
REACH = "< 1; band 78–82 %"


def quality(what: str, table: pd.DataFrame) -> list[Row]:
    """Two rows: each of the next seven days, and their total."""
    judged = table.set_index("method")
    ours, naive = judged.loc[OURS], judged.loc[NAIVE]
    ratio = f"ratio {ours['ratio']:.2f} ({ours['ratio_low']:.2f}–{ours['ratio_high']:.2f})"
    days = f"units, not seconds; {ratio}; {ours['coverage']:.1%} of days in the band"
    total = f"units, not seconds; {ours['coverage_week']:.1%} in the band, naive {naive['coverage_week']:.1%}"
    size = f"{int(ours['products'])} products × {int(ours['weeks'])} weeks"
    return [
        Row("F-1", f"pinball of a day, {what}, {size}", float(ours["pinball"]), "seasonal naive",
            float(naive["pinball"]), REACH, days),
        Row("F-1", f"pinball of a week's total, {what}, {size}", float(ours["pinball_week"]), "seasonal naive",
            float(naive["pinball_week"]), REACH, total),
    ]  # fmt: skip


def speed(database: Database, hotel: int) -> list[Row]:
    """The first forecast run, the next day's, and the Overview's read, beside the back-test's table alone."""
    service = ForecastService(database)
    started = perf_counter()
    service.forecast(SYSTEM, hotel, UNTIL - timedelta(days=1))
    first, started = perf_counter() - started, perf_counter()
    service.forecast(SYSTEM, hotel, UNTIL)
    following, started = perf_counter() - started, perf_counter()
    service.run_outs(SYSTEM, [hotel], UNTIL)
    read, started = perf_counter() - started, perf_counter()
    service.evaluate(SYSTEM, hotel, UNTIL)
    alone, name = perf_counter() - started, "evaluation, 24 weeks"
    return [
        Row("F-2", "forecast run of 1,000 rooms × 200 days, with back-test stored", first, name, alone, "< 10 s"),
        Row("F-2", "forecast run of the next day", following, name, alone, "< 10 s"),
        Row("F-2", "run-outs of all products, read and played forward", read, name, alone, "< 0.5 s"),
    ]


def run() -> list[Row]:
    """The real movements where they are at hand, two sample hotels with unseen seeds, and a large hotel's seconds."""
    rows = quality("real wholesaler", evaluate(retail_history(pd.read_parquet(RETAIL)))) if RETAIL.exists() else []
    with fresh_database() as database:
        simulation, service = SimulationService(database), ForecastService(database)
        for seed, name in ((101, "sample city hotel"), (102, "sample resort hotel")):
            [hotel] = simulation.create(SYSTEM, 1, 180, 300, seed=seed, until=UNTIL)
            rows += quality(name, service.evaluate(SYSTEM, hotel, UNTIL))
        [large] = simulation.create(SYSTEM, 1, 1000, 200, seed=103, until=UNTIL)
        MetricsService(database).collect(SYSTEM, large, UNTIL, metric_types=("stok_seviye",))
        rows += speed(database, large)
    return rows
