"""What was brought back is told truly: after a run that was killed, where periods overlap, on a disk without room."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import AppError
from core.scope import Scope
from db.queries import archive_holds as queries
from db.queries.archive_holds import Hold, NewHold
from operations.archive import bringing as module
from operations.archive.jobs import ArchiveJobs
from operations.archive.service import ArchiveService
from tests.integration.operations.archive.conftest import World

ADA = Scope("ada", frozenset({"archive.read", "archive.write"}), None)


def hold(world: World, first: float = 201, last: float = 0, days: int = 30) -> NewHold:
    until = world.at + timedelta(days=days)
    return NewHold(world.hotel_id, world.before(first), world.before(last), until, "ada", world.at)


def standing(world: World) -> list[Hold]:
    """The oldest first."""
    with world.database.reading() as connection:
        return queries.standing(connection, None, world.at)[::-1]


@pytest.fixture
def archived(world: World) -> World:
    assert world.archiving.archive_old(world.hotel_id, world.at).rows == 21
    return world


def test_a_run_that_was_killed_tells_the_rows_that_came_and_the_next_one_goes_on(
    archived: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, days, asked = module.queries.write_rows, [], hold(archived)

    def killed_at_the_third(*told: object) -> int:
        days.append(told)
        if len(days) == 3:
            raise KeyboardInterrupt
        return write(*told)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(module.queries, "write_rows", killed_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            archived.bringing.bring_back(asked)
    [begun] = standing(archived)
    assert begun.row_count == 14 == len(archived.stored()) - 14
    archived.clock.advance(timedelta(minutes=5))
    again = replace(asked, brought_at=archived.at, kept_until=archived.at + timedelta(days=30))
    assert archived.bringing.bring_back(again).rows == 7
    [done] = standing(archived)
    assert (done.id, done.row_count) == (begun.id, 21)
    assert done.kept_until == archived.at + timedelta(days=30)


def test_asked_for_again_what_stands_stays_longer_never_shorter(archived: World) -> None:
    for days, kept in ((30, 30), (9, 30), (60, 60)):
        archived.bringing.bring_back(hold(archived, days=days))
        [found] = standing(archived)
        assert (found.kept_until, found.row_count) == (archived.at + timedelta(days=kept), 21)
    archived.bringing.send_away(archived.hotel_id, found.id, archived.at)
    archived.bringing.bring_back(hold(archived))
    assert [one.id for one in standing(archived)] != [found.id], "one that was sent away is over"


def test_of_overlapping_periods_each_tells_its_rows_and_that_another_keeps_some_of_them(archived: World) -> None:
    archived.bringing.bring_back(hold(archived))
    assert archived.bringing.bring_back(hold(archived, 96.5, 95.5)).rows == 0
    archived.bringing.bring_back(hold(archived, 150, 97))
    assert [(one.row_count, one.overlapping) for one in standing(archived)] == [(21, 2), (7, 1), (0, 1)]
    whole, part, _ = standing(archived)
    done = archived.bringing.send_away(archived.hotel_id, whole.id, archived.at)
    assert (done.rows, done.staying) == (14, 7)
    assert [(one.row_count, one.overlapping) for one in standing(archived)] == [(7, 0), (0, 0)]
    done = archived.bringing.send_away(archived.hotel_id, part.id, archived.at)
    assert (done.rows, done.staying) == (7, 0)


def test_without_room_on_the_disk_nothing_is_asked_for_and_nothing_comes(
    archived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(stored,)] = archived.ask("SELECT sum(stored_bytes) FROM archive_partitions")
    bringing = replace(archived.bringing, disk=tmp_path)
    service = ArchiveService(
        archived.database, archived.clock,
        ArchiveJobs(archived.database, archived.clock, bringing, archived.verification),
    )  # fmt: skip
    days = archived.before(201).date(), archived.before(95).date()
    needed = 500 + 6 * int(stored) // 1024**2
    free = needed - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free * 1024**2))
    before = archived.stored()
    for refused in (
        lambda: service.preview(ADA, archived.hotel_id, *days), lambda: bringing.bring_back(hold(archived)),
        lambda: service.bring_back(ADA, archived.hotel_id, *days),
    ):  # fmt: skip
        with pytest.raises(AppError, match="archive_no_room") as told:
            refused()
        assert told.value.params == {"folder": str(tmp_path), "free_mb": free, "needed_mb": needed}
    assert (archived.stored(), standing(archived), archived.count("job_requests")) == (before, [], 0)
    free = needed
    assert bringing.bring_back(hold(archived)).rows == 21


def test_the_room_that_is_needed_grows_with_the_rows(archived: World, tmp_path: Path) -> None:
    bringing = replace(archived.bringing, disk=tmp_path)
    archived.do("UPDATE archive_partitions SET stored_bytes = :size", size=shutil.disk_usage(tmp_path).total // 3)
    with pytest.raises(AppError, match="archive_no_room"):
        bringing.bring_back(hold(archived))
    assert standing(archived) == []
