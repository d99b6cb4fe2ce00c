"""Reads metric rows across the border between the database and the archive (SPEC A7.4)."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from db.queries import archive as manifest
from db.queries import metric_days, metric_values, watermarks
from db.queries.archive import Partition
from db.queries.metric_days import Entity
from db.queries.metric_values import MetricValue, Wanted
from db.queries.scores import hotel_time_zone
from db.session import Database
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.registry import METRIC_TYPES

__all__ = ["DaySeries", "Entity", "MetricHistory", "Wanted"]

OF_DAYS = [*parquet.KEYS, "metric_value", "expected"]
SUMMED = ("count", "daily_count", "revenue")  # families of which a day is the sum of its rows, of others their mean

log = logger(__name__)
Cursor = tuple[datetime, int]


@dataclass(frozen=True)
class DaySeries:
    """``days``: day, value, expected (NaN: not judged), is_archived, of the days that have rows.

    ``faults``: files of the archive that are not as they were written, and why; their days are missing.
    """

    days: pd.DataFrame
    is_sum: bool
    faults: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricHistory:
    """Which files a read needs is known from the manifest; each is proven by its checksum whenever it is read."""

    database: Database
    folder: ArchiveFolder

    def values(
        self, scope: Scope, wanted: Wanted, limit: int, after: Cursor | None = None
    ) -> tuple[list[MetricValue], Cursor | None]:
        """At most ``limit`` values behind ``after`` in the order of (timestamp, entity_id), and where they end.

        The second is None where nothing follows. Raises ``not_found`` (404) for a metric type that there is not, and
        ``archive_file_damaged``, ``archive_file_missing`` or ``archive_file_unreadable`` (409).
        """
        scope.require("metrics.read")
        scope.require_hotel(wanted.hotel_id)
        _known(wanted.metric_type)
        with self.database.reading() as connection:
            stored = metric_values.page(connection, wanted, limit + 1, after)
            files = self._files(connection, wanted, after)
        here = {(row.timestamp, row.entity_id) for row in stored}
        archived = [row for row in self._page(files, wanted, limit + 1, after) if _key(row) not in here]
        found = sorted([*stored, *archived], key=_key)[: limit + 1]
        rows = found[:limit]
        return rows, _key(rows[-1]) if len(found) > limit else None

    def days(self, scope: Scope, wanted: Wanted) -> DaySeries:
        """A metric by hotel-local day, of one entity or of the whole hotel; a day is that of an interval's end."""
        scope.require("metrics.read")
        scope.require_hotel(wanted.hotel_id)
        metric = _known(wanted.metric_type)
        with self.database.reading() as connection:
            zone = hotel_time_zone(connection, wanted.hotel_id)
            border = watermarks.kept_since(connection, wanted.hotel_id)
            recent = metric_days.of_database(connection, wanted, zone, since=border)
            files = self._files(connection, wanted, None)
            held = metric_days.before(connection, wanted, border) if border else None
        is_sum, faults = metric.family in SUMMED, dict[str, str]()
        frames = [recent.assign(is_archived=False)]
        if held is not None and held.num_rows:
            frames.append(by_day(held, zone, is_archived=False))
        # One local day after the other: a year of a large hotel is more than what should be in memory at once.
        for _, parts in groupby(sorted(files, key=_day_and_id), key=lambda one: one.day):
            rows, broken = self._older(list(parts), wanted, OF_DAYS)
            faults |= broken
            if held is not None and held.num_rows and rows.num_rows:
                rows = parquet.without(rows, held)
            if rows.num_rows:
                frames.append(by_day(rows, zone, is_archived=True))
        frame = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
        return DaySeries(_shaped(frame, is_sum=is_sum), is_sum, faults)

    def archived(self, connection: Any, wanted: Wanted) -> pa.Table:
        """The rows that lie in files (see ``parquet.KINDS``); files that are not as they were written are left out."""
        return self._older(self._files(connection, wanted, None), wanted)[0]

    def entities(self, scope: Scope, hotel_id: int, entity_type: str) -> list[Entity]:
        """Of whom a reader can choose one."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return metric_days.entities(connection, hotel_id, entity_type)

    def _files(self, connection: Any, wanted: Wanted, after: Cursor | None) -> list[Partition]:
        since = max(wanted.since, after[0]) if after else wanted.since
        return manifest.partitions(connection, wanted.hotel_id, since, wanted.until, wanted.metric_type)

    def _page(self, files: list[Partition], wanted: Wanted, limit: int, after: Cursor | None) -> list[MetricValue]:
        """The first ``limit`` rows; files that begin after the last of them are not opened."""
        opened: dict[int, pa.Table] = {}
        rows = parquet.SCHEMA.empty_table()
        for one in sorted(files, key=lambda part: part.first_at):
            if rows.num_rows >= limit and one.first_at > rows["timestamp"][limit - 1].as_py():
                break
            opened[one.id] = parquet.behind(self._selected(one, wanted), after)
            rows = parquet.joined([opened[key] for key in sorted(opened)])
        return [_value(row) for row in rows.slice(0, limit).to_pylist()]

    def _older(
        self, files: list[Partition], wanted: Wanted, columns: list[str] | None = None
    ) -> tuple[pa.Table, dict[str, str]]:
        tables, faults = [], {}
        for one in files:
            try:
                tables.append(self._selected(one, wanted, columns))
            except AppError as error:
                faults[one.path] = error.code
                log.warning("archive_file_left_out", path=one.path, reason=str(error))
        return parquet.joined(tables), faults

    def _selected(self, one: Partition, wanted: Wanted, columns: list[str] | None = None) -> pa.Table:
        rows = parquet.unpacked(self.folder.read(one.path, one.sha256), columns)
        entities = None if wanted.entity_id is None else [wanted.entity_id]
        return parquet.selected(rows, wanted.metric_type, wanted.since, wanted.until, entities)


def _known(metric_type: str) -> MetricType:
    """Raises ``not_found`` (404) for a metric type that there is not."""
    found = METRIC_TYPES.get(metric_type)
    if found is None:
        raise AppError("not_found", 404, params={"what": f"metric type {metric_type}"})
    return found


def _day_and_id(one: Partition) -> tuple[date, int]:
    return one.day, one.id


def by_day(rows: pa.Table, zone: str, *, is_archived: bool) -> pd.DataFrame:
    """day, total, expected, judged, rows, is_archived."""
    frame = rows.select(["timestamp", "metric_value", "expected"]).to_pandas()
    day = (frame["timestamp"] - pd.Timedelta(microseconds=1)).dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    groups = frame.assign(day=day).groupby("day")
    found = groups.agg(
        total=("metric_value", "sum"), expected=("expected", "sum"), judged=("expected", "count"),
        rows=("metric_value", "size"),
    )  # fmt: skip
    return cast(pd.DataFrame, found.reset_index().assign(is_archived=is_archived))


def _shaped(frame: pd.DataFrame, *, is_sum: bool) -> pd.DataFrame:
    """The day of the border may have parts on both of its sides."""
    parts = frame.groupby("day", as_index=False).agg(
        {"total": "sum", "expected": "sum", "judged": "sum", "rows": "sum", "is_archived": "max"}
    )
    expected = parts["expected"].where(parts["judged"] == parts["rows"])
    by = 1 if is_sum else parts["rows"]
    return pd.DataFrame(
        {"day": parts["day"], "value": parts["total"] / by, "expected": expected / by,
         "is_archived": parts["is_archived"].astype(bool)}
    )  # fmt: skip


def _key(row: MetricValue) -> Cursor:
    return row.timestamp, row.entity_id


def _value(row: dict[str, Any]) -> MetricValue:
    extra = None if row["extra_data"] is None else json.loads(row["extra_data"])
    return MetricValue(
        row["entity_type"], row["entity_id"], row["interval_start"], row["timestamp"], row["metric_value"],
        row["exposure"], extra,
    )  # fmt: skip
