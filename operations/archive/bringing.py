"""Brings rows back from the archive for a while, and sends them away again (SPEC A7.4)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from core.errors import AppError
from core.logs import logger
from core.stage import Progress, silent
from db.queries import archive as manifest
from db.queries import archive_holds as queries
from db.queries import versions
from db.queries.archive import Partition
from db.queries.archive_holds import NewHold
from db.session import Database
from operations.archive.archiving import Archiving
from operations.preflight import MEGABYTE, MIN_FREE_MB, free_megabytes
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder

ROOM_TIMES = 6  # a row's own bytes: with its score, the entries of its indexes, and the server's log

log = logger(__name__)


@dataclass(frozen=True)
class Brought:
    """What came back; ``refused``: files that are not as they were written, and why."""

    rows: int
    days: int
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SentAway:
    """What left again; ``staying``: rows of the period that another one keeps, which was brought back too."""

    rows: int
    files: int
    size_bytes: int
    staying: int


@dataclass(frozen=True)
class Bringing:
    """The rows come back exactly as they left, with their scores; what stands in the database stays as it is."""

    database: Database
    folder: ArchiveFolder
    archiving: Archiving
    disk: Path | None = None  # the folder of the database, where that is on this machine

    def require_room(self, files: list[Partition]) -> None:
        """Raises ``archive_no_room`` where the disk of the database has none for the rows of these files."""
        if self.disk is None:
            return
        needed_mb = MIN_FREE_MB + ROOM_TIMES * sum(one.stored_bytes for one in files) // MEGABYTE
        free_mb = free_megabytes(self.disk)
        if free_mb < needed_mb:
            params = {"folder": str(self.disk), "free_mb": free_mb, "needed_mb": needed_mb}
            raise AppError("archive_no_room", 409, params=params)

    def bring_back(self, hold: NewHold, progress: Progress = silent) -> Brought:
        """Day by day, each in a transaction; a damaged file is refused, the others go on. Twice changes nothing.

        Raises like ``require_room``; then nothing came back.
        """
        with self.database.transaction() as connection:
            manifest.lock(connection, hold.hotel_id)
            files = manifest.partitions(connection, hold.hotel_id, hold.since, hold.until)
            self.require_room(files)
            hold_id = queries.add(connection, hold)
        rows, standing, refused = 0, 0, dict[str, str]()
        days = [(day, list(parts)) for day, parts in groupby(sorted(files, key=_day), key=_day)]
        for number, (_, parts) in enumerate(days):
            progress(number / len(days), "stage.bringing_back")
            found = self._rows(hold, parts, refused)
            standing += found.num_rows
            rows += self._bring_day(hold.hotel_id, hold_id, found, standing)
        log.info("rows_brought_back", hotel_id=hold.hotel_id, rows=rows, refused=len(refused))
        return Brought(rows, len(days), refused)

    def send_away(self, hotel_id: int, hold_id: int, at: datetime, progress: Progress = silent) -> SentAway:
        """What was brought back leaves now; rows that lie in a file as they are make no new one."""
        with self.database.transaction() as connection:
            period = queries.end(connection, hotel_id, hold_id, at)
        done = self.archiving.archive_old(hotel_id, at, progress)
        with self.database.reading() as connection:
            staying = queries.staying(connection, hotel_id, period, at)
        return SentAway(done.rows, done.files, done.size_bytes, staying)

    def _rows(self, hold: NewHold, parts: list[Partition], refused: dict[str, str]) -> pa.Table:
        """Of one day, those that the hold asks for."""
        tables = []
        for one in sorted(parts, key=lambda part: part.id):
            try:
                tables.append(parquet.unpacked(self.folder.read(one.path, one.sha256)))
            except AppError as error:
                refused[one.path] = error.code
                log.warning("archive_file_refused", path=one.path, reason=str(error))
        return parquet.between(parquet.joined(tables), hold.since, hold.until)

    def _bring_day(self, hotel_id: int, hold_id: int, found: pa.Table, standing: int) -> int:
        """``standing``: rows of the hold that stand in the database with this day's; how many came."""
        with self.database.transaction() as connection:
            manifest.lock(connection, hotel_id)
            written = queries.write_rows(connection, hotel_id, found)
            queries.note_rows(connection, hold_id, standing)
            for topic in ("metrics", "scores", "archive"):
                versions.bump(connection, hotel_id, topic)
        return written


def _day(one: Partition) -> date:
    return one.day
