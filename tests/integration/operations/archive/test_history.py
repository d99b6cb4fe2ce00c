"""Values are read across the border between the database and the archive as if there were none (SPEC A7.4)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries.archive_holds import NewHold
from db.queries.metric_values import Wanted
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.archive.service import DaySeries, MetricHistory
from tests.integration.operations.archive.conftest import World

KINDS = ("stok_seviye", "zimmet_kullanim")


@pytest.fixture
def history(world: World) -> MetricHistory:
    return MetricHistory(world.database, world.folder)


def wanted(world: World, metric_type: str = "stok_seviye", entity: int | None = None) -> Wanted:
    return Wanted(world.hotel_id, metric_type, world.before(400), world.at, entity)


def walked(history: MetricHistory, asked: Wanted, limit: int) -> list[tuple[object, ...]]:
    """Every page, one after the other."""
    found, after = [], None
    while True:
        rows, after = history.values(SYSTEM, asked, limit, after)
        assert len(rows) <= limit
        found += [(*vars(row).values(),) for row in rows]
        if after is None:
            return [tuple(map(str, row)) for row in found]


def bring_back(world: World, first: float, last: float) -> None:
    now = world.at
    hold = NewHold(world.hotel_id, world.before(first), world.before(last), now + timedelta(days=30), "ada", now)
    world.bringing.bring_back(hold)


@pytest.mark.parametrize("limit", [1, 2, 4, 1_000])
@pytest.mark.parametrize("metric_type", KINDS)
def test_pages_of_any_size_are_the_same_before_and_after_archiving(
    world: World, history: MetricHistory, limit: int, metric_type: str
) -> None:
    asked = wanted(world, metric_type)
    before = walked(history, asked, 1_000)
    assert len(before) == 15
    world.archiving.archive_old(world.hotel_id, world.at)
    assert walked(history, asked, limit) == before
    bring_back(world, 201, 95.5)
    assert walked(history, asked, limit) == before, "rows that stand on both sides come once"


def test_of_one_entity_and_a_part_of_the_time_there_are_those_alone(world: World, history: MetricHistory) -> None:
    asked = Wanted(world.hotel_id, "stok_seviye", world.before(96), world.before(50), world.hotel.products[1])
    before = walked(history, asked, 100)
    world.archiving.archive_old(world.hotel_id, world.at)
    assert walked(history, asked, 100) == before
    assert len(before) == 3


def test_only_files_that_can_hold_what_is_asked_for_are_opened(
    world: World, history: MetricHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    opened: list[str] = []
    read = ArchiveFolder.read
    monkeypatch.setattr(ArchiveFolder, "read", lambda self, *what: opened.append(what[0]) or read(self, *what))
    history.values(SYSTEM, wanted(world), 2)
    assert len(opened) == 1, "the page is full after the first"
    history.values(SYSTEM, wanted(world), 100, (world.before(95.5), 0))
    assert len(opened) == 2
    history.values(SYSTEM, Wanted(world.hotel_id, "dolum_sure", world.before(400), world.at), 100)
    history.values(SYSTEM, Wanted(world.hotel_id, "stok_seviye", world.before(90), world.at), 100)
    assert len(opened) == 2


def test_a_page_opens_few_files_and_the_next_one_goes_on(
    world: World, history: MetricHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = walked(history, wanted(world), 1_000)
    world.archiving.archive_old(world.hotel_id, world.at)
    monkeypatch.setattr("pipeline.metrics.archive.service.MOST_OPENED", 1)
    opened: list[str] = []
    read = ArchiveFolder.read
    monkeypatch.setattr(ArchiveFolder, "read", lambda self, *what: opened.append(what[0]) or read(self, *what))
    for limit in (1, 3, 1_000):
        assert walked(history, wanted(world), limit) == before
    opened.clear()
    nobody = wanted(world, entity=9_999)
    rows, after = history.values(SYSTEM, nobody, 1_000)
    assert (rows, len(opened)) == ([], 1)
    while after is not None:
        rows, after = history.values(SYSTEM, nobody, 1_000, after)
        assert rows == []
    assert len(opened) == len(set(opened)) == 3


def test_a_row_that_was_archived_again_with_another_value_counts_as_it_was_last(
    world: World, history: MetricHistory
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    bring_back(world, 201, 199)
    world.do("UPDATE ml_metrics SET metric_value = 42 WHERE metric_type = 'stok_seviye' AND timestamp < :at",
             at=world.before(150))  # fmt: skip
    [(hold,)] = world.ask("SELECT id FROM archive_holds")
    world.bringing.send_away(world.hotel_id, hold, world.at)
    rows, _ = history.values(SYSTEM, wanted(world), 3)
    assert [row.value for row in rows] == [42.0] * 3
    assert walked(history, wanted(world), 100) == walked(history, wanted(world), 1)


@pytest.mark.parametrize("fault", ["archive_file_damaged", "archive_file_missing"])
def test_a_page_that_needs_a_broken_file_names_it_and_others_do_not_care(
    world: World, history: MetricHistory, spoil: Callable[[Path], None], fault: str
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    path = world.files()[0]
    if fault == "archive_file_missing":
        path.unlink()
    else:
        spoil(path)
    with pytest.raises(AppError, match=path.name) as raised:
        history.values(SYSTEM, wanted(world), 10)
    assert (raised.value.code, raised.value.http_status) == (fault, 409)
    assert len(history.values(SYSTEM, Wanted(world.hotel_id, "stok_seviye", world.before(99), world.at), 100)[0]) == 12
    shown = history.days(SYSTEM, wanted(world))
    assert shown.faults == {path.relative_to(world.folder.root).as_posix(): fault}
    assert len(shown.days) == 4


def days(history: MetricHistory, asked: Wanted) -> DaySeries:
    found = history.days(SYSTEM, asked)
    assert found.faults == {}
    return found


@pytest.mark.parametrize("entity", [0, None])
def test_days_are_the_same_before_and_after_archiving(world: World, history: MetricHistory, entity: int | None) -> None:
    asked = wanted(world, entity=None if entity is None else world.hotel.products[entity])
    world.add(world.before(95) + timedelta(minutes=30), value=9)
    columns = ["day", "value", "expected"]
    before = days(history, asked)
    assert (len(before.days), before.is_sum) == (5, False)
    assert not before.days["is_archived"].any()
    assert before.days["expected"].isna().sum() == (5 if entity is None else 1), "not every row was judged"
    world.archiving.archive_old(world.hotel_id, world.at)
    after = days(history, asked)
    pd.testing.assert_frame_equal(after.days[columns], before.days[columns], check_dtype=False)
    assert after.days["is_archived"].tolist() == [True, True, True, False, False]
    bring_back(world, 201, 95.5)
    brought = days(history, asked)
    assert brought.days["is_archived"].tolist() == [False, False, True, False, False], "two days stand here again"
    pd.testing.assert_frame_equal(brought.days[columns], before.days[columns], check_dtype=False)


def test_of_a_day_that_stands_on_both_sides_the_rows_of_the_database_count(
    world: World, history: MetricHistory
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    bring_back(world, 201, 199)
    world.add(world.before(200) + timedelta(hours=1), value=40)
    world.do("UPDATE ml_metrics SET metric_value = 5 WHERE metric_type = 'stok_seviye' AND timestamp < :at "
             "AND entity_id <> :product", at=world.before(150), product=world.hotel.products[0])  # fmt: skip
    world.do("DELETE FROM ml_metrics WHERE metric_type = 'stok_seviye' AND timestamp < :at AND entity_id = :product",
             at=world.before(150), product=world.hotel.products[2])  # fmt: skip
    first = days(history, wanted(world)).days.iloc[0]
    lone = next(row for row in history.values(SYSTEM, wanted(world), 10)[0] if row.entity_id == world.hotel.products[2])
    assert first["value"] == pytest.approx((0.1 + 40 + 5 + lone.value) / 4), "one comes from its file alone"


def test_a_period_without_rows_has_no_days(world: World, history: MetricHistory) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    asked = Wanted(world.hotel_id, "stok_seviye", world.before(400), world.before(300))
    assert days(history, asked).days.empty
    assert days(history, Wanted(world.hotel_id, "dolum_sure", world.before(400), world.at)).days.empty


def test_what_is_counted_is_added_up(world: World, history: MetricHistory) -> None:
    at = world.before(150).replace(hour=8)
    for entity in (1, 2):
        world.add(at + timedelta(hours=entity), metric_type="tuketim_miktar", entity_type="minibar_slot",
                  entity_id=entity, value=3)  # fmt: skip
    world.archiving.archive_old(world.hotel_id, world.at)
    for _ in range(2):
        found = days(history, wanted(world, "tuketim_miktar"))
        assert (found.is_sum, found.days["value"].tolist()) == (True, [6.0])
        bring_back(world, 151, 149)  # what stands on both sides counts once


def test_a_row_at_midnight_is_the_day_that_ended(world: World, history: MetricHistory) -> None:
    midnight = datetime.fromisoformat("2025-11-10T00:00:00+03:00")
    world.add(midnight, metric_type="doluluk_oran", entity_type="hotel", entity_id=world.hotel_id, value=0.5)
    world.archiving.archive_old(world.hotel_id, world.at)
    assert days(history, wanted(world, "doluluk_oran")).days["day"].tolist() == [pd.Timestamp("2025-11-09")]


@pytest.mark.parametrize("metric_type", ["stok_seviye", "dolum_sure"])
def test_rows_that_came_late_are_shown_before_they_leave(
    world: World, history: MetricHistory, metric_type: str
) -> None:
    """A7.4: also those of a type, or of days, of which no file holds anything."""
    world.archiving.archive_old(world.hotel_id, world.at)
    asked = Wanted(world.hotel_id, metric_type, world.before(160), world.before(100))
    assert days(history, asked).days.empty
    world.add(world.before(150), metric_type=metric_type, value=7)
    late = days(history, asked)
    assert late.days["value"].tolist() == [7.0]
    world.archiving.archive_old(world.hotel_id, world.at)
    columns = ["day", "value", "expected"]
    pd.testing.assert_frame_equal(days(history, asked).days[columns], late.days[columns], check_dtype=False)


def test_who_may_not_see_the_hotel_reads_nothing(world: World, history: MetricHistory) -> None:
    for scope in (Scope("bora"), Scope("cem", frozenset({"metrics.read"}), frozenset())):
        with pytest.raises(AppError):
            history.values(scope, wanted(world), 1)
        with pytest.raises(AppError):
            history.days(scope, wanted(world))
