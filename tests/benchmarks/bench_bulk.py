"""P-5: bulk write of 100,000 metric rows with upsert."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import text

from db.bulk import copy_frame, upsert_frame
from db.queries import metric_writes, watermarks
from db.session import Database
from tests.benchmarks.report import Row, timed
from tests.benchmarks.servers import fresh_database
from tests.integration.builders import build_hotel

ENTITIES, HOURS = 100, 1000
KEYS = ("hotel_id", "metric_type", "entity_id", "timestamp")
REFERENCE = "COPY into an unindexed copy"


def metric_rows(start: datetime) -> pd.DataFrame:
    """100,000 hourly rows of stok_seviye."""
    entity, hour = np.divmod(np.arange(ENTITIES * HOURS), HOURS)
    ends = pd.Timestamp(start).as_unit("us") + pd.to_timedelta(hour, unit="h")
    return pd.DataFrame(
        {
            "entity_id": entity + 1, "interval_start": ends - timedelta(hours=1), "timestamp": ends,
            "metric_value": np.random.default_rng(5).poisson(40, len(entity)).astype(float), "outflow": 0, "inflow": 0,
            "count_correction": 0,
        }
    )  # fmt: skip


def run() -> list[Row]:
    """New rows, the same rows again, and every value changed; against COPY of the same frame."""
    with fresh_database() as database:
        with database.transaction() as connection:
            hotel_id = build_hotel(connection).hotel_id
            connection.execute(text("CREATE TABLE unindexed AS SELECT * FROM ml_metrics"))
        plain = as_table(metric_rows(datetime(2024, 1, 1, tzinfo=UTC)), hotel_id)

        def copied() -> None:
            with database.transaction() as connection:
                copy_frame(connection, "unindexed", plain)

        reference = timed(copied)
        starts = [datetime(2020 + year, 1, 1, tzinfo=UTC) for year in range(4)]
        write(database, hotel_id, metric_rows(starts[0]))
        new = timed(lambda: write(database, hotel_id, metric_rows(starts.pop())))
        same = timed(lambda: write(database, hotel_id, metric_rows(datetime(2020, 1, 1, tzinfo=UTC))))
        generic = timed(lambda: upsert(database, plain.assign(timestamp=plain["timestamp"] + timedelta(days=3000))), 1)
    size = f"{ENTITIES * HOURS:,} metric rows"
    return [
        Row("P-5", f"{size}, new, compared with what is stored", new, REFERENCE, reference, "≤ 3 ×"),
        Row("P-5", f"{size}, unchanged: nothing is written", same, REFERENCE, reference, "≤ 3 ×"),
        Row("P-5", f"{size}, new, by db.bulk.upsert_frame", generic, REFERENCE, reference, "≤ 3 ×"),
    ]


def write(database: Database, hotel_id: int, rows: pd.DataFrame) -> None:
    with database.transaction() as connection:
        at = rows["timestamp"].max().to_pydatetime()
        window = watermarks.open_window(connection, hotel_id, "collect", "stok_seviye", at)
        none = pd.DataFrame({"entity_id": [], "since": []})
        metric_writes.replace_metrics(connection, window, "product", rows, none)


def as_table(rows: pd.DataFrame, hotel_id: int) -> pd.DataFrame:
    """The frame with the columns of ml_metrics."""
    named = {"hotel_id": hotel_id, "metric_type": "stok_seviye", "entity_type": "product"}
    extra = '{"inflow": 0, "outflow": 0, "count_correction": 0}'
    return rows.drop(columns=["outflow", "inflow", "count_correction"]).assign(**named, extra_data=extra)


def upsert(database: Database, rows: pd.DataFrame) -> None:
    with database.transaction() as connection:
        upsert_frame(connection, "ml_metrics", rows, KEYS)
