"""Reads metric rows across the border between the database and the archive (SPEC A7.4)."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as arrow_compute

from core.clock import local_date, local_midnight
from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.settings import Settings
from db.queries import archive as manifest
from db.queries import metric_days, metric_values
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

SUMMED = ("count", "daily_count", "revenue")  # families of which a day is the sum of its rows, of others their mean
OF_DAYS = ("metric_value", "expected")
OF_VALUES = ("entity_type", "interval_start", "metric_value", "exposure", "extra_data")
MOST_DAYS = 1_100  # that are shown at once: three years
MOST_OPENED = 100  # files for a page of values: of an entity that hardly occurs the next page goes on

log = logger(__name__)
Cursor = tuple[datetime, int]


@dataclass(frozen=True)
class DaySeries:
    """``days``: day, value, expected (NaN: not judged), is_archived, of the days that have rows.

    ``is_archived``: some of the day's rows lie in files alone.
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

    @classmethod
    def of(cls, database: Database, settings: Settings) -> "MetricHistory":
        return cls(database, ArchiveFolder(settings.archive_folder))

    def values(
        self, scope: Scope, wanted: Wanted, limit: int, after: Cursor | None = None
    ) -> tuple[list[MetricValue], Cursor | None]:
        """At most ``limit`` values behind ``after`` in the order of (timestamp, entity_id), and where they end.

        The second is None where nothing follows; fewer rows, also none, may be followed by others, since a call opens
        no more than ``MOST_OPENED`` files. Raises ``not_found`` (404) for a metric type that there is not, and
        ``archive_file_damaged``, ``archive_file_missing`` or ``archive_file_unreadable`` (409).
        """
        scope.require("metrics.read")
        scope.require_hotel(wanted.hotel_id)
        _known(wanted.metric_type)
        with self.database.reading() as connection:
            since = max(wanted.since, after[0]) if after else wanted.since
            files, end = _few(self.files(connection, replace(wanted, since=since)), since)
            within = replace(wanted, until=min(wanted.until, end)) if end else wanted
            stored = metric_values.page(connection, within, limit + 1, after)
        here = {(row.timestamp, row.entity_id) for row in stored}
        archived = [row for row in self._page(files, within, limit + 1, after) if _key(row) not in here]
        found = sorted([*stored, *archived], key=_key)[: limit + 1]
        if len(found) > limit:
            return found[:limit], _key(found[limit - 1])
        return found, (end, 0) if end else None

    def days(self, scope: Scope, wanted: Wanted) -> DaySeries:
        """A metric by hotel-local day, of one entity or of the whole hotel; a day is that of an interval's end.

        Raises ``not_found`` (404), and ``period_wrong`` or ``period_too_long``.
        """
        scope.require("metrics.read")
        scope.require_hotel(wanted.hotel_id)
        metric = _known(wanted.metric_type)
        _bounded(wanted)
        faults = dict[str, str]()
        with self.database.reading() as connection:
            zone = hotel_time_zone(connection, wanted.hotel_id)
            stored = metric_days.of_database(connection, wanted, zone)
            stored_from = None if stored.empty else local_midnight(stored["day"].min().date(), zone)
            spans = self.alone(
                connection, self.files(connection, wanted), wanted, OF_DAYS, stored_from=stored_from, faults=faults
            )
            parts = [stored.assign(is_archived=False), *(by_day(rows, zone) for rows in spans)]
        is_sum = metric.family in SUMMED
        return DaySeries(_shaped(pd.concat(parts, ignore_index=True), is_sum=is_sum), is_sum, faults)

    def files(self, connection: Any, wanted: Wanted) -> list[Partition]:
        """Those that can hold what is wanted, in the order in which they begin."""
        found = manifest.partitions(connection, wanted.hotel_id, wanted.since, wanted.until, wanted.metric_type)
        return sorted(found, key=lambda one: one.first_at)

    def spans(
        self, files: list[Partition], wanted: Wanted, columns: Sequence[str],
        entities: Collection[int] | None = None, faults: dict[str, str] | None = None,
    ) -> Iterator[pa.Table]:  # fmt: skip
        """Some columns of rows that lie in files, by time and entity: a day or so at once, never all.

        What a file holds behind the begin of the next one waits for that one's rows. A file that is not as it was
        written is left out and told in ``faults``; without ``faults`` it raises, as ``values`` does.
        """
        waiting: dict[int, pa.Table] = {}
        for one, following in zip_longest(files, files[1:]):
            try:
                waiting[one.id] = self._selected(one, wanted, columns, entities)
            except AppError as error:
                if faults is None:
                    raise
                faults[one.path] = error.code
                log.warning("archive_file_left_out", path=one.path, reason=str(error))
            parts = {key: parquet.parted(waiting[key], following.first_at if following else wanted.until)
                     for key in sorted(waiting)}  # fmt: skip
            waiting = {key: later for key, (_, later) in parts.items() if later.num_rows}
            ready = parquet.joined([earlier for earlier, _ in parts.values()])
            if ready.num_rows:
                yield ready

    def alone(
        self, connection: Any, files: list[Partition], wanted: Wanted, columns: Sequence[str], *,
        stored_from: datetime | None, entities: Collection[int] | None = None, faults: dict[str, str],
    ) -> Iterator[pa.Table]:  # fmt: skip
        """``spans`` of the rows that lie in files alone.

        ``stored_from``: before it none of the wanted rows stands in the database; None: none at all does.
        """
        for rows in self.spans(files, wanted, columns, entities, faults):
            is_apart = stored_from is None or rows["timestamp"][-1].as_py() < stored_from
            yield rows if is_apart else _unstored(connection, wanted, rows)

    def entities(self, scope: Scope, hotel_id: int, entity_type: str) -> list[Entity]:
        """Of whom a reader can choose one."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return metric_days.entities(connection, hotel_id, entity_type)

    def _page(self, files: list[Partition], wanted: Wanted, limit: int, after: Cursor | None) -> list[MetricValue]:
        """The first ``limit`` rows; files that begin after the last of them are not opened."""
        found: list[MetricValue] = []
        for rows in self.spans(files, wanted, OF_VALUES):
            found += [_value(row) for row in parquet.behind(rows, after).slice(0, limit - len(found)).to_pylist()]
            if len(found) >= limit:
                break
        return found

    def _selected(
        self, one: Partition, wanted: Wanted, columns: Sequence[str], entities: Collection[int] | None
    ) -> pa.Table:
        read = dict.fromkeys((*parquet.KEYS, *columns))
        rows = parquet.unpacked(self.folder.read(one.path, one.sha256), [*read], wanted.metric_type)
        chosen = entities if wanted.entity_id is None else [wanted.entity_id]
        return parquet.selected(rows, wanted.metric_type, wanted.since, wanted.until, chosen)


def _few(files: list[Partition], since: datetime) -> tuple[list[Partition], datetime | None]:
    """The first files, and the instant from which on there are others; None: there are none."""
    end = next((one.first_at for one in files[MOST_OPENED:] if one.first_at > since), None)
    return (files, None) if end is None else ([one for one in files if one.first_at < end], end)


def _unstored(connection: Any, wanted: Wanted, rows: pa.Table) -> pa.Table:
    """A span's rows but those that stand in the database too, in the order of time."""
    if not rows.num_rows:
        return rows
    first, last = rows["timestamp"][0].as_py(), rows["timestamp"][-1].as_py()
    keys = metric_days.keys(connection, replace(wanted, since=first, until=last + timedelta(microseconds=1)))
    return parquet.without(rows, keys.cast(pa.schema([(name, parquet.KINDS[name]) for name in keys.schema.names])))


