"""Corrupted archives, full disks, killed processes, foreign keys and versions: told in words, and nothing is lost."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import AppError
from core.key_ring import KeyRing
from core.scope import SYSTEM
from core.stage import silent
from db import dumps
from operations.backups.archive import opened
from operations.backups.checking import refuse_newer
from operations.backups.making import make
from operations.backups.manifest import Label
from operations.backups.shelf import Shelf
from tests.architecture.source_tree import ROOT
from tests.integration.operations.backups.conftest import Installation, shelf_of

KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from core.clock import SystemClock
from core.key_ring import KeyRing
from core.scope import SYSTEM
from core.settings import Settings
from db.session import open_database
from operations.backups.service import BackupService
url, home, work, note, name = sys.argv[1:]
keys = [KeyRing(Path(home) / "secrets" / which) for which in ("encryption_keys", "backup_keys")]
settings = Settings(home=Path(home), models_dir=Path(home) / "models")
service = BackupService(open_database(url, keys=keys[0]), SystemClock(), settings, url, *keys)
def progress(ratio, said):
    if said == note:
        os.kill(os.getpid(), signal.SIGKILL)
def hook(conn, cursor, statement, *more):
    if note.startswith("sql:") and statement.startswith(note[4:]):
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "after_cursor_execute", hook)
service.create(SYSTEM, progress) if work == "create" else service.restore(SYSTEM, name, progress)
"""


