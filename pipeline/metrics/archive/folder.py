"""The folder of the archive: whole files that are on the disk before anybody relies on them, never changed again."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from re import compile as pattern
from typing import BinaryIO

from core.durable_file import FULL, PARTIAL, sync, sync_folder, whole_file
from core.errors import AppError
from core.logs import logger
from core.private_file import make_private, write_private

NAME = pattern(r"hotel-\d+/\d{4}-\d{2}/\d{4}-\d{2}-\d{2}-\d+-[0-9a-f]{16}\.parquet")
FILE_MODE = 0o600
DIGEST_LENGTH = 16  # of the content's SHA-256, in hexadecimal
MARK = "installation-id"
ASIDE = "unknown"  # holds, by the day on which they came there, files that no manifest knows
STILL_WRITTEN = timedelta(days=1)  # a younger file may be one that a restore is just bringing

log = logger(__name__)


@dataclass(frozen=True)
class ArchiveFolder:
    """A file is named by its day, its number among the day's, and its content: who writes it again writes the same."""

    root: Path

    def write(self, hotel_id: int, day: date, part: int, content: bytes) -> str:
        """Put a whole file in place; its path under the root.

        Raises ``disk_full`` or ``archive_not_written``; no part of a file stays.
        """
        name = f"hotel-{hotel_id}/{day:%Y-%m}/{day}-{part}-{sha256(content).hexdigest()[:DIGEST_LENGTH]}.parquet"
        path = self.root / name
        with _named(path):
            make_private(path.parent)
            with whole_file(path, FILE_MODE) as file:
                file.write(content)
                if _from_disk(file) != content:
                    raise AppError("archive_not_written", 500, params={"path": name, "reason": "read back differently"})
            for folder in (path.parent.parent, self.root):
                sync_folder(folder)
        log.info("archive_file_written", path=name, size_bytes=len(content))
        return name

    def read(self, name: str, digest: str) -> bytes:
        """The content of a file, found to be the one that was written.

        Raises ``archive_file_missing``, ``archive_file_damaged`` or ``archive_file_unreadable``.
        """
        content = self._content(name)
        if sha256(content).hexdigest() != digest:
            raise AppError("archive_file_damaged", 409, params={"path": name})
        return content

    def whole(self, name: str) -> bytes:
        """The same for who knows only the name, which tells the content; raises like ``read``."""
        content = self._content(name)
        if not is_named_by(name, sha256(content).hexdigest()):
            raise AppError("archive_file_damaged", 409, params={"path": name})
        return content

    def _content(self, name: str) -> bytes:
        try:
            return self.inside(name).read_bytes()
        except FileNotFoundError as error:
            raise AppError("archive_file_missing", 409, params={"path": name}) from error
        except OSError as error:
            params = {"path": name, "reason": error.strerror or type(error).__name__}
            raise AppError("archive_file_unreadable", 409, params=params) from error

    def inside(self, name: str) -> Path:
        """The path of a name; one that leads elsewhere, also through a link, raises ``archive_file_damaged``."""
        path = self.root / name
        if not NAME.fullmatch(name) or os.path.realpath(path) != f"{os.path.realpath(self.root)}/{name}":
            raise AppError("archive_file_damaged", 409, params={"path": name})
        return path

    def mark(self) -> str | None:
        """Of the installation whose folder it is, None: there is none; raises ``archive_not_written``."""
        path = self.root / MARK
        with _named(path), suppress(FileNotFoundError, NotADirectoryError):
            return path.read_text("ascii", "replace").strip()
        return None

    def put_mark(self, mark: str) -> None:
        """Raises ``disk_full`` or ``archive_not_written``."""
        path = self.root / MARK
        with _named(path):
            make_private(self.root)
            write_private(path, f"{mark}\n", FILE_MODE)
            sync_folder(self.root)

    def is_unused(self) -> bool:
        """Whether it has neither a mark nor a file of rows."""
        return self.mark() is None and not any(self.root.glob("hotel-*/*/*.parquet"))

    def sweep(self, hotel_id: int, known: Iterable[str], at: datetime, kept: timedelta) -> int:
        """Put files that no manifest knows aside, and delete them when they lay there for ``kept``; how many went.

        Whoever undoes a restore until then has a manifest that knows them: they come back to their place.
        """
        names, swept = set(known), self._forget(hotel_id, at - kept)
        self._bring_known_back(hotel_id, names)
        for path in (self.root / f"hotel-{hotel_id}").glob("*/*"):
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime >= (at - STILL_WRITTEN).timestamp():
                    continue
                name = path.relative_to(self.root).as_posix()
                if path.match(PARTIAL):
                    path.unlink()
                elif path.suffix == ".parquet" and name not in names:
                    _move(path, self.root / ASIDE / f"{at:%Y-%m-%d}" / name)
                    log.warning("archive_file_put_aside", path=name)
                else:
                    continue
                swept += 1
        return swept

    def _aside(self, hotel_id: int) -> Iterator[tuple[str, Path]]:
        """The day on which it came there, and the file."""
        for path in sorted((self.root / ASIDE).glob(f"*/hotel-{hotel_id}/*/*.parquet")):
            yield path.relative_to(self.root / ASIDE).parts[0], path

    def _forget(self, hotel_id: int, before: datetime) -> int:
        gone = [path for day, path in self._aside(hotel_id) if day < f"{before:%Y-%m-%d}"]
        for path in gone:
            path.unlink()
            log.warning("archive_file_deleted", path=str(path))
        return len(gone)

    def _bring_known_back(self, hotel_id: int, known: set[str]) -> None:
        for day, path in self._aside(hotel_id):
            name = path.relative_to(self.root / ASIDE / day).as_posix()
            if name in known and not (self.root / name).exists():
                _move(path, self.root / name)
                log.info("archive_file_came_back", path=name)


def _move(path: Path, target: Path) -> None:
    make_private(target.parent)
    path.replace(target)
    sync_folder(target.parent)
    sync_folder(path.parent)


def is_named_by(name: str, digest: str) -> bool:
    """Whether a file with this SHA-256 may have this name."""
    return Path(name).stem.rpartition("-")[2] == digest[:DIGEST_LENGTH]


def _from_disk(file: BinaryIO) -> bytes:
    """What was really written: the system is told to forget what it has of it in memory."""
    sync(file)
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    file.seek(0)
    return file.read()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.exception("archive_not_written", path=str(path))
        if error.errno in FULL:
            raise AppError("disk_full", 500, params={"folder": str(path.parent)}) from error
        params = {"path": str(path), "reason": error.strerror or type(error).__name__}
        raise AppError("archive_not_written", 500, params=params) from error
