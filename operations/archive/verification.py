"""Compares every metric row, in the database and in the archive's files, with what was written (SPEC A7.5)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.errors import AppError
from core.logs import logger
from core.scope import SYSTEM, Scope
from core.stage import Progress, StageReport, silent
from db.queries import archive as manifest
from db.queries import audit, metric_checksums, metric_findings, versions, watermarks
from db.queries.archive import Partition
from db.queries.metric_checksums import CHUNK_ROWS, ChangedRow
from db.queries.metric_findings import NewFinding
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult, Reason
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder

CHANGED, UNSEALED = "row_changed", "row_unsealed"
ALERT, METRIC = "kayit_degismis", "kayit_butunlugu"
MOST_KEPT, MOST_OF_A_FILE = 1_000, 100  # findings of a hotel's rows and of one file; the run tells how many there are
FILES_SECONDS = 300.0  # a night; files that were verified longest ago come first
FIRST = 20  # are named in the run
NEVER = datetime.min.replace(tzinfo=UTC)
OF_DATABASE = 0.8  # how much of the work is done when only the files are left

log = logger(__name__)


@dataclass
class Found:
    """What a verification came across so far; ``extra``: findings that are counted and not kept."""

    rows: int = 0
    sealed: int = 0
    archived_rows: int = 0
    files: int = 0
    files_left: int = 0
    extra: int = 0
    first: list[str] = field(default_factory=list)

    def tell(self, findings: Sequence[NewFinding], most: int) -> list[NewFinding]:
        """Those to be kept."""
        kept = list(findings[:most])
        self.extra += len(findings) - len(kept)
        self.first += [one.subject for one in kept[: FIRST - len(self.first)]]
        return kept


@dataclass(frozen=True)
class Verification:
    """A row that somebody changed past Barometer has no longer the checksum that it was written with."""

    database: Database
    folder: ArchiveFolder
    alerts: AlertService
    chunk_rows: int = CHUNK_ROWS

    def verify(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Every row of a hotel, some thousands at a time, and its files for as long as a night has time for them.

        What it finds is kept as it comes; it raises an alert, which closes itself when everything is as it was
        written again.
        """
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        found = Found()
        self._verify_rows(hotel_id, at, found, progress)
        self._verify_files(hotel_id, at, found, progress)
        with self.database.transaction() as connection:
            findings = metric_findings.count(connection, [hotel_id]) + found.extra
            self.alerts.apply(connection, result(hotel_id, findings, at))
            versions.bump(connection, hotel_id, "archive")
        told = {
            "rows": found.rows, "archived_rows": found.archived_rows, "files": found.files,
            "files_left": found.files_left, "sealed": found.sealed, "findings": findings, "first": found.first,
        }  # fmt: skip
        if findings:
            log.error("metric_rows_changed", hotel_id=hotel_id, **told)
        return StageReport(found.rows + found.archived_rows, findings, told)

    def _verify_rows(self, hotel_id: int, at: datetime, found: Found, progress: Progress) -> None:
        with self.database.reading() as connection:
            expected = metric_checksums.count(connection, hotel_id)
            seals = watermarks.reached(connection, hotel_id, watermarks.VERIFIED) is None
        last, wrong = None, list[NewFinding]()
        while True:
            progress(OF_DATABASE * min(found.rows / max(expected, 1), 1.0), "stage.verifying_rows")
            with self.database.reading() as connection:
                chunk = metric_checksums.verify_rows(connection, hotel_id, last, self.chunk_rows)
            found.rows += chunk.rows
            unsealed = [row for row in chunk.changed if seals and not row.is_sealed]
            found.sealed += self._seal(hotel_id, unsealed)
            wrong += [of_database(row) for row in chunk.changed if row not in unsealed]
            if chunk.rows < self.chunk_rows:
                break
            last = chunk.last
        with self.database.transaction() as connection:
            watermarks.move_on(connection, hotel_id, watermarks.VERIFIED, at)
            kept = found.tell(wrong, MOST_KEPT)
            metric_findings.keep(connection, hotel_id, None, kept, at, clears=len(kept) == len(wrong))

    def _seal(self, hotel_id: int, unsealed: Sequence[ChangedRow]) -> int:
        """Rows that a process of the version before wrote while checksums were introduced; only the first time."""
        if not unsealed:
            return 0
        with self.database.transaction() as connection:
            rows = metric_checksums.seal(connection, hotel_id, unsealed)
            audit.record(connection, SYSTEM.actor, "metric_rows_sealed", hotel_id=hotel_id, details={"rows": rows})
        return rows

    def _verify_files(self, hotel_id: int, at: datetime, found: Found, progress: Progress) -> None:
        with self.database.transaction() as connection:
            partitions = manifest.partitions(connection, hotel_id)
            metric_findings.clear_others(connection, hotel_id, [one.path for one in partitions], at)
        begun = time.monotonic()
        for number, one in enumerate(sorted(partitions, key=lambda one: (one.verified_at or NEVER, one.id))):
            progress(OF_DATABASE + (1 - OF_DATABASE) * number / len(partitions), "stage.verifying_files")
            if time.monotonic() - begun > FILES_SECONDS:
                found.files_left = len(partitions) - number
                return
            rows, wrong = self._of_file(one)
            found.files += 1
            found.archived_rows += rows
            with self.database.transaction() as connection:
                manifest.note_verified(connection, one.id, at, wrong[0].fault if wrong else None)
                kept = found.tell(wrong, MOST_OF_A_FILE)
                metric_findings.keep(connection, hotel_id, one.path, kept, at, clears=len(kept) == len(wrong))

    def _of_file(self, one: Partition) -> tuple[int, list[NewFinding]]:
        """How many rows were compared, and what is wrong: the file as a whole, or rows in it, which were not as they
        were written when they were archived."""
        try:
            rows = parquet.unpacked(self.folder.read(one.path, one.sha256))
        except AppError as error:
            return 0, [NewFinding(one.path, error.code, one.path)]
        return rows.num_rows, [of_archive(one.path, row) for row in parquet.changed(rows, one.hotel_id)]


def of_database(row: ChangedRow) -> NewFinding:
    fault = CHANGED if row.is_sealed else UNSEALED
    return NewFinding(
        f"{row.metric_type}/{row.entity_id}/{row.timestamp.isoformat()}", fault, None, row.metric_type,
        row.entity_type, row.entity_id, row.timestamp, row.metric_value,
    )  # fmt: skip


def of_archive(path: str, row: dict[str, Any]) -> NewFinding:
    fault = CHANGED if row["checksum"] else UNSEALED
    return NewFinding(
        f"{path}#{row['metric_type']}/{row['entity_id']}/{row['timestamp'].isoformat()}", fault, path,
        row["metric_type"], row["entity_type"], row["entity_id"], row["timestamp"], row["metric_value"],
    )  # fmt: skip


def result(hotel_id: int, findings: int, at: datetime) -> DetectionResult:
    """An alert while anything is not as it was written, else the sign that it is over."""
    if not findings:
        return DetectionResult(hotel_id, METRIC, at, (), frozenset({(ALERT, "hotel", hotel_id)}))
    found = float(findings)
    anomaly = Anomaly(
        ALERT, METRIC, "hotel", hotel_id, at, at, found, expected=0.0, lower=0.0, upper=0.0, deviation_ratio=found,
        score=0.0, severity="kritik", reasons=(Reason("reason.rows_changed", {"findings": findings}),),
        context_signature=f"{ALERT}:{hotel_id}:{findings}",
    )  # fmt: skip
    return DetectionResult(hotel_id, METRIC, at, (anomaly,), frozenset())
