"""Compares every metric row, in the database and in the archive's files, with what was written (SPEC A7.5)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import archive as manifest
from db.queries import metric_checksums, metric_findings, versions
from db.queries.archive import Partition
from db.queries.metric_checksums import CHUNK_ROWS, ChangedRow, RowKey
from db.queries.metric_findings import NewFinding
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult, Reason
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder

CHANGED, UNSEALED = "row_changed", "row_unsealed"
ALERT, METRIC = "kayit_degismis", "kayit_butunlugu"
MOST_KEPT = 1_000  # findings of a hotel; the run tells how many there are
OF_DATABASE = 0.8  # how much of the work is done when only the files are left

log = logger(__name__)


@dataclass
class Found:
    """What a verification came across so far."""

    rows: int = 0
    archived_rows: int = 0
    files: int = 0
    count: int = 0
    kept: list[NewFinding] = field(default_factory=list)

    def add(self, finding: NewFinding) -> None:
        self.count += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(finding)


@dataclass(frozen=True)
class Verification:
    """A row that somebody changed past Barometer has no longer the checksum that it was written with."""

    database: Database
    folder: ArchiveFolder
    alerts: AlertService
    chunk_rows: int = CHUNK_ROWS

    def verify(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Every row and every file of a hotel, some thousands at a time: nobody waits for it.

        What it finds is kept and raises an alert, which closes itself when everything is as it was written again.
        """
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        found = Found()
        self._verify_rows(hotel_id, found, progress)
        self._verify_files(hotel_id, at, found, progress)
        with self.database.transaction() as connection:
            metric_findings.keep(connection, hotel_id, found.kept, at)
            self.alerts.apply(connection, result(hotel_id, found.count, at))
            versions.bump(connection, hotel_id, "archive")
        told = {
            "rows": found.rows, "archived_rows": found.archived_rows, "files": found.files, "findings": found.count,
            "first": [one.subject for one in found.kept[:20]],
        }  # fmt: skip
        if found.count:
            log.error("metric_rows_changed", hotel_id=hotel_id, **told)
        return StageReport(found.rows + found.archived_rows, found.count, told)

    def _verify_rows(self, hotel_id: int, found: Found, progress: Progress) -> None:
        with self.database.reading() as connection:
            expected = metric_checksums.count(connection, hotel_id)
        last: RowKey | None = None
        while True:
            progress(OF_DATABASE * min(found.rows / max(expected, 1), 1.0), "stage.verifying_rows")
            with self.database.reading() as connection:
                chunk = metric_checksums.verify_rows(connection, hotel_id, last, self.chunk_rows)
            found.rows += chunk.rows
            for row in chunk.changed:
                found.add(of_database(row))
            if chunk.rows < self.chunk_rows:
                return
            last = chunk.last

    def _verify_files(self, hotel_id: int, at: datetime, found: Found, progress: Progress) -> None:
        with self.database.reading() as connection:
            partitions = manifest.partitions(connection, hotel_id)
        for number, one in enumerate(partitions):
            progress(OF_DATABASE + (1 - OF_DATABASE) * number / len(partitions), "stage.verifying_files")
            rows, wrong = self._of_file(one)
            found.files += 1
            found.archived_rows += rows
            for finding in wrong:
                found.add(finding)
            with self.database.transaction() as connection:
                manifest.note_verified(connection, one.id, at, wrong[0].fault if wrong else None)

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
