"""What makes a file that was just written outlast a power cut, and how a full disk says so."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PARTIAL = ".*.partial"  # what a killed process left of a file, for ``Path.glob``


@contextmanager
def whole_file(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file to write, which gets its name and is on the disk when all went well; else nothing of it stays.

    A reader sees the file before or this one, never a part. ``mode``: its permissions, whatever the umask.
    """
    staged = path.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        descriptor = os.open(staged, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "w+b") as file:
            os.fchmod(descriptor, mode)
            yield file
            sync(file)
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync(file: BinaryIO) -> None:
    """What was written to it so far is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """New and changed names in the folder are on the disk; the files themselves are synchronised by who writes them."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
