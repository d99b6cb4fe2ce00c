"""Brings rows back from the archive for a while, and sends them away again (SPEC A7.4)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from core.errors import AppError
from core.logs import logger
from core.stage import Progress, silent
from db.queries import archive as manifest
from db.queries import archive_holds as queries
from db.queries import versions
from db.queries.archive import Partition
from db.queries.archive_holds import NewHold
from db.session import Database
from operations.archive.archiving import Archived, Archiving
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder

log = logger(__name__)


@dataclass(frozen=True)
class Brought:
    """What came back; ``refused``: files that are not as they were written, and why."""

    rows: int
    days: int
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bringing:
    """The rows come back exactly as they left, with their scores; what stands in the database stays as it is."""

    database: Database
    folder: ArchiveFolder
    archiving: Archiving

    def bring_back(self, hold: NewHold, progress: Progress = silent) -> Brought:
        """Day by day, each in a transaction; a damaged file is refused, the others go on. Twice changes nothing."""
        with self.database.transaction() as connection:
            manifest.lock(connection, hold.hotel_id)
            hold_id = queries.add(connection, hold)
            files = manifest.partitions(connection, hold.hotel_id, hold.since, hold.until)
        rows, refused = 0, dict[str, str]()
        days = [(day, list(parts)) for day, parts in groupby(sorted(files, key=_day), key=_day)]
        for number, (_, parts) in enumerate(days):
            progress(number / len(days), "stage.bringing_back")
            rows += self._bring_day(hold, parts, refused)
        with self.database.transaction() as connection:
            queries.note_rows(connection, hold_id, rows)
        log.info("rows_brought_back", hotel_id=hold.hotel_id, rows=rows, refused=len(refused))
        return Brought(rows, len(days), refused)

    def send_away(self, hotel_id: int, hold_id: int, at: datetime, progress: Progress = silent) -> Archived:
        """What was brought back leaves now; rows that lie in a file as they are make no new one."""
        with self.database.transaction() as connection:
            queries.end(connection, hotel_id, hold_id, at)
        return self.archiving.archive_old(hotel_id, at, progress)

    def _bring_day(self, hold: NewHold, parts: list[Partition], refused: dict[str, str]) -> int:
        tables = []
        for one in sorted(parts, key=lambda part: part.id):
            try:
                tables.append(parquet.unpacked(self.folder.read(one.path, one.sha256)))
            except AppError as error:
                refused[one.path] = error.code
                log.warning("archive_file_refused", path=one.path, reason=str(error))
        rows = parquet.between(parquet.joined(tables), hold.since, hold.until)
        with self.database.transaction() as connection:
            manifest.lock(connection, hold.hotel_id)
            written = queries.write_rows(connection, hold.hotel_id, rows)
            for topic in ("metrics", "scores", "archive"):
                versions.bump(connection, hold.hotel_id, topic)
        return written


def _day(one: Partition) -> date:
    return one.day
