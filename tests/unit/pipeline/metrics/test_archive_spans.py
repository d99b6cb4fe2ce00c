"""Files of the archive are read one after the other, and what is held at once does not grow with them (A7.4)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from db.queries.alert_series import Key
from db.queries.archive import Partition
from db.queries.metric_values import Wanted
from db.session import Database
from pipeline.alerts.archived import joined, needed, shaped
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.archive.service import OF_DAYS, OF_VALUES, MetricHistory, by_day

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
ZONE = "Europe/Istanbul"
TYPES = ("dolum_sure", "stok_seviye", "tuketim_miktar", "zimmet_kullanim")
ASKED = Wanted(1, "tuketim_miktar", BEGIN - timedelta(days=9), BEGIN + timedelta(days=900))


def rows_of(seed: int, begin: datetime, hours: int, count: int) -> pa.Table:
    """Of every type as many, at full minutes so that two files can hold the same row."""
    random, kinds = np.random.default_rng(seed), np.repeat(TYPES, count)
    at = [begin + timedelta(minutes=int(minute)) for minute in random.integers(0, hours * 60, kinds.size)]
    numbers = {name: random.random(kinds.size) for name in ("metric_value", "expected", "exposure", "score")}
    columns: dict[str, Any] = {name: [None] * kinds.size for name in parquet.KINDS} | numbers | {
        "metric_type": kinds, "entity_type": ["minibar_slot"] * kinds.size, "timestamp": at, "interval_start": at,
        "entity_id": random.integers(1, 60, kinds.size), "collected_at": at,
        "extra_data": [f'{{"visit_id": {number}, "occupancy": "occupied"}}' for number in range(kinds.size)],
    }  # fmt: skip
    table = pa.table({name: pa.array(columns[name], kind) for name, kind in parquet.KINDS.items()})
    return parquet.joined([table, table]).sort_by([(name, "ascending") for name in parquet_order()])


def parquet_order() -> tuple[str, ...]:
    return ("metric_type", "timestamp", "entity_id")


@dataclass
class Shelf:
    """Files in memory; ``held``: bytes of tables in memory whenever one is opened."""

    contents: dict[str, bytes] = field(default_factory=dict)
    files: list[Partition] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    day_bytes: int = 0

    def add(self, rows: pa.Table) -> None:
        content, number = parquet.packed(rows, 1, date(2025, 1, 1)), len(self.files) + 1
        ends = rows["timestamp"].to_pylist()
        self.contents[f"{number}"] = content
        self.day_bytes = max(self.day_bytes, rows.nbytes)
        self.files.append(Partition(
            id=number, hotel_id=1, day=date(2025, 1, 1), path=f"{number}", row_count=rows.num_rows,
            size_bytes=len(content), stored_bytes=1, sha256=sha256(content).hexdigest(), first_at=min(ends),
            last_at=max(ends), metric_types={}, schema_version=1, created_at=BEGIN, verified_at=None, fault=None,
        ))  # fmt: skip

    def read(self, name: str, digest: str) -> bytes:
        self.held.append(pa.total_allocated_bytes())
        return self.contents[name]

    @property
    def history(self) -> MetricHistory:
        return MetricHistory(cast(Database, None), cast(ArchiveFolder, self))

    @property
    def ordered(self) -> list[Partition]:
        return sorted(self.files, key=lambda one: one.first_at)

    def spans(self, columns: tuple[str, ...] = OF_VALUES, asked: Wanted = ASKED) -> Iterator[pa.Table]:
        return self.history.spans(self.ordered, asked, columns)


@pytest.mark.parametrize("seed", range(8))
def test_files_that_overlap_in_any_way_give_what_all_of_them_joined_give(seed: int) -> None:
    shelf, random = Shelf(), np.random.default_rng(seed)
    tables = []
    for _ in range(12):
        begin = BEGIN + timedelta(hours=int(random.integers(0, 72)))
        tables.append(rows_of(int(random.integers(1_000)), begin, int(random.integers(1, 60)), 40))
        shelf.add(tables[-1])
    asked = Wanted(1, "tuketim_miktar", BEGIN + timedelta(hours=5), BEGIN + timedelta(hours=90))
    whole = parquet.joined([parquet.selected(one, asked.metric_type, asked.since, asked.until) for one in tables])
    spans = list(shelf.spans(asked=asked))
    found = pa.concat_tables(spans)
    assert found.equals(whole.select(found.schema.names))
    assert len(spans) > 3
    assert all(earlier["timestamp"][-1].as_py() < later["timestamp"][0].as_py()
               for earlier, later in pairwise(spans))  # fmt: skip


def test_days_of_spans_are_those_of_all_rows() -> None:
    rows = parquet.selected(rows_of(3, BEGIN, 100, 9_000), ASKED.metric_type, ASKED.since, ASKED.until)
    rows = parquet.joined([rows, rows])
    days = (rows["timestamp"].to_pandas() - pd.Timedelta(microseconds=1)).dt.tz_convert(ZONE).dt.date
    assert (rows["timestamp"].to_pandas().dt.tz_convert(ZONE).dt.strftime("%H:%M") == "00:00").sum() >= 4
    groups = rows.to_pandas().groupby(pd.to_datetime(days).to_numpy())
    found = by_day(rows, ZONE).set_index("day")
    assert len(found) == 5
    np.testing.assert_allclose(found["total"], groups["metric_value"].sum())
    np.testing.assert_allclose(found["expected"], groups["expected"].sum())
    assert found["rows"].tolist() == found["judged"].tolist() == groups.size().tolist()


def test_rows_of_a_night_on_which_clocks_went_back_over_midnight_are_all_told() -> None:
    begin = datetime(2010, 11, 7, 2, 40, tzinfo=UTC)  # nine minutes after 00:01 became 23:01 in Newfoundland
    rows = parquet.selected(rows_of(4, begin, 26, 900), ASKED.metric_type, begin, begin + timedelta(hours=30))
    found = by_day(parquet.joined([rows]), "America/St_Johns")
    assert found["rows"].sum() == rows.num_rows
    assert found["total"].sum() == pytest.approx(sum(rows["metric_value"].to_pylist()))


def days_of(shelf: Shelf) -> int:
    return sum(len(by_day(rows, ZONE)) for rows in shelf.spans(OF_DAYS))


def page_of(shelf: Shelf) -> int:
    nobody = Wanted(1, ASKED.metric_type, ASKED.since, ASKED.until, 9_999)
    return len(shelf.history._page(shelf.ordered, nobody, 1_000, None))


def series_of(shelf: Shelf, key: Key, parts: list[int]) -> int:
    spans = shelf.history.spans(shelf.ordered, ASKED, *needed(key, parts))
    return len(joined([shaped(rows, key, ZONE, parts) for rows in spans], key))


READERS = {
    "days": days_of,
    "page": page_of,
    "hotel": lambda shelf: series_of(shelf, ("tuketim_miktar", "tuketim_artis", "hotel", 1), []),
    "staff": lambda shelf: series_of(shelf, ("tuketim_miktar", "tuketim_dusus", "staff", 1), [7, 8]),
    "slot": lambda shelf: series_of(shelf, ("tuketim_miktar", "tuketim_anomali", "minibar_slot", 5), []),
}


@pytest.mark.parametrize("name", READERS)
def test_what_is_held_does_not_grow_with_the_days(name: str) -> None:
    shelf = Shelf()
    for day in range(40):
        shelf.add(rows_of(day, BEGIN + timedelta(days=day), 24, 1_500))
    began = pa.total_allocated_bytes()
    READERS[name](shelf)
    assert len(shelf.held) == 40
    assert max(shelf.held) - began < 1.5 * shelf.day_bytes, "of a file no more is held than of the next one"


def test_of_a_metric_type_and_some_columns_no_more_is_read() -> None:
    rows = rows_of(1, BEGIN, 24 * 30, 6_000)
    content = parquet.packed(rows, 1, date(2025, 1, 1))
    for metric_type in TYPES:
        read = parquet.unpacked(content, ["metric_type", "timestamp", "entity_id", "metric_value"], metric_type)
        assert read.num_columns == 4
        assert read.num_rows < 0.7 * rows.num_rows
        found = parquet.selected(read, metric_type, ASKED.since, ASKED.until)
        assert found.equals(parquet.selected(rows, metric_type, ASKED.since, ASKED.until).select(read.schema.names))
    assert parquet.unpacked(content, metric_type="zzz").num_rows == 0
    assert parquet.unpacked(content).equals(rows)
