"""An archive's folder is one installation's: no other writes to it, and no file is deleted as unknown (SPEC A7.3)."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import AppError
from core.scope import Scope
from db.databases import Neighbours
from db.session import Database
from operations.archive.archiving import Archiving
from operations.archive.jobs import ArchiveJobs
from operations.archive.ownership import Ownership
from operations.archive.service import ArchiveService
from pipeline.metrics.archive.folder import ArchiveFolder
from tests.integration.operations.archive.conftest import World

UNKNOWN = "hotel-{}/2025-08/2025-08-14-1-fedcba9876543210.parquet"


@pytest.fixture
def copied(world: World) -> Iterator[Database]:
    """A second installation on a copy of the first one's database, as a restored backup makes it."""
    owner = Neighbours(world.database.engine.url.render_as_string(hide_password=False))
    name = owner.named("check", "20260101000000000000")
    world.database.engine.dispose()
    with owner.opened("postgres") as postgres, postgres.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        connection.rollback()
        raw.autocommit = True
        raw.cursor().execute(f'CREATE DATABASE "{name}" TEMPLATE "{owner.live}"')
    with owner.opened(name) as database:
        yield database
    owner.drop(name)


def put(world: World, name: str, days: float) -> Path:
    """A file of that age which no manifest knows."""
    path = world.folder.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (world.before(days).timestamp(),) * 2)
    return path


def run(world: World) -> int:
    return world.archiving.archive_old(world.hotel_id, world.at).rows


def test_an_old_unknown_file_is_put_aside_and_deleted_only_when_no_restore_can_bring_it_back(world: World) -> None:
    run(world)
    old = put(world, UNKNOWN.format(world.hotel_id), days=400)
    run(world)
    aside = world.folder.root / "unknown" / f"{world.at:%Y-%m-%d}" / UNKNOWN.format(world.hotel_id)
    assert (old.exists(), aside.exists()) == (False, True)
    world.clock.advance(timedelta(days=14))
    run(world)
    assert aside.exists()
    world.clock.advance(timedelta(days=1))
    run(world)
    assert not aside.exists()
    assert all((world.folder.root / path).exists() for (path,) in world.ask("SELECT path FROM archive_partitions"))


def test_what_is_young_stays_and_what_a_writer_left_that_died_goes(world: World) -> None:
    run(world)
    month = f"hotel-{world.hotel_id}/2025-08"
    young, dead = (
        put(world, f"{month}/2025-08-14-1-0123456789abcdef.parquet", 0.5),
        put(world, f"{month}/.0a.partial", 2),
    )
    living, other = put(world, f"{month}/.0b.partial", 0.5), put(world, f"{month}/notes.txt", 400)
    run(world)
    assert [path.exists() for path in (young, dead, living, other)] == [True, False, True, True]


def test_a_file_that_was_put_aside_comes_back_when_a_manifest_knows_it_again(world: World) -> None:
    run(world)
    lines = world.ask("SELECT * FROM archive_partitions ORDER BY id")
    files = {path: path.read_bytes() for path in world.files()}
    for path in files:
        os.utime(path, (world.before(2).timestamp(),) * 2)
    world.do("CREATE TABLE kept AS SELECT * FROM archive_partitions")
    world.do("DELETE FROM archive_partitions WHERE day = (SELECT max(day) FROM archive_partitions)")
    run(world)
    assert len([path for path in files if path.exists()]) == len(files) - 1
    world.do("DELETE FROM archive_partitions")
    world.do("INSERT INTO archive_partitions OVERRIDING SYSTEM VALUE SELECT * FROM kept")
    run(world)
    assert world.ask("SELECT * FROM archive_partitions ORDER BY id") == lines
    assert {path: path.read_bytes() for path in world.files()} == files


