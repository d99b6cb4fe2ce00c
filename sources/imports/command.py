"""One import as a command asks for it: hotels by code, columns as ``field=heading``."""

from pathlib import Path

from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.stage import Progress, silent
from sources.hotels import HotelService
from sources.imports.report import ImportReport
from sources.imports.service import ImportService

BOOKINGS_HOTEL_CODE = "RESORT"


def run_import(  # noqa: PLR0917 - the words of a command line, in their order
    imports: ImportService,
    hotels: HotelService,
    kind: str,
    file: Path,
    hotel: str | None,
    columns: list[str],
    options: dict[str, bool],
    progress: Progress = silent,
    scope: Scope = SYSTEM,
) -> ImportReport:
    """Import a file of any kind, ``bookings`` included; without a code the only hotel there is is meant."""
    if kind == "bookings":
        dry_run = options.get("dry_run", False)
        return imports.bookings(scope, file, hotel or BOOKINGS_HOTEL_CODE, dry_run=dry_run, progress=progress)
    found = hotels.listed(scope, hotel)
    if len(found) != 1:
        raise AppError("import_hotel_needed", params={"hotels": ", ".join(one.code for one in found) or "–"})
    return imports.run(scope, found[0].id, kind, file, mapping=column_mapping(columns), progress=progress, **options)


def column_mapping(columns: list[str]) -> dict[str, str] | None:
    """``["room=Oda No"]`` as {field: heading}; None when nothing is mapped."""
    mapping = {}
    for entry in columns:
        field, sign, heading = entry.partition("=")
        if not sign or not field.strip() or not heading.strip():
            raise AppError("import_mapping_unreadable", params={"entry": entry})
        mapping[field.strip()] = heading.strip()
    return mapping or None