def _bounded(wanted: Wanted) -> None:
    """Raises ``period_wrong`` or ``period_too_long``."""
    if wanted.until < wanted.since:
        raise AppError("period_wrong", params={"since": str(wanted.since), "until": str(wanted.until)})
    if wanted.until - wanted.since > timedelta(days=MOST_DAYS):
        raise AppError("period_too_long", params={"most": MOST_DAYS})


def _known(metric_type: str) -> MetricType:
    """Raises ``not_found`` (404) for a metric type that there is not."""
    found = METRIC_TYPES.get(metric_type)
    if found is None:
        raise AppError("not_found", 404, params={"what": f"metric type {metric_type}"})
    return found


def by_day(rows: pa.Table, zone: str) -> pd.DataFrame:
    """day, total, expected, judged, rows, is_archived; of ``rows`` in the order of time."""
    at, found = rows["timestamp"].to_numpy(), []
    begin, last = 0, _day_of(rows["timestamp"][-1].as_py(), zone) if len(at) else None
    while begin < len(at):
        day = _day_of(rows["timestamp"][begin].as_py(), zone)
        midnight = np.datetime64(local_midnight(day + timedelta(days=1), zone).replace(tzinfo=None), "us")
        # Where clocks went back over midnight a day comes twice: then its rows come one by one, but they come.
        end = len(at) if day == last else max(begin + 1, int(np.searchsorted(at, midnight, side="right")))
        part = rows.slice(begin, end - begin)
        judged = part.num_rows - part["expected"].null_count
        found.append((pd.Timestamp(day), _sum(part["metric_value"]), _sum(part["expected"]), judged, part.num_rows))
        begin = end
    frame = pd.DataFrame(found, columns=["day", "total", "expected", "judged", "rows"])
    return frame.astype({"day": "datetime64[s]"}).assign(is_archived=True)


def _day_of(ended_at: datetime, zone: str) -> date:
    return local_date(ended_at - timedelta(microseconds=1), zone)


def _sum(values: pa.ChunkedArray) -> float:
    return float(arrow_compute.sum(values, min_count=0).as_py())


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