def test_a_database_made_anew_touches_nothing_of_a_folder_that_others_filled(world: World, database: Database) -> None:
    """Also after a downgrade: its manifest is empty, and every file in the folder is unknown to it."""
    run(world)
    files = {path: path.read_bytes() for path in world.files()}
    for path in files:
        os.utime(path, (world.before(90).timestamp(),) * 2)
    for table in ("archive_partitions", "archive_mark"):
        world.do(f"DELETE FROM {table}")
    world.add(world.before(100))
    stored = world.stored()
    with pytest.raises(AppError, match="archive_folder_not_ours"):
        run(world)
    (world.folder.root / "installation-id").unlink()
    with pytest.raises(AppError, match="archive_folder_lost"):
        run(world)
    assert (world.stored(), {path: path.read_bytes() for path in world.files()}) == (stored, files)


def test_where_the_disk_is_not_mounted_nothing_is_written_and_no_row_goes(world: World, tmp_path: Path) -> None:
    run(world)
    elsewhere = tmp_path / "disk"
    world.folder.root.rename(elsewhere)
    world.add(world.before(100))
    stored = world.stored()
    for mounted in (False, True):
        if mounted:
            world.folder.root.mkdir()
        with pytest.raises(AppError, match="archive_folder_lost"):
            run(world)
        assert (world.stored(), world.files()) == (stored, [])
    shutil.rmtree(world.folder.root)
    elsewhere.rename(world.folder.root)
    assert run(world) == 1


def test_a_disk_that_goes_away_during_the_run_stops_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Archiving._written

    def gone_after(self: Archiving, *told: object) -> object:
        found = written(self, *told)  # type: ignore[arg-type]
        (world.folder.root / "installation-id").unlink()
        return found

    monkeypatch.setattr(Archiving, "_written", gone_after)
    with pytest.raises(AppError, match="archive_folder_lost"):
        run(world)
    assert (world.count("archive_partitions"), len(world.files())) == (1, 1)


def test_of_two_installations_on_one_folder_the_second_is_refused_until_it_adopts_it(
    world: World, copied: Database
) -> None:
    second = Archiving(copied, world.folder)
    run(world)
    files = {path: path.read_bytes() for path in world.files()}
    with pytest.raises(AppError, match="archive_folder_not_ours"):
        second.archive_old(world.hotel_id, world.at)
    Ownership(copied, world.folder).adopt("ada")
    assert second.archive_old(world.hotel_id, world.at).rows == 21
    world.add(world.before(100))
    with pytest.raises(AppError, match="archive_folder_not_ours"):
        run(world)
    assert {path: path.read_bytes() for path in world.files()} == files


def test_killed_between_the_two_marks_the_claim_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ArchiveFolder, "put_mark", dying)
        with pytest.raises(KeyboardInterrupt):
            run(world)
    assert run(world) == 21


def test_adopting_is_for_those_who_see_every_hotel_and_is_audited(world: World) -> None:
    jobs = ArchiveJobs(world.database, world.clock, world.bringing, world.verification)
    service = ArchiveService(world.database, world.clock, jobs)
    ada = Scope("ada", frozenset({"archive.read", "archive.write"}), None)
    assert service.folder_fault(ada) is None, "nothing was ever archived"
    run(world)
    assert service.folder_fault(ada) is None
    with pytest.raises(AppError, match="archive_folder_ours"):
        service.adopt(ada)
    world.folder.put_mark("of another")
    assert (fault := service.folder_fault(ada)) is not None
    assert (fault.code, fault.params) == ("archive_folder_not_ours", {"folder": str(world.folder.root)})
    for other in (
        Scope("b", ada.permissions, frozenset({world.hotel_id})),
        Scope("c", frozenset({"archive.read"}), None),
    ):
        with pytest.raises(AppError, match="forbidden"):
            service.adopt(other)
    service.adopt(ada)
    assert service.folder_fault(ada) is None
    told = world.ask("SELECT actor, details FROM audit_log WHERE action = 'archive_adopted'")
    assert told == [("ada", {"folder": str(world.folder.root), "had_mark": True})]
