"""Rows past their retention lie in files before they are deleted, whatever happens in between (SPEC A7.3)."""

import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy.exc import OperationalError

from core.errors import AppError
from core.scope import SYSTEM
from db.queries import archive as queries
from operations.archive import archiving as module
from operations.jobs.cleanup import CleanupService
from pipeline.metrics.archive import folder as folder_module
from pipeline.metrics.archive import parquet
from pipeline.metrics.archive.folder import ArchiveFolder
from tests.integration.operations.archive.conftest import World


class Killed(BaseException):
    """What nobody catches, as a process that is killed."""


def dying(*_: Any, **__: Any) -> Any:
    raise Killed


def archived(world: World) -> set[tuple[Any, ...]]:
    """Every row of the files that the manifest knows, as the database shows them."""
    found = set()
    for path, digest in world.ask("SELECT path, sha256 FROM archive_partitions"):
        for row in parquet.unpacked(world.folder.read(path, digest)).to_pylist():
            values = [row[name] for name in queries.OF_METRIC]
            found.add((world.hotel_id, *[repr(one) if isinstance(one, float) else one for one in values]))
    return found


def comparable(rows: list[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {(*row[:6], number(row[6]), number(row[7]), row[8], row[9], row[10].hex()) for row in rows}


def number(told: str | None) -> str | None:
    return None if told is None else repr(float(told))


def test_what_left_lies_in_files_to_the_last_bit_and_nothing_else_left(world: World) -> None:
    before = world.stored()
    done = world.archiving.archive_old(world.hotel_id, world.at)
    left = comparable(before) - comparable(world.stored())
    assert archived(world) == left
    assert (done.rows, done.files) == (len(left), 3) == (21, 3)
    assert len(world.stored()) == 14
    assert world.count("ml_scores") == 4
    days = [str(day) for (day,) in world.ask("SELECT day FROM archive_partitions ORDER BY day")]
    assert days == [f"{world.before(age).date()}" for age in (200, 96, 95)]
    [(rows, size, counts)] = world.ask(
        "SELECT row_count, size_bytes, metric_types FROM archive_partitions ORDER BY day LIMIT 1"
    )
    assert (rows, counts) == (7, {"stok_seviye": 3, "zimmet_kullanim": 3, "ozel_seri": 1})
    assert size == world.files()[0].stat().st_size


def test_a_second_run_does_nothing(world: World) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    files, rows = world.files(), world.stored()
    assert world.archiving.archive_old(world.hotel_id, world.at).rows == 0
    assert (world.files(), world.stored(), world.count("archive_partitions")) == (files, rows, 3)


def test_a_late_row_of_an_archived_day_makes_a_further_file(world: World) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    world.add(world.before(95) + timedelta(minutes=1), value=77)
    assert world.archiving.archive_old(world.hotel_id, world.at).rows == 1
    day = world.before(95).date()
    parts = world.ask("SELECT path, row_count FROM archive_partitions WHERE day = :day ORDER BY id", day=day)
    assert [rows for _, rows in parts] == [7, 1]
    assert f"/{day}-2-" in parts[1][0]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (folder_module, "_from_disk"), (folder_module, "sync_folder"), (module.queries, "add_partition"),
        (module.queries, "delete_rows"), (module.versions, "bump"), (module.Archiving, "_written"),
    ],
)  # fmt: skip
def test_killed_at_any_point_nothing_is_lost_and_nothing_doubled(
    world: World, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    before, scores = comparable(world.stored()), world.count("ml_scores")
    with monkeypatch.context() as patch:
        patch.setattr(place, name, dying)
        with pytest.raises(Killed):
            world.archiving.archive_old(world.hotel_id, world.at)
    assert comparable(world.stored()) == before
    assert (world.count("archive_partitions"), world.count("ml_scores")) == (0, scores)
    world.archiving.archive_old(world.hotel_id, world.at)
    assert archived(world) | comparable(world.stored()) == before
    assert archived(world) & comparable(world.stored()) == set()
    known = {world.folder.root / path for (path,) in world.ask("SELECT path FROM archive_partitions")}
    assert set(world.files()) == known, "no file is left of the run that was killed"


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk_full"), (errno.EACCES, "archive_not_written")])
def test_where_a_file_cannot_be_written_no_row_goes_and_the_other_kinds_are_cleaned(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def full(file: BinaryIO) -> None:
        file.truncate(10)
        raise OSError(number, os.strerror(number))

    before, scores = world.stored(), world.scored()
    world.do(
        "INSERT INTO ml_training_logs (hotel_id, model_type, metric_type, status, started_at) "
        "VALUES (:hotel, 'x', 'x', 'x', :at)", hotel=world.hotel_id, at=world.before(200),
    )  # fmt: skip
    monkeypatch.setattr(folder_module, "sync", full)
    with pytest.raises(AppError, match=code):
        CleanupService(world.database, world.archiving).delete_old(SYSTEM, world.hotel_id, world.at)
    assert (world.stored(), world.scored(), world.files()) == (before, scores, [])
    assert world.count("ml_training_logs") == 0


def test_whatever_keeps_rows_from_the_archive_keeps_no_others_from_going(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprised(*_: object) -> None:
        raise ZeroDivisionError

    before = world.stored()
    world.do(
        "INSERT INTO ml_training_logs (hotel_id, model_type, metric_type, status, started_at) "
        "VALUES (:hotel, 'x', 'x', 'x', :at)", hotel=world.hotel_id, at=world.before(200),
    )  # fmt: skip
    monkeypatch.setattr(parquet, "packed", surprised)
    with pytest.raises(ZeroDivisionError):
        CleanupService(world.database, world.archiving).delete_old(SYSTEM, world.hotel_id, world.at)
    assert (world.stored(), world.count("ml_training_logs")) == (before, 0)


@pytest.mark.parametrize("kind", ["written", "changed"])
def test_a_score_of_the_very_moment_is_not_lost(world: World, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The day stays and leaves in the next run, with the score that it has by then."""
    if kind == "written":
        world.do("DELETE FROM ml_scores")
    write, before = ArchiveFolder.write, world.stored()

    def scored_meanwhile(self: ArchiveFolder, *what: Any) -> str:
        if kind == "written":
            world.do(
                "INSERT INTO ml_scores (hotel_id, metric_type, entity_id, timestamp, detector, score, observations) "
                "SELECT hotel_id, metric_type, entity_id, timestamp, 'late', 1, 3 FROM ml_metrics "
                "ON CONFLICT DO NOTHING"
            )
        else:
            world.do("UPDATE ml_scores SET detector = 'late', scored_at = clock_timestamp()")
        return write(self, *what)

    monkeypatch.setattr(ArchiveFolder, "write", scored_meanwhile)
    with pytest.raises(AppError, match="archive_not_written"):
        world.archiving.archive_old(world.hotel_id, world.at)
    assert world.stored() == before
    monkeypatch.undo()
    world.archiving.archive_old(world.hotel_id, world.at)
    late = [
        one for (path, digest) in world.ask("SELECT path, sha256 FROM archive_partitions")
        for one in parquet.unpacked(world.folder.read(path, digest))["detector"].to_pylist()
    ]  # fmt: skip
    assert set(late) == ({"late"} if kind == "written" else {"late", None})


def test_what_comes_back_differently_from_the_disk_is_not_relied_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.stored()
    from_disk = folder_module._from_disk
    monkeypatch.setattr(folder_module, "_from_disk", lambda file: from_disk(file)[:-1])
    with pytest.raises(AppError, match="archive_not_written"):
        world.archiving.archive_old(world.hotel_id, world.at)
    monkeypatch.undo()
    whole = parquet.packed
    monkeypatch.setattr(parquet, "packed", lambda rows, *told: whole(rows.slice(1), *told))
    with pytest.raises(AppError, match="archive_not_written"):
        world.archiving.archive_old(world.hotel_id, world.at)
    assert (world.stored(), world.files()) == (before, [])


def test_a_row_that_was_changed_past_barometer_is_archived_as_it_stands(world: World) -> None:
    """Its checksum still says that it was changed."""
    at = world.before(200) + timedelta(microseconds=123_457)
    world.do("UPDATE ml_metrics SET metric_value = 999 WHERE timestamp = :at AND metric_type = 'ozel_seri'", at=at)
    before = comparable(world.stored())
    world.archiving.archive_old(world.hotel_id, world.at)
    assert archived(world) == before - comparable(world.stored())


def test_rows_of_a_damaged_file_that_stand_in_the_database_are_written_once_more(
    world: World, spoil: Callable[[Path], None]
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    spoil(world.files()[0])
    world.add(world.before(200), value=3)
    world.archiving.archive_old(world.hotel_id, world.at)
    assert world.count("archive_partitions") == 4


def test_days_are_the_hotels_own(world: World) -> None:
    """23:30 in London is the next day in Istanbul."""
    late = world.before(120).replace(hour=23, minute=30)
    world.add(late)
    world.archiving.archive_old(world.hotel_id, world.at)
    days = {str(day) for (day,) in world.ask("SELECT day FROM archive_partitions")}
    assert str((late + timedelta(days=1)).date()) in days


def test_what_people_write_meanwhile_is_neither_lost_nor_taken_along(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a day's file is written nobody changes its rows; a row that comes then stays."""
    late = world.before(200) + timedelta(minutes=5)
    refused = []
    write = ArchiveFolder.write

    def written(self: ArchiveFolder, *what: Any) -> str:
        if not refused:
            world.add(late, value=7)
            with world.database.engine.connect() as connection:
                connection.exec_driver_sql("SET lock_timeout = '100ms'")
                with pytest.raises(OperationalError, match="lock timeout") as caught:
                    connection.exec_driver_sql("UPDATE ml_metrics SET metric_value = 8")
                refused.append(caught.value)
        return write(self, *what)

    monkeypatch.setattr(ArchiveFolder, "write", written)
    world.archiving.archive_old(world.hotel_id, world.at)
    assert len(refused) == 1
    assert world.ask("SELECT metric_value FROM ml_metrics WHERE timestamp = :at", at=late) == [(7.0,)]
    monkeypatch.undo()
    assert world.archiving.archive_old(world.hotel_id, world.at).rows == 1
