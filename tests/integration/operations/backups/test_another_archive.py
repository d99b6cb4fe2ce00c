"""A backup of one installation comes to another: its archived rows come along, its archive's folder does not (C8)."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import AppError
from core.scope import SYSTEM
from operations.archive.archiving import Archiving
from operations.archive.ownership import Ownership
from pipeline.metrics.archive.folder import ArchiveFolder
from tests.integration.operations.backups.conftest import OLD_ROW, Installation


def becomes_another(installation: Installation) -> None:
    """The same machine with a database made anew: it archived nothing and has no folder."""
    for table in ("archive_partitions", "archive_mark"):
        installation.execute(f"DELETE FROM {table}")


def mark(installation: Installation) -> object:
    return installation.scalar("SELECT mark FROM archive_mark")


def archives_on(installation: Installation, folder: Path) -> bool:
    """Whether what is restored can go on writing to the folder."""
    installation.execute(
        OLD_ROW.replace("'product', 1", "'product', 2"), hotel=installation.hotel.hotel_id,
        at=installation.clock.now().replace(year=2020),
    )  # fmt: skip
    archiving = Archiving(installation.database, ArchiveFolder(folder))
    return archiving.archive_old(installation.hotel.hotel_id, installation.clock.now()).files > 0


def test_with_a_folder_of_its_own_the_rows_come_along_and_the_folder_is_its_own(installation: Installation) -> None:
    made, rows, theirs = installation.backup(), installation.archived_rows(), mark(installation)
    becomes_another(installation)
    folder = installation.folder / "archive"
    folder.rename(installation.folder / "of the other")
    installation.service.restore(SYSTEM, made.name)
    assert installation.archived_rows() == rows
    assert mark(installation) == ArchiveFolder(folder).mark() != theirs
    assert ArchiveFolder(installation.folder / "of the other").mark() == theirs
    assert archives_on(installation, folder)


def test_on_the_folder_of_the_other_it_is_refused_until_somebody_adopts_it(installation: Installation) -> None:
    made, rows, theirs = installation.backup(), installation.archived_rows(), mark(installation)
    becomes_another(installation)
    before = installation.rows()
    folder = installation.folder / "archive"
    with pytest.raises(AppError, match="archive_folder_not_ours"):
        installation.service.restore(SYSTEM, made.name)
    assert (installation.rows(), installation.archived_rows(), installation.beside()) == (before, rows, [])
    assert ArchiveFolder(folder).mark() == theirs
    Ownership(installation.database, ArchiveFolder(folder)).adopt("deniz")
    installation.service.restore(SYSTEM, made.name)
    assert installation.archived_rows() == rows
    assert mark(installation) == ArchiveFolder(folder).mark() != theirs
    assert archives_on(installation, folder)
    installation.clock.advance(timedelta(minutes=1))
    installation.service.undo(SYSTEM)
    assert mark(installation) == ArchiveFolder(folder).mark(), "also what a restore replaced writes there again"


def test_nothing_is_restored_to_where_the_disk_is_not_mounted(installation: Installation) -> None:
    made, before = installation.backup(), installation.rows()
    (installation.folder / "archive").rename(installation.folder / "elsewhere")
    with pytest.raises(AppError, match="archive_folder_lost"):
        installation.service.restore(SYSTEM, made.name)
    assert installation.rows() == before
    assert not (installation.folder / "archive").exists()
