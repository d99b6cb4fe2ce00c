"""Copies the older system's records into our sources: all or nothing of what it can copy, nothing twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from core.scope import Scope
from core.stage import Progress, silent
from db.queries import audit, versions
from db.queries import imports as imported
from db.queries import older_system as queries
from db.queries.imports import HotelRow
from db.session import Database, open_database
from sources.imports.loading import Loader
from sources.imports.report import ImportReport, RowError, record_of
from sources.imports.rules import field_rules
from sources.older_system.mapping import OLDER_KINDS, typed
from sources.visit_types import classify

VIEW_SCHEMA = "older"
Read = Callable[[str], pd.DataFrame]


@dataclass(frozen=True)
class OlderSystemService:
    """The adapter; ``database`` is ours, the older tables stand in it or on another server.

    ``owner_url``: where the application's own role may not make views.
    """

    database: Database
    owner_url: str | None = None

    def connect(
        self,
        scope: Scope,
        schema: str = "public",
        *,
        url: str | None = None,
        hotel_codes: dict[int, str] | None = None,
        time_zone: str = "Europe/Nicosia",
        currency: str = "TRY",
        progress: Progress = silent,
    ) -> list[ImportReport]:
        """Copy every hotel of the older system; one report a hotel.

        ``hotel_codes`` ({oteller.id: our code}) names hotels that exist here already; others are made as
        ``OTEL-<id>``. Without ``url`` the older tables are in ``schema`` of our own database and are read through the
        views of the schema ``older``. Records that break a rule are left out and reported; an unknown visit type
        stops everything.
        """
        scope.require("data.import")
        progress(0.0, "import.progress.reading")
        frames = self._read_remote(url, schema, time_zone) if url else self._read_views(schema, time_zone)
        _refuse_unknown_visits(frames["visits"])
        reports: list[ImportReport] = []
        with self.database.transaction() as connection:
            hotels = frames["hotels"].sort_values("older_hotel_id")
            for position, row in enumerate(hotels.to_dict("records")):
                older_id = int(row["older_hotel_id"])
                code = (hotel_codes or {}).get(older_id, str(row["code"]))
                hotel = imported.ensure_hotel(connection, code, str(row["name"])[:200], time_zone, currency)
                scope.require_hotel(hotel.id)
                imported.lock_imports(connection, hotel.id)
                report = self._copy_hotel(connection, hotel, older_id, frames)
                reports.append(_recorded(connection, scope.actor, hotel, report, schema))
                progress((position + 1) / len(hotels), "import.progress.copying")
        return reports

    def _read_views(self, schema: str, time_zone: str) -> dict[str, pd.DataFrame]:
        # As the owner: views are made, and the older tables are not the application's to read.
        with self._owner() as owner, owner.transaction() as connection:
            views = queries.available_views(connection, schema)
            queries.create_views(connection, schema, VIEW_SCHEMA, views)
            queries.use_time_zone(connection, time_zone)
            return _frames(views, lambda view: queries.read_view(connection, view, VIEW_SCHEMA))

    @contextmanager
    def _owner(self) -> Iterator[Database]:
        if self.owner_url is None:
            yield self.database
            return
        owner = open_database(self.owner_url, application="barometer-older-system", pool_size=1)
        try:
            yield owner
        finally:
            owner.dispose()

    def _read_remote(self, url: str, schema: str, time_zone: str) -> dict[str, pd.DataFrame]:
        remote = open_database(url, application="barometer-older-system", pool_size=1)
        try:
            remote.ping()
            with remote.reading() as connection:
                queries.use_time_zone(connection, time_zone)
                views = queries.available_views(connection, schema)
                return _frames(views, lambda view: queries.read_tables(connection, view, schema))
        finally:
            remote.dispose()

    def _copy_hotel(
        self, connection: Any, hotel: HotelRow, older_id: int, frames: dict[str, pd.DataFrame]
    ) -> ImportReport:
        loader = Loader(connection, hotel, skip_bad_rows=True)
        total = ImportReport("older", "imported", 0)
        counts: dict[str, Any] = {}
        for name, frame in frames.items():
            if name == "hotels":
                continue
            kind = OLDER_KINDS[name]
            records = typed(frame[frame["older_hotel_id"] == older_id].reset_index(drop=True), kind)
            loaded = loader.load(name, records, field_rules(kind, records), kind)
            written = loaded.written
            errors = [replace(error, params={**error.params, "kind": name}) for error in loaded.errors]
            counts[name] = {"rows": len(records), "inserted": written.inserted, "updated": written.updated}
            total = replace(
                total, rows=total.rows + len(records), inserted=total.inserted + written.inserted,
                updated=total.updated + written.updated, unchanged=total.unchanged + written.unchanged,
                errors=total.errors + errors,
            )  # fmt: skip
        homeless = [
            RowError(0, "", record, "no_hotel", {"kind": name})
            for name in ("movements", "custody")
            for record in _homeless(frames[name])
        ]
        return replace(total, errors=total.errors + homeless, details={"hotel_id": hotel.id, "kinds": counts})


def _recorded(connection: Any, actor: str, hotel: HotelRow, report: ImportReport, schema: str) -> ImportReport:
    """The run's record, the audit log's entry and, when something was written, the new version of the sources."""
    run_id = imported.record_run(connection, hotel.id, record_of(report, f"older system: {schema}"))
    counts = {"run": run_id, "inserted": report.inserted, "updated": report.updated}
    audit.record(
        connection, actor, "older_system_imported", hotel_id=hotel.id, entity=hotel.code, details=counts
    )  # fmt: skip
    if report.inserted or report.updated:
        versions.bump(connection, hotel.id, "sources")
    return replace(report, run_id=run_id)


def _frames(views: list[str], read: Read) -> dict[str, pd.DataFrame]:
    return {view: read(view) for view in views}


def _homeless(frame: pd.DataFrame) -> list[str]:
    """Records of no hotel: the older system does not say whose store or hands they concern."""
    return [str(record) for record in frame.loc[frame["older_hotel_id"].isna(), "external_id"]]


def _refuse_unknown_visits(visits: pd.DataFrame) -> None:
    """A visit type without a meaning would be counted wrongly, so nothing at all is copied."""
    for visit_type in visits["visit_type"].drop_duplicates():
        classify(str(visit_type))
