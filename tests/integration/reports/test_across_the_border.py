"""Consumption, rooms and refill times show a year as if nothing had been archived (SPEC A7.4)."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from core.clock import local_midnight
from core.scope import SYSTEM
from db.session import Database
from operations.archive.archiving import Archiving
from operations.jobs.cleanup import CleanupService
from pipeline.metrics.archive.folder import ArchiveFolder
from reports.consumption import Consumption, ConsumptionFilters, ConsumptionService
from reports.room_use import RoomUseService
from tests.integration.reports.explored import TODAY, ZONE, Explored, explored
from tests.integration.reports.refilled import Refilled, refilled

NOW = local_midnight(TODAY, ZONE) + timedelta(hours=8)
AGES = (1, 40, 95, 150, 300)


@pytest.fixture
def house(database: Database) -> Explored:
    """Looked into now and then, long ago too."""
    built = explored(database)
    for age in AGES:
        built.look(0, age, (age % 5 + 1.0, 2.0), (1.5, 0.5))
        built.look(1, age, (0.0, age % 3 + 1.0), (0.5, 0.5), occupancy="vacant")
        built.stay(0, age, 1)
    built.stays_known(*AGES)
    return built


def archived(house: Explored, folder: Path) -> int:
    archiving = Archiving(house.database, ArchiveFolder(folder))
    done = CleanupService(house.database, archiving).delete_old(SYSTEM, house.id, NOW)
    return int(done.details["archived"]["rows"])


def shown(house: Explored, **cut: str) -> Consumption:
    filters = ConsumptionFilters(house.id, 365, **cut)
    return ConsumptionService(house.database).explore(SYSTEM, filters, NOW)


@pytest.mark.parametrize("product", [None, 0])
def test_a_year_of_consumption_is_the_same_before_and_after_archiving(
    house: Explored, tmp_path: Path, product: int | None
) -> None:
    service = ConsumptionService(house.database)
    codes = [place.code for place in service.places(SYSTEM, house.id).products]
    cut = {} if product is None else {"product": codes[product]}
    before = shown(house, **cut)
    assert before.totals.observed_days == before.totals.known_days == len(AGES)
    assert archived(house, tmp_path) > 0
    after = shown(house, **cut)
    assert after.totals == before.totals
    known = ["day", "looks", "slots", "units", "revenue"]
    expected = [] if product is not None else ["expected"]  # of one product the sums do not tell it
    pd.testing.assert_frame_equal(after.days[known + expected], before.days[known + expected], check_dtype=False)
    pd.testing.assert_frame_equal(after.products, before.products, check_dtype=False)
    pd.testing.assert_frame_equal(
        after.segments.drop(columns=[] if expected else ["expected"], errors="ignore"),
        before.segments.drop(columns=[] if expected else ["expected"], errors="ignore"), check_dtype=False,
    )  # fmt: skip


@pytest.mark.parametrize("product", [None, 1])
def test_a_year_of_rooms_is_the_same_before_and_after_archiving(
    house: Explored, tmp_path: Path, product: int | None
) -> None:
    consumption = ConsumptionService(house.database)
    codes = [place.code for place in consumption.places(SYSTEM, house.id).products]
    filters = ConsumptionFilters(house.id, 365, product=None if product is None else codes[product])
    service = RoomUseService(house.database, consumption)
    before = service.rooms(SYSTEM, filters, NOW)
    number = str(before.rooms["number"].iloc[0])
    days = service.room(SYSTEM, filters, number, NOW).days
    assert days["mean"].notna().sum() == len(AGES)
    assert archived(house, tmp_path) > 0
    pd.testing.assert_frame_equal(service.rooms(SYSTEM, filters, NOW).rooms, before.rooms, check_dtype=False)
    pd.testing.assert_frame_equal(service.room(SYSTEM, filters, number, NOW).days, days, check_dtype=False)


def test_rows_that_were_brought_back_are_not_counted_twice(house: Explored, tmp_path: Path) -> None:
    [code, _] = [place.code for place in ConsumptionService(house.database).places(SYSTEM, house.id).products]
    before = shown(house, product=code).totals
    assert archived(house, tmp_path) > 0
    at = local_midnight(TODAY - timedelta(days=150), ZONE) + timedelta(hours=10)
    house.add("tuketim_miktar", house.slots[0, 0], at, 3, {"occupancy": "occupied"})
    assert shown(house, product=code).totals == before


REFILL_AGES = (1, 40, 89, 95, 150, 179, 300)


@pytest.fixture
def staffed(database: Database, tmp_path: Path) -> Refilled:
    """Refilled now and then by two attendants, of whom one has gone; what they did is judged but for some of it."""
    built = refilled(database)
    built.archive = tmp_path
    for age in REFILL_AGES:
        for number in range(5):
            built.refill(0, age, 4.0 + number + age % 3, items=number + 1, room=number % 2, expected=5.0 + number)
        built.refill(1, age, 6.0, floor=1, expected=6.0, score=None if age == 150 else 0.4)
    built.refill(2, 200, 9.0, expected=8.0)
    return built


def archive_refills(house: Refilled) -> list[Path]:
    archiving = Archiving(house.database, ArchiveFolder(house.archive))
    assert CleanupService(house.database, archiving).delete_old(SYSTEM, house.id, NOW).details["archived"]["rows"] > 0
    return sorted(house.archive.rglob("*.parquet"))


@pytest.mark.parametrize(("days", "attendant"), [(365, None), (365, "Zeynep"), (90, None), (30, None)])
def test_refill_times_are_the_same_before_and_after_archiving(
    staffed: Refilled, days: int, attendant: str | None
) -> None:
    codes = {place.name: place.code for place in staffed.service.places(SYSTEM, staffed.id).attendants}
    cut = {} if attendant is None else {"attendant": codes[attendant]}
    before = staffed.found(days, **cut)
    assert before.totals.refills
    archive_refills(staffed)
    after = staffed.found(days, **cut)
    assert (after.totals, after.before, after.deviation_ratio) == (before.totals, before.before, before.deviation_ratio)
    assert (before.before is None) == (days == 365)
    for name in ("refills", "attendants", "floors", "rooms"):
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name), check_dtype=False)
    for step in ("day", "week", "month"):
        pd.testing.assert_frame_equal(after.trend(step), before.trend(step), check_dtype=False)


def test_refill_times_say_which_files_they_lack(staffed: Refilled) -> None:
    whole = staffed.found(365).totals.refills
    damaged = archive_refills(staffed)[0]
    damaged.write_bytes(b"x")
    found = staffed.found(365)
    assert {Path(path).name: code for path, code in found.faults.items()} == {damaged.name: "archive_file_damaged"}
    assert 0 < found.totals.refills < whole
