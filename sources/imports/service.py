"""Import of files into a hotel: read, recognise columns, check, write all or nothing, record the run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import AppError
from core.scope import Scope
from core.stage import Progress, silent
from db.queries import audit, versions
from db.queries import imports as queries
from db.queries.imports import HotelRow, Written
from db.session import Database
from sources.imports import bookings as booked
from sources.imports.columns import fold, match_columns
from sources.imports.fields import KINDS, Kind
from sources.imports.loading import Loaded, Loader
from sources.imports.parsing import parse_frame
from sources.imports.reading import Table, read_table
from sources.imports.report import RECORDED_ERRORS, ImportReport, RowError, record_of

METRIC_HEADINGS = {fold(name) for name in ("metric", *KINDS["series"].field("metric").headings)}
BOOKINGS_HOTEL = ("Resort Hotel", "Europe/Lisbon", "EUR")


@dataclass(frozen=True)
class Point:
    """One observation of a hotel's own series; ``entity`` '' where the metric has only one."""

    metric: str
    occurred_at: datetime
    value: float
    entity: str = ""
    unit: str | None = None


@dataclass(frozen=True)
class ImportService:
    """Files of every kind of ``fields.KINDS``: what a hotel has, and what it records."""

    database: Database

    def run(
        self,
        scope: Scope,
        hotel_id: int,
        kind: str,
        path: Path,
        *,
        mapping: dict[str, str] | None = None,
        dry_run: bool = False,
        skip_bad_rows: bool = False,
        create_rooms: bool = False,
        metric: str | None = None,
        progress: Progress = silent,
    ) -> ImportReport:
        """Import one file.

        ``mapping`` ({field: heading}) is kept for the hotel's next files of this kind. Errors refuse the whole file
        unless ``skip_bad_rows``; a dry run does everything and keeps nothing. ``create_rooms`` lets stays name new
        rooms. ``metric`` names the custom metric of a file of points that has no such column; else its file name does.
        Raises ``import_…`` errors for files that are no readable table of the kind.
        """
        hotel, told_by = self._hotel(scope, hotel_id), None if dry_run else scope.actor
        if kind not in KINDS:
            raise AppError("import_kind_unknown", params={"kind": kind, "known": ", ".join(KINDS)})
        progress(0.0, "import.progress.reading")
        name = (metric or path.name.split(".")[0]) if kind == "series" else None
        table, columns = self._read(hotel, kind, path, mapping, name, recorded_by=told_by)
        progress(0.2, "import.progress.parsing")
        frame, errors = parse_frame(table.frame, columns, KINDS[kind], hotel.time_zone)
        report = _started(kind, table, columns, dry_run=dry_run)
        with self.database.transaction() as connection:
            queries.lock_imports(connection, hotel.id)
            loader = Loader(connection, hotel, skip_bad_rows, create_rooms and kind == "stays", progress)
            report = _kept(connection, report, lambda: loader.load(kind, frame, table.errors + errors))
            if mapping and report.state == "imported":
                queries.save_mapping(connection, hotel.id, kind, mapping)
            if told_by is not None:
                report = self._record(connection, told_by, hotel, path, report)
        progress(1.0, "import.progress.done")
        return report

    def bookings(
        self,
        scope: Scope,
        path: Path,
        hotel_code: str = "RESORT",
        *,
        dry_run: bool = False,
        progress: Progress = silent,
    ) -> ImportReport:
        """A real hotel (made when absent) with its rooms and stays from a file of bookings."""
        scope.require("data.import")
        progress(0.0, "import.progress.reading")
        table = read_table(path)
        columns = match_columns(list(table.frame.columns), booked.BOOKINGS)
        frame, errors = parse_frame(table.frame, columns, booked.BOOKINGS, BOOKINGS_HOTEL[1])
        report = _started("bookings", table, columns, dry_run=dry_run)
        if table.errors or errors:
            return replace(report, state="refused", errors=table.errors + errors)
        stays = booked.stays_of(frame)
        if stays.empty:
            raise AppError("import_no_stays", params={"file": path.name})
        housed, rooms, details = booked.housed(stays)
        with self.database.transaction() as connection:
            savepoint = connection.begin_nested()
            hotel = queries.ensure_hotel(connection, hotel_code, *BOOKINGS_HOTEL)
            scope.require_hotel(hotel.id)
            queries.lock_imports(connection, hotel.id)
            loader = Loader(connection, hotel, progress=progress)
            loader.write_rooms(rooms)
            report = _finish(report, loader.load("stays", housed))
            report = replace(report, details={"hotel_id": hotel.id, **details})
            if report.state == "imported":
                report = self._record(connection, scope.actor, hotel, path, report)
                savepoint.commit()
            else:
                savepoint.rollback()
        progress(1.0, "import.progress.done")
        return report

    def post_points(self, scope: Scope, hotel_id: int, points: Sequence[Point]) -> Written:
        """Points of custom series as they come in, all or none; the same again changes nothing, others correct.

        They leave no import run: a sensor posts every minute. Raises ``points_wrong`` naming the points.
        """
        hotel = self._hotel(scope, hotel_id)
        frame = pd.DataFrame([vars(point) for point in points])
        frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], utc=True).astype("datetime64[us, UTC]")
        with self.database.transaction() as connection:
            queries.lock_imports(connection, hotel.id)
            loaded = Loader(connection, hotel).load("series", frame)
            if loaded.refused:
                found = [{"point": one.row, "field": one.field, "rule": one.code} for one in loaded.errors]
                raise AppError("points_wrong", 422, params={"count": len(found), "points": found[:RECORDED_ERRORS]})
            if loaded.written.inserted or loaded.written.updated:
                versions.bump(connection, hotel.id, "sources")
        return loaded.written

    def ensure_hotel(
        self, scope: Scope, code: str, name: str, time_zone: str = "Europe/Istanbul", currency: str = "EUR"
    ) -> int:
        """The id of the hotel of a code; a real one is made when there is none."""
        scope.require("data.import")
        with self.database.transaction() as connection:
            hotel = queries.ensure_hotel(connection, code, name, time_zone, currency)
            scope.require_hotel(hotel.id)
        return hotel.id

    def mapping(self, scope: Scope, hotel_id: int, kind: str) -> dict[str, str]:
        """The stored {field: heading} of a hotel's files of one kind."""
        hotel = self._hotel(scope, hotel_id)
        with self.database.reading() as connection:
            return queries.stored_mapping(connection, hotel.id, kind)

    def recent(self, scope: Scope, hotel_id: int) -> pd.DataFrame:
        """The latest recorded imports of a hotel, newest first."""
        hotel = self._hotel(scope, hotel_id)
        with self.database.reading() as connection:
            return queries.recent_runs(connection, hotel.id)

    def _hotel(self, scope: Scope, hotel_id: int) -> HotelRow:
        scope.require("data.import")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            hotel = queries.find_hotel(connection, hotel_id)
        if hotel is None:
            raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})
        return hotel

    def _read(
        self,
        hotel: HotelRow,
        kind: str,
        path: Path,
        mapping: dict[str, str] | None,
        metric: str | None,
        *,
        recorded_by: str | None,
    ) -> tuple[Table, dict[str, str]]:
        """The file's texts and which column is which field; a file that is no such table is recorded as refused."""
        try:
            table = read_table(path)
            if metric is not None and not any(fold(heading) in METRIC_HEADINGS for heading in table.frame.columns):
                table = Table(table.frame.assign(metric=metric), table.errors)
            with self.database.reading() as connection:
                stored = queries.stored_mapping(connection, hotel.id, kind)
            return table, match_columns(list(table.frame.columns), KINDS[kind], mapping, stored)
        except AppError as error:
            if recorded_by is not None:
                self._record_failure(recorded_by, hotel, kind, path, error)
            raise

    def _record(self, connection: Any, actor: str, hotel: HotelRow, path: Path, report: ImportReport) -> ImportReport:
        """The run's record and, when something was written, the new version of the hotel's sources."""
        run_id = queries.record_run(connection, hotel.id, _run_values(path, report))
        counts = {"kind": report.kind, "state": report.state, "inserted": report.inserted, "updated": report.updated}
        audit.record(
            connection, actor, "data_imported", hotel_id=hotel.id, entity=path.name,
            details=counts | {"run": run_id, "errors": len(report.errors)},
        )  # fmt: skip
        if report.inserted or report.updated:
            versions.bump(connection, hotel.id, "sources")
        return replace(report, run_id=run_id)

    def _record_failure(self, actor: str, hotel: HotelRow, kind: str, path: Path, error: AppError) -> None:
        report = ImportReport(kind, "refused", 0, errors=[RowError(0, "", "", error.code, error.params)])
        with self.database.transaction() as connection:
            self._record(connection, actor, hotel, path, report)


