"""An import as the command line asks for it."""

from pathlib import Path

import pytest

from core.errors import AppError
from core.scope import SYSTEM
from db.session import Database
from sources.hotels import HotelService
from sources.imports.command import column_mapping, run_import
from sources.imports.service import ImportService

MOVEMENT = "mal;movement_type;quantity;occurred_at\nSU;giris;4;2026-03-01 08:00\n"


def test_the_only_hotel_is_meant_and_with_two_the_code_is_needed(
    database: Database, service: ImportService, hotel: int, tmp_path: Path
) -> None:
    path = tmp_path / "m.csv"
    path.write_text(MOVEMENT, encoding="utf-8")
    hotels = HotelService(database)
    report = run_import(service, hotels, "movements", path, None, ["product=mal"], {"dry_run": True})
    assert (report.state, report.inserted) == ("checked", 1)
    service.ensure_hotel(SYSTEM, "H2", "Dağ Otel")
    with pytest.raises(AppError, match="import_hotel_needed"):
        run_import(service, hotels, "movements", path, None, ["product=mal"], {})
    assert run_import(service, hotels, "movements", path, "H1", ["product=mal"], {}).inserted == 1
    with pytest.raises(AppError, match="hotel_unknown"):
        run_import(service, hotels, "movements", path, "H9", [], {})


@pytest.mark.parametrize("entry", ["room", "=Oda", "room="])
def test_a_mapping_needs_a_field_and_a_heading(entry: str) -> None:
    with pytest.raises(AppError, match="import_mapping_unreadable"):
        column_mapping([entry])
    assert column_mapping(["room = Oda No"]) == {"room": "Oda No"}
