"""Files that only their owner may read, written as a whole; one process changes a folder of them at a time."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def is_exposed(found: os.stat_result) -> bool:
    """Whether others than the owner may read or change the file."""
    return bool(stat.S_IMODE(found.st_mode) & 0o077)