def _started(kind: str, table: Table, columns: dict[str, str], *, dry_run: bool) -> ImportReport:
    return ImportReport(
        kind,
        "checked" if dry_run else "imported",
        len(table.frame) + len(table.errors),
        columns=columns,
        ignored_columns=[name for name in table.frame.columns if name not in columns.values()],
    )


def _kept(connection: Any, report: ImportReport, work: Callable[[], Loaded]) -> ImportReport:
    """Do the work and keep it only when it is an import without a refusal."""
    savepoint = connection.begin_nested()
    report = _finish(report, work())
    if report.state == "imported":
        savepoint.commit()
    else:
        savepoint.rollback()
    return report


def _finish(report: ImportReport, loaded: Loaded) -> ImportReport:
    return replace(
        report,
        state="refused" if loaded.refused and report.state != "checked" else report.state,
        inserted=loaded.written.inserted,
        updated=loaded.written.updated,
        unchanged=loaded.written.unchanged,
        errors=loaded.errors,
        details=report.details | loaded.details,
    )


def _run_values(path: Path, report: ImportReport) -> dict[str, Any]:
    digest = ""
    if path.is_file():
        with path.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
    return record_of(report, path.name, digest)


def kinds() -> dict[str, Kind]:
    """The kinds of files and their fields, in the order a new hotel imports them."""
    return KINDS
