"""A file is there whole or not at all, whatever happens while it is written (B2, C8, A7.4)."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from core import durable_file
from core.durable_file import PARTIAL, whole_file


def test_it_gets_its_name_when_it_is_written_and_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, told = tmp_path / "report.bin", list[str]()
    sync, replace, sync_folder = durable_file.sync, Path.replace, durable_file.sync_folder

    def synced(file: BinaryIO) -> None:
        sync(file)
        told.append("file")

    def replaced(staged: Path, target: Path) -> Path:
        told.append(f"name, {staged.stat().st_size} bytes")
        return replace(staged, target)

    def folder_synced(folder: Path) -> None:
        sync_folder(folder)
        told.append(f"folder, {path.stat().st_size} bytes")

    monkeypatch.setattr(durable_file, "sync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(durable_file, "sync_folder", folder_synced)
    with whole_file(path, 0o600) as file:
        file.write(b"whole")
        assert not path.exists()
        assert len(list(tmp_path.glob(PARTIAL))) == 1
    assert told == ["file", "name, 5 bytes", "folder, 5 bytes"]
    assert [one.name for one in tmp_path.iterdir()] == ["report.bin"]


def test_when_it_goes_wrong_the_file_before_stays_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.bin"
    path.write_bytes(b"before")

    def write() -> None:
        with whole_file(path, 0o600) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["report.bin"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_its_permissions_are_those_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "key", mode) as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == mode
