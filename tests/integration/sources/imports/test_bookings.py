"""A real hotel from a file of bookings (issue item 5)."""

from pathlib import Path

import pandas as pd
import pytest

from core.errors import AppError
from core.scope import SYSTEM
from sources.imports.report import ImportReport
from sources.imports.service import ImportService
from tests.integration.sources.imports.conftest import Stored

# arrival, departure, type, status
ROWS = [
    ("2016-01-01", "2016-01-05", "A", "Check-Out"), ("2016-01-02", "2016-01-04", "A", "Check-Out"),
    ("2016-01-02", "2016-01-03", "B", "Check-Out"), ("2016-01-04", "2016-01-06", "B", "Check-Out"),
    ("2016-01-04", "2016-01-07", "A", "Check-Out"), ("2016-01-05", "2016-01-06", "C", "Check-Out"),
    ("2016-01-02", "2016-01-02", "A", "Check-Out"), ("2016-01-02", None, "A", "Canceled"),
    ("2016-01-02", None, "B", "No-Show"),
]  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small file with the columns of the real one."""
    frame = pd.DataFrame(ROWS, columns=["arrival_date", "departure_date", "assigned_room_type", "reservation_status"])
    frame = frame.assign(
        source_row=range(1, len(frame) + 1), hotel="Resort Hotel", adults=2, children=1, babies=1, meal="BB",
        market_segment="Direct", adr=75.5,
    )  # fmt: skip
    path = tmp_path / "bookings.csv.gz"
    frame.to_csv(path, index=False)
    return path


def overlaps(stored: Stored) -> list[tuple[int, ...]]:
    return stored(
        "SELECT a.id FROM stays a JOIN stays b ON a.room_id = b.room_id AND a.id < b.id "
        "AND a.arrival_on < b.departure_on AND b.arrival_on < a.departure_on"
    )


def test_a_file_of_bookings_makes_a_real_hotel_with_as_many_rooms_as_its_busiest_night(
    service: ImportService, stored: Stored, file: Path
) -> None:
    report = service.bookings(SYSTEM, file)
    assert (report.state, report.inserted, report.details["rooms"]) == ("imported", 6, 3)
    assert stored("SELECT code, simulated, time_zone FROM hotels") == [("RESORT", False, "Europe/Lisbon")]
    assert stored("SELECT count(*), count(DISTINCT number) FROM rooms") == [(3, 3)]
    assert stored("SELECT DISTINCT adults, children, segment, simulated FROM stays") == [(2, 2, "Direct", False)]
    assert overlaps(stored) == []


def test_the_same_bookings_twice_change_nothing(service: ImportService, stored: Stored, file: Path) -> None:
    service.bookings(SYSTEM, file)
    before = stored("SELECT * FROM stays ORDER BY id")
    again = service.bookings(SYSTEM, file)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 6)
    assert stored("SELECT * FROM stays ORDER BY id") == before


def test_a_dry_run_of_bookings_makes_no_hotel(service: ImportService, stored: Stored, file: Path) -> None:
    assert service.bookings(SYSTEM, file, dry_run=True).inserted == 6
    assert stored("SELECT count(*) FROM hotels") == [(0,)]


def test_bookings_with_a_bad_value_or_without_stays_are_refused(
    service: ImportService, stored: Stored, tmp_path: Path, file: Path
) -> None:
    frame = pd.read_csv(file)
    frame.loc[2, "arrival_date"] = "soon"
    frame.to_csv(tmp_path / "bad.csv", index=False)
    report: ImportReport = service.bookings(SYSTEM, tmp_path / "bad.csv")
    assert (report.state, [(error.row, error.code) for error in report.errors]) == ("refused", [(4, "not_a_date")])
    frame[frame["reservation_status"] == "Canceled"].to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(AppError, match="import_no_stays"):
        service.bookings(SYSTEM, tmp_path / "none.csv")
    assert stored("SELECT count(*) FROM hotels") == [(0,)]


def test_the_real_bookings_fit_in_187_rooms(service: ImportService, stored: Stored, shared_data: Path) -> None:
    report = service.bookings(SYSTEM, shared_data / "hotel" / "hotel_bookings_dev.csv.gz")
    assert (report.details["rooms"], report.inserted) == (187, report.details["stays"])
    assert report.details["own_room_type_ratio"] == pytest.approx(0.98, abs=0.01)
    assert stored("SELECT count(*) FROM rooms") == [(187,)]
    assert stored("SELECT count(*) FROM stays") == [(24114,)]
    assert overlaps(stored) == []
