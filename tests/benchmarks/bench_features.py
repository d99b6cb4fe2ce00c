"""P-2: 26 features of 5 million points; and all features of a hotel from the metrics to the stored rows."""

import tracemalloc
from datetime import UTC, datetime
from time import perf_counter

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.scope import SYSTEM
from db.queries.features import read_features
from pipeline.features.engineer import WINDOW, Calendar, engineer
from pipeline.features.service import FeatureService
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from pipeline.training.planting import grid_of
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row, timed
from tests.benchmarks.servers import fresh_database

SERIES, DAYS = 50_000, 100
BLOCK = 2_000
UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), UNTIL)


def plain(values: np.ndarray) -> np.ndarray:
    """The same columns with sliding windows of numpy, for full windows of complete series only."""
    found = np.zeros((26, *values.shape), dtype=np.float32)
    age = np.arange(WINDOW) - (WINDOW - 1) / 2
    for start in range(0, len(values), BLOCK):
        block, out = values[start : start + BLOCK], found[:, start : start + BLOCK]
        windows = sliding_window_view(block, WINDOW, axis=1)
        full = out[:, :, WINDOW - 1 :]
        mean, std = windows.mean(axis=2), windows.std(axis=2, ddof=1)
        ordered = np.sort(windows, axis=2)
        full[0], full[1], full[2], full[3] = mean, std, ordered[..., 0], ordered[..., -1]
        for position, share in ((4, 0.5), (5, 0.25), (6, 0.75)):
            place = share * (WINDOW - 1)
            low, part = int(place), place % 1
            full[position] = ordered[..., low] * (1 - part) + ordered[..., low + 1] * part
        slope = windows @ age / (age @ age)
        full[7], full[8] = slope, np.where(np.abs(slope) * WINDOW < std, 0, np.sign(slope))
        full[9] = std / np.maximum(np.abs(mean), 1e-9)
        week = sliding_window_view(block, 7, axis=1)
        week_mean, week_std = week.mean(axis=2), week.std(axis=2, ddof=1)
        full[10] = week_mean[:, WINDOW - 7 :] - mean
        change = np.abs(np.diff(block, axis=1))
        changes = sliding_window_view(change, WINDOW - 1, axis=1)
        last = np.maximum.accumulate(np.where(change > 0, np.arange(1, block.shape[1]), 0), axis=1)
        out[15, :, 1:] = np.minimum(np.arange(1, block.shape[1]) - last, WINDOW)
        full[16], full[17] = (changes > 0).mean(axis=2), changes.mean(axis=2)
        full[18] = (windows == 0).sum(axis=2)
        for position, lag in ((19, 1), (20, 7), (21, 30)):
            out[position, :, lag:] = block[:, :-lag]
        out[22, :, 7:], out[23, :, 7:] = week_mean[:, :-1], week_std[:, :-1]
        out[24, :, WINDOW:], out[25, :, WINDOW:] = mean[:, :-1], std[:, :-1]
    return found


def run() -> list[Row]:
    """Complete series, and series with gaps, which the reference does not know."""
    random = np.random.default_rng(3)
    complete = random.poisson(0.3, (SERIES, DAYS)).astype(float)
    gaps = np.where(random.random(complete.shape) < 0.2, np.nan, complete)
    calendar = Calendar(np.zeros(DAYS), np.arange(DAYS) % 7.0, np.arange(DAYS) % 28 + 1.0)
    reference = timed(lambda: plain(complete))
    rows = []
    for name, values in (("complete series", complete), ("20 % not observed", gaps)):
        seconds = timed(lambda values=values: engineer(values, calendar))
        tracemalloc.start()
        engineer(values, calendar)
        peak = (tracemalloc.get_traced_memory()[1] + values.nbytes) / 1e9
        tracemalloc.stop()
        rows.append(
            Row("P-2", f"{values.size / 1e6:.0f} million points, {name}", seconds, "plain numpy on the grid", reference,
                "≤ 2 ×, < 1.5 GB", f"{peak:.2f} GB with the input")
        )  # fmt: skip
    return [*rows, whole_hotel()]


def whole_hotel() -> Row:
    """Every metric type of 1,000 rooms × 90 days, read, computed, compared and written; reference: computed alone."""
    with fresh_database() as database:
        [hotel] = SimulationService(database).create(SYSTEM, 1, 1000, 90, seed=12, until=UNTIL)
        MetricsService(database).collect(SYSTEM, hotel, UNTIL)
        started = perf_counter()
        built = FeatureService(database).build(SYSTEM, hotel, UNTIL)
        seconds = perf_counter() - started
        with database.reading() as connection:
            grids = [grid_of(read_features(connection, hotel, name, *EVER), "Europe/Istanbul") for name in METRIC_TYPES]
    known = [grid for grid in grids if grid.days]
    alone = timed(lambda: [engineer(grid.values, grid.calendar()) for grid in known])
    what = f"1,000 rooms × 90 days, all {len(METRIC_TYPES)} metric types, {built.rows_out:,} rows stored"
    return Row("P-2", what, seconds, "the columns alone", alone, "< 5 s")
