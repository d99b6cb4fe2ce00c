"""Files that only their owner may read, written as a whole; one process changes a folder of them at a time."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.durable_file import whole_file


def make_private(folder: Path) -> None:
    """The folder and those above it that are missing; ``mkdir(parents=True)`` would let others into the latter."""
    if not folder.parent.exists():
        make_private(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """The only process that changes the folder; the system takes the lock back from a killed one."""
    make_private(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)  # the new name is durable before anybody relies on the file
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str, mode: int) -> None:
    """Put a whole file in place: a reader sees the one before or this one, never a part."""
    with whole_file(path, mode) as file:
        file.write(text.encode("ascii"))


def is_exposed(found: os.stat_result) -> bool:
    """Whether others than the owner may read or change the file."""
    return bool(stat.S_IMODE(found.st_mode) & 0o077)