def killed(installation: Installation, work: str, note: str, name: str = "-") -> None:
    """The work in a process that is killed when it says ``note``."""
    url = installation.service.owner_url
    command = [sys.executable, "-c", KILLED, url, str(installation.folder), work, note, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@contextmanager
def no_room(size_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond that, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_corrupted_backup_is_found_by_its_proof_and_never_restored(installation: Installation) -> None:
    made, before = installation.backup(), installation.rows()
    [path] = installation.archives
    whole = path.read_bytes()
    for position in (3, 40, len(whole) // 2, len(whole) - 3):
        changed = bytearray(whole)
        changed[position] ^= 4
        path.write_bytes(bytes(changed))
        for work in (installation.service.prove, installation.service.restore, installation.service.preview):
            with pytest.raises(AppError, match=r"backup_damaged|encryption_key_missing"):
                work(SYSTEM, made.name)
    installation.service.shelf.path(made.name).with_suffix(".proof").unlink()
    with pytest.raises(AppError, match="backup_damaged"):
        installation.service.restore(SYSTEM, made.name)
    assert installation.service.one(SYSTEM, made.name).state == "damaged"  # found by whoever opens it
    path.write_bytes(whole[:-100])
    with pytest.raises(AppError, match="backup_damaged"):
        installation.service.prove(SYSTEM, made.name)
    [listed] = installation.service.listed(SYSTEM).backups
    assert (listed.state, listed.proof and listed.proof.error_code) == ("damaged", "backup_damaged")
    assert (installation.rows(), installation.beside()) == (before, [])
    path.write_bytes(whole)
    assert installation.service.prove(SYSTEM, made.name).state == "proven"


def test_a_dump_that_lacks_a_row_is_found_by_comparing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What pg_restore does not complain about: the archive is whole, and its content another than was counted."""
    popen = subprocess.Popen
    monkeypatch.setattr(
        dumps.subprocess, "Popen",
        lambda command, **more: popen(
            [*command, *(["--exclude-table-data=visit_lines"] if "pg_dump" in str(command[0]) else [])], **more
        ),
    )  # fmt: skip
    with pytest.raises(AppError, match="backup_differs") as failure:
        installation.service.create(SYSTEM)
    assert failure.value.params == {"table": "visit_lines", "written": 20, "found": 0}
    [listed] = installation.service.listed(SYSTEM).backups
    assert listed.state == "damaged"


def test_a_full_disk_leaves_neither_a_part_of_a_backup_nor_a_loss(installation: Installation) -> None:
    made, before = installation.backup(), installation.rows()
    shelf = shelf_of(installation)
    for work in (
        lambda: installation.service.create(SYSTEM),
        lambda: installation.service.restore(SYSTEM, made.name),
    ):
        with no_room(100_000), pytest.raises(AppError, match="disk_full"):
            work()
        assert (shelf_of(installation), installation.rows(), installation.beside()) == (shelf, before, [])


def test_a_disk_that_is_really_full(installation: Installation, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", small], check=False)
    if mounted.returncode:
        pytest.skip("only root mounts a file system")
    try:
        source = replace(installation.service.source, shelf=Shelf(small))
        with pytest.raises(AppError, match="disk_full"):
            make(source, "manual", "deniz", installation.clock.now(), silent)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_whoever_is_killed_loses_nothing_and_hinders_nobody(installation: Installation) -> None:
    made, before = installation.backup(), installation.rows()
    killed(installation, "create", "backup.models")
    assert [name for name in shelf_of(installation) if name.endswith(".partial")]
    killed(installation, "restore", "backup.migrating", made.name)
    assert installation.beside()
    assert installation.rows() == before
    installation.service.delete(SYSTEM, made.name, made.name)
    installation.service.prune(SYSTEM)
    assert installation.beside() == []
    assert [name for name in shelf_of(installation) if name.endswith(".partial")] == []


def test_whoever_is_killed_between_the_two_names_of_a_swap_leaves_the_database_in_use(
    installation: Installation,
) -> None:
    """The first is renamed, the second is not: neither is true until both are."""
    made = installation.backup()
    installation.execute("UPDATE hotels SET name = 'renamed since'")
    before = installation.rows()
    killed(installation, "restore", "sql:ALTER DATABASE", made.name)
    installation.database.dispose()  # the connections of before were ended by the swap
    assert installation.rows() == before
    assert len(installation.beside()) == 1
    assert installation.service.listed(SYSTEM).undoable is None
    installation.service.restore(SYSTEM, made.name)
    installation.database.dispose()
    assert installation.scalar("SELECT name FROM hotels") != "renamed since"
    assert installation.beside() == []


def test_another_administrator_is_told_that_somebody_is_at_it(installation: Installation) -> None:
    made = installation.backup()
    told: list[str] = []

    def second(ratio: float, note: str) -> None:
        for work in (
            installation.service.create, installation.service.undo, installation.service.prune,
            lambda scope: installation.service.restore(scope, made.name),
            lambda scope: installation.service.delete(scope, made.name, made.name),
        ):  # fmt: skip
            if len(told) < 5:
                with pytest.raises(AppError) as refused:
                    work(SYSTEM)
                told.append(refused.value.code)

    installation.service.prove(SYSTEM, made.name, second)
    assert told == ["backup_busy"] * 5
    installation.service.delete(SYSTEM, made.name, made.name)


def test_without_its_key_a_backup_stays_shut_and_with_it_opens_elsewhere(
    installation: Installation, tmp_path: Path
) -> None:
    made = installation.backup()
    path = installation.service.shelf.path(made.name)
    elsewhere = KeyRing(tmp_path / "elsewhere" / "backup_keys")
    elsewhere.first()
    with pytest.raises(AppError, match="encryption_key_missing"), opened(path, elsewhere):
        pytest.fail("opened")
    kept = KeyRing(Path("/nowhere"), installation.service.backup_keys.all())
    with opened(path, kept) as archive:
        assert archive.content("encryption_keys").decode() == installation.service.keys.first().secret


def test_newer_versions_are_refused_with_words(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    label = Label("x", "manual", installation.clock.now(), "deniz", "key", "9.0", "0001", 18)
    refuse_newer(label, 18)
    refuse_newer(replace(label, postgres=17), 18)
    with pytest.raises(AppError, match="backup_from_newer_postgres"):
        refuse_newer(replace(label, postgres=19), 18)
    with pytest.raises(AppError, match="backup_from_newer_version"):
        Label.of(replace(label, format=2).document())
    with pytest.raises(AppError, match="backup_tools_missing"):
        dumps.find_tools(99)
    monkeypatch.setattr("operations.backups.making.backups.schema_revision", lambda _: "9999")
    made, before = installation.backup(), installation.rows()
    with pytest.raises(AppError, match="backup_from_newer_version"):
        installation.service.restore(SYSTEM, made.name)
    assert installation.rows() == before
