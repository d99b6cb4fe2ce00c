"""P-20: a year of a metric by day out of the archive, 1,000 rooms: time, and the memory that it takes (A7.4)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import pandas as pd
import pyarrow as pa
from pyarrow import compute

from core.clock import local_midnight
from core.scope import SYSTEM
from db.queries import archive as manifest
from db.queries.metric_values import Wanted
from db.queries.scores import hotel_time_zone
from db.session import Database, open_database
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.archive.service import MetricHistory, by_day
from pipeline.metrics.service import MetricsService
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database

DAYS, ROOMS = 365, 1_000
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
METRIC = "tuketim_miktar"
INSTANTS = ("interval_start", "timestamp", "collected_at")
REFERENCE = "all files whole, joined"
MEGABYTE = 2**20


def run() -> list[Row]:
    """Each in a process of its own, so that one's memory is not another's."""
    with fresh_database() as database, TemporaryDirectory(prefix="barometer-bench-") as folder:
        hotel_id = SimulationService(database).create(SYSTEM, rooms=ROOMS, days=3, seed=11, until=START)[0]
        MetricsService(database).collect(SYSTEM, hotel_id, START)
        rows, size = written(database, ArchiveFolder(Path(folder)), hotel_id)
        url = database.engine.url.render_as_string(hide_password=False)
        (ours, peak), (reference, whole) = (measured(work, url, folder, hotel_id) for work in (streamed, joined))
    work = f"{METRIC}, {DAYS} files of {rows:,} rows and {size / MEGABYTE:.2f} MB"
    note = f"peak memory {peak / MEGABYTE:.0f} MB, reference {whole / MEGABYTE:.0f} MB"
    return [Row("P-20", work, ours, REFERENCE, reference, "≤ 1 ×, ≤ 100 MB", note)]


def written(database: Database, folder: ArchiveFolder, hotel_id: int) -> tuple[int, int]:
    """The same day again and again, each time a day earlier; rows and bytes of a file."""
    with database.transaction() as connection:
        zone = hotel_time_zone(connection, hotel_id)
        end = local_midnight(date(2026, 3, 2), zone)
        found = manifest.leaving_rows(connection, hotel_id, end - timedelta(days=1), end, START)
    rows = found.select(manifest.ROW_COLUMNS).cast(parquet.SCHEMA)
    rows = rows.set_column(rows.schema.names.index("expected"), "expected", rows["metric_value"])
    counts = {one["values"]: one["counts"] for one in rows["metric_type"].value_counts().to_pylist()}
    size, stored = 0, sum(found["stored_bytes"].to_pylist())
    for number in range(DAYS):
        back, day = timedelta(days=100 + number), date(2026, 3, 1) - timedelta(days=100 + number)
        earlier = rows
        for name in INSTANTS:
            moved = compute.subtract(rows[name], pa.scalar(back, pa.duration("us")))
            earlier = earlier.set_column(rows.schema.names.index(name), name, moved)
        content = parquet.packed(earlier, hotel_id, day)
        path, size = folder.write(hotel_id, day, 1, content), len(content)
        ends = compute.min_max(earlier["timestamp"]).as_py()
        new = manifest.NewPartition(
            hotel_id=hotel_id, day=day, path=path, row_count=rows.num_rows, size_bytes=size, stored_bytes=stored,
            sha256=sha256(content).hexdigest(), first_at=ends["min"], last_at=ends["max"], metric_types=counts,
            schema_version=parquet.VERSION, created_at=START,
        )  # fmt: skip
        with database.transaction() as connection:
            manifest.add_partition(connection, new)
    return rows.num_rows, size


def streamed(history: MetricHistory, asked: Wanted) -> pd.DataFrame:
    return history.days(SYSTEM, asked).days


def joined(history: MetricHistory, asked: Wanted) -> pd.DataFrame:
    """How it was read at first."""
    with history.database.reading() as connection:
        files = history.files(connection, asked)
        zone = hotel_time_zone(connection, asked.hotel_id)
    tables = [
        parquet.selected(parquet.unpacked(history.folder.read(one.path, one.sha256)), METRIC, asked.since, asked.until)
        for one in files
    ]
    return by_day(parquet.joined(tables), zone)


def measured(
    work: Callable[[MetricHistory, Wanted], pd.DataFrame], url: str, folder: str, hotel_id: int
) -> tuple[float, int]:
    """Seconds, and by how many bytes the process grew at its largest."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(grown, (work, url, folder, hotel_id))


def grown(
    work: Callable[[MetricHistory, Wanted], pd.DataFrame], url: str, folder: str, hotel_id: int
) -> tuple[float, int]:
    history = MetricHistory(open_database(url), ArchiveFolder(Path(folder)))
    asked = Wanted(hotel_id, METRIC, START - timedelta(days=600), START - timedelta(days=99))
    work(history, Wanted(hotel_id, METRIC, START - timedelta(days=102), START - timedelta(days=99)))  # loads libraries
    before, started = resident("VmRSS"), perf_counter()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the largest so far is forgotten: man 5 proc
    found = work(history, asked)
    seconds = perf_counter() - started
    if len(found) < DAYS:
        raise AssertionError(f"{len(found)} days")
    return seconds, resident("VmHWM") - before


def resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
