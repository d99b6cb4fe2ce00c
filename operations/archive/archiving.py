"""Moves metric rows past their retention into files, day by day (SPEC A7.3).

A file is whole on the disk before its line of the manifest and the deletion of its rows are committed together. Killed
in between, the rows are still in the database; the next run writes the same file again, under the same name.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pyarrow as pa

from core.clock import local_date, local_midnight
from core.errors import AppError
from core.logs import logger
from core.settings import Settings
from core.stage import Progress, silent
from db.queries import archive as queries
from db.queries import archive_mark, versions, watermarks
from db.queries.archive import ROW_COLUMNS, NewPartition, Partition
from db.queries.scores import hotel_time_zone
from db.session import Database
from operations.archive.ownership import Ownership
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder

log = logger(__name__)


@dataclass(frozen=True)
class Archived:
    """What left the database, and the files that it became; rows that lay in a file already made no new one."""

    rows: int = 0
    files: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Archived") -> "Archived":
        return Archived(self.rows + other.rows, self.files + other.files, self.size_bytes + other.size_bytes)


@dataclass(frozen=True)
class Archiving:
    """The only place that deletes metric rows for their age."""

    database: Database
    folder: ArchiveFolder
    days: int = 90  # that rows stay in the database; the day of the limit stays until all of it is as old
    unknown_days: int = 14  # that files stay which no manifest knows: as long as a restore can be undone

    @classmethod
    def of(cls, database: Database, settings: Settings) -> "Archiving":
        folder = ArchiveFolder(settings.archive_folder)
        return cls(database, folder, settings.metric_days, settings.backup_safety_days)

    @property
    def ownership(self) -> Ownership:
        return Ownership(self.database, self.folder)

    def border(self, hotel_id: int, at: datetime) -> datetime:
        """The local midnight before which rows leave."""
        with self.database.reading() as connection:
            return self._border(hotel_time_zone(connection, hotel_id), at)

    def _border(self, zone: str, at: datetime) -> datetime:
        return local_midnight(local_date(at - timedelta(days=self.days), zone), zone)

    def archive_old(self, hotel_id: int, at: datetime, progress: Progress = silent) -> Archived:
        """Every row before the border that nobody holds at ``at``; each local day is a transaction.

        Raises ``disk_full``, ``archive_not_written`` or what ``Ownership`` raises: then the rows of the day, and of
        those after it, are all there.
        """
        with self.database.reading() as connection:
            zone = hotel_time_zone(connection, hotel_id)
            before = self._border(zone, at)
            days = queries.old_days(connection, hotel_id, before, at, zone)
            is_begun = bool(days) or archive_mark.has_files(connection)
        if is_begun:
            self.ownership.claim()
        done = Archived()
        for number, day in enumerate(days):
            progress(number / len(days), "stage.archiving")
            done += self._archive_day(hotel_id, day, zone, before, at)
        with self.database.transaction() as connection:
            queries.lock(connection, hotel_id)
            watermarks.move_on(connection, hotel_id, watermarks.KEPT, before)
            if is_begun:
                self.ownership.require(connection)
                kept = timedelta(days=self.unknown_days)
                self.folder.sweep(hotel_id, queries.paths(connection, hotel_id), at, kept)
        if done.rows:
            log.info("rows_archived", hotel_id=hotel_id, rows=done.rows, files=done.files, size_bytes=done.size_bytes)
        return done

    def _archive_day(self, hotel_id: int, day: date, zone: str, before: datetime, at: datetime) -> Archived:
        since, until = local_midnight(day, zone), min(local_midnight(day + timedelta(days=1), zone), before)
        with self.database.transaction() as connection:
            queries.lock(connection, hotel_id)
            found = queries.leaving_rows(connection, hotel_id, since, until, at)
            if not found.num_rows:
                return Archived()
            older = queries.partitions(connection, hotel_id, since, until)
            fresh, size = found.filter(self._is_new(found, older)), 0
            if fresh.num_rows:
                self.ownership.require(connection)
                new = self._written(hotel_id, day, len(older) + 1, fresh, at)
                queries.add_partition(connection, new)
                size = new.size_bytes
            rows, newer = queries.delete_rows(connection, found)
            if newer:  # nothing of the day leaves; the next run takes them along
                params = {"path": f"{day}", "reason": f"{newer} rows were scored meanwhile"}
                raise AppError("archive_not_written", 409, params=params)
            watermarks.move_on(connection, hotel_id, watermarks.KEPT, until)
            for topic in ("metrics", "scores"):
                versions.bump(connection, hotel_id, topic)
        return Archived(rows, int(size > 0), size)

    def _written(self, hotel_id: int, day: date, part: int, found: pa.Table, at: datetime) -> NewPartition:
        rows = found.select(ROW_COLUMNS).cast(parquet.SCHEMA)
        content = parquet.packed(rows, hotel_id, day)
        if not same(parquet.unpacked(content), rows):
            raise AppError("archive_not_written", 500, params={"path": f"{day}", "reason": "packed differently"})
        path = self.folder.write(hotel_id, day, part, content)
        counts = {one["values"]: one["counts"] for one in rows["metric_type"].value_counts().to_pylist()}
        ends = rows["timestamp"].to_pylist()
        return NewPartition(
            hotel_id=hotel_id, day=day, path=path, row_count=rows.num_rows, size_bytes=len(content),
            stored_bytes=sum(found["stored_bytes"].to_pylist()), sha256=sha256(content).hexdigest(),
            first_at=min(ends), last_at=max(ends), metric_types=counts, schema_version=parquet.VERSION, created_at=at,
        )  # fmt: skip

    def _is_new(self, found: pa.Table, older: list[Partition]) -> pa.Array:
        """Which rows lie in no file as they are now: all, unless some were brought back or came late."""
        if not older:
            return pa.array([True] * found.num_rows)
        known = set[tuple[Any, ...]]()
        for table in self._readable(older):
            known |= set(_texts(table))
        return pa.array([row not in known for row in _texts(found)])

    def _readable(self, older: list[Partition]) -> list[pa.Table]:
        """What a damaged file holds is not known any more: its rows are written once more."""
        tables = []
        for one in older:
            try:
                tables.append(parquet.unpacked(self.folder.read(one.path, one.sha256)))
            except AppError as error:
                log.warning("archive_file_unusable", path=one.path, reason=str(error))
        return [parquet.joined(tables)] if tables else []


def same(left: pa.Table, right: pa.Table) -> bool:
    """To the last bit, whatever is no number included."""
    return left.schema.names == right.schema.names and _texts(left) == _texts(right)


def _texts(rows: pa.Table) -> list[tuple[Any, ...]]:
    """Rows that can be compared: NaN is another value than itself, its text is not."""
    columns = (rows[name].to_pylist() for name in ROW_COLUMNS)
    kept = [[repr(value) if isinstance(value, float) else value for value in column] for column in columns]
    return list(zip(*kept, strict=True))
