"""Model files: written atomically, signed, and checked before anything in them is executed (B1, B2)."""

import errno
import fcntl
import os
import pickle
import re
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from core.durable_file import FULL, PARTIAL, whole_file
from core.errors import AppError
from core.key_ring import KeyRing
from core.logs import logger
from pipeline.models.seal import Identity, Seal, library_versions
from pipeline.models.stored import StoredModel

FILE_MODE, FOLDER_MODE = 0o644, 0o755
NAME = re.compile(r"hotel-[0-9]+/[A-Za-z0-9_.-]+\.pkl")
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
OVERHEAD = 1.1  # growth of a process that holds a hundred forests, over the bytes they were unpickled from
SPARE_BYTES = 1_000_000  # a disk is left this much
UNREADABLE = (
    AttributeError, ImportError, pickle.UnpicklingError, EOFError, KeyError, IndexError, TypeError, ValueError,
    ArithmeticError, zlib.error, MemoryError, RuntimeError,
)  # fmt: skip
log = logger(__name__)


@dataclass(frozen=True)
class OpenedModel:
    """A model that was checked and loaded. While somebody uses it, ``file`` holds a lock that no clean-up breaks."""

    stored: StoredModel
    memory_bytes: int  # what it was unpickled from, without compression, and the interpreter's share (OVERHEAD)
    file: int | None = None

    def use(self) -> None:
        """A clean-up leaves the file alone from now on; where one deletes it this very moment, the memory stays."""
        if self.file is not None:
            with suppress(OSError):  # also where the file system knows no locks
                fcntl.flock(self.file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def leave(self) -> None:
        if self.file is not None:
            with suppress(OSError):
                fcntl.flock(self.file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self.file is not None:
            os.close(self.file)


@dataclass(frozen=True)
class ModelFolder:
    """The volume of model files, one sub-folder a hotel, and the keys that sign them."""

    root: Path
    keys: KeyRing = field(repr=False)

    def serialised(self, stored: StoredModel) -> bytes:
        """What is written: joblib's format, compressed."""
        import joblib

        buffer = BytesIO()
        joblib.dump(stored, buffer, compress=1)
        return buffer.getvalue()

    def write(self, identity: Identity, at: datetime, content: bytes) -> Seal:
        """Publish ``{model_type}_{metric_type}_{timestamp}.pkl``; two of the same instant get different timestamps.

        Raises ``model_disk_full``, ``model_folder_forbidden`` or ``model_not_written``; no part of a file stays.
        """
        folder = self.root / f"hotel-{identity.hotel_id}"
        if folder.is_symlink():
            raise AppError("model_path_wrong", 400, params={"path": folder.name})
        with _named(folder, "model_not_written"):
            folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
            if stat.S_IMODE(folder.stat().st_mode) != FOLDER_MODE:
                with suppress(PermissionError):  # another user's folder that we may write into all the same
                    folder.chmod(FOLDER_MODE)
            self._refuse_full(folder, len(content))
            with _alone(folder):
                _sweep(folder)
                path = _publish(folder, f"{identity.model_type}_{identity.metric_type}", at, content)
        log.info("model_saved", path=str(path), kilobytes=round(len(content) / 1024, 1))
        return self.sealed(identity, path.relative_to(self.root).as_posix(), content)

    def sealed(self, identity: Identity, path: str, content: bytes) -> Seal:
        """The seal of a content under a name."""
        digest, versions = sha256(content).hexdigest(), dict(library_versions())
        return Seal(path, len(content), digest, self.keys.sign(identity.message(path, digest, versions)), versions)

    def read(self, identity: Identity, seal: Seal) -> OpenedModel:
        """The model, after the file was found to be exactly the one that was written for this identity.

        Raises ``model_outdated``, ``model_missing``, ``model_forbidden``, ``model_unreadable`` or ``model_corrupt``;
        none of them unpickles a byte.
        """
        self.refuse_outdated(seal)
        content, descriptor = self._content(seal)
        with _closed_on_failure(descriptor):
            return self.opened(identity, seal, content, descriptor)

    def opened(self, identity: Identity, seal: Seal, content: bytes, descriptor: int | None = None) -> OpenedModel:
        """The model in a content that has this seal; also of copies in the database."""
        import joblib

        self.refuse_outdated(seal)
        message = identity.message(seal.path, seal.sha256, seal.library_versions)
        fits = len(content) == seal.size_bytes and sha256(content).hexdigest() == seal.sha256
        if not fits or not self.keys.is_signed(seal.signature, message):
            raise _corrupt(seal, "not the one that was saved", len(content))
        try:
            raw = zlib.decompress(content)
            found = joblib.load(BytesIO(raw))
        except UNREADABLE as error:
            raise _corrupt(seal, f"{type(error).__name__}: {error}", len(content)) from error
        stored = found if isinstance(found, StoredModel) else StoredModel(found)
        return OpenedModel(stored, round(OVERHEAD * len(raw)), descriptor)

    def refuse_outdated(self, seal: Seal) -> None:
        if seal.library_versions != library_versions():
            log.warning("model_outdated", path=seal.path, versions=seal.library_versions)
            raise AppError("model_outdated", 409, params={"path": seal.path})

    def inside(self, relative: str) -> Path:
        """The path of a stored name; a name that leads elsewhere, also through a link, raises ``model_path_wrong``."""
        path = self.root / relative
        if not NAME.fullmatch(relative) or os.path.realpath(path) != f"{os.path.realpath(self.root)}/{relative}":
            raise AppError("model_path_wrong", 400, params={"path": relative})
        return path

    def delete(self, relative: str) -> int | None:
        """Delete one file; its bytes, 0 when it was gone already, None when somebody uses it (it stays)."""
        path = self.inside(relative)
        with _named(path, "model_not_deleted"):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                return 0
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                size = os.fstat(descriptor).st_size
                path.unlink(missing_ok=True)
            except BlockingIOError:
                return None
            finally:
                os.close(descriptor)
        return size

    def files(self, hotel_id: int) -> dict[str, os.stat_result]:
        """Names and facts of a hotel's model files."""
        found, folder = {}, self.root / f"hotel-{hotel_id}"
        with _named(folder, "model_unreadable", reading=True):
            for path in folder.glob("*.pkl"):
                with suppress(FileNotFoundError):
                    found[path.relative_to(self.root).as_posix()] = path.lstat()
        return found

    def sweep(self, hotel_id: int) -> int:
        """Delete what writers left that died: temporary files while nobody writes; returns their bytes."""
        folder = self.root / f"hotel-{hotel_id}"
        if not folder.is_dir():
            return 0
        with _named(folder, "model_not_deleted"), _alone(folder):
            return _sweep(folder)

    def disk_ratio(self) -> float:
        """The used part of the disk that the model files lie on."""
        with _named(self.root, "model_unreadable", reading=True):
            usage = shutil.disk_usage(next(path for path in (self.root, *self.root.parents) if path.exists()))
        return usage.used / usage.total

    def _refuse_full(self, folder: Path, wanted: int) -> None:
        free = shutil.disk_usage(folder).free
        if free < wanted + SPARE_BYTES:
            raise _failed("model_disk_full", folder, f"{free} bytes are free, {wanted} are needed")

    def _content(self, seal: Seal) -> tuple[bytes, int]:
        """Exactly the sealed number of bytes of a regular file, and its open descriptor."""
        path = self.inside(seal.path)
        with _named(path, "model_unreadable", reading=True):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with _closed_on_failure(descriptor):
                facts = os.fstat(descriptor)
                if not stat.S_ISREG(facts.st_mode) or facts.st_size != seal.size_bytes:
                    raise _corrupt(seal, "another size or kind", facts.st_size)
                with open(descriptor, "rb", closefd=False) as stream:
                    return stream.read(seal.size_bytes), descriptor


def bring_libraries() -> None:
    """Import what a model needs: the first load of a process takes no longer than the others."""
    import joblib  # noqa: F401
    import sklearn.ensemble  # noqa: F401


def _publish(folder: Path, stem: str, at: datetime, content: bytes) -> Path:
    """Under the folder's lock: a temporary file made durable, then its name in one step, never another file's."""
    path = folder / f"{stem}_{at:%Y%m%dT%H%M%S%f}.pkl"
    while path.exists():
        at += timedelta(microseconds=1)
        path = folder / f"{stem}_{at:%Y%m%dT%H%M%S%f}.pkl"
    with whole_file(path, FILE_MODE) as file:
        file.write(content)
    return path


def _sweep(folder: Path) -> int:
    swept = 0
    for path in folder.glob(PARTIAL):
        if path.is_file():
            swept += path.lstat().st_size
            path.unlink(missing_ok=True)
            log.warning("model_partial_swept", path=str(path))
    return swept


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The only one that writes in a folder; the system takes the lock back from a killed process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _closed_on_failure(descriptor: int) -> Iterator[None]:
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            os.close(descriptor)


@contextmanager
def _named(path: Path, code: str, *, reading: bool = False) -> Iterator[None]:
    """Errors of the file system by their names; ``code`` for all that has none of its own."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            code = "model_disk_full"
        elif error.errno in FORBIDDEN:
            code = "model_forbidden" if reading else "model_folder_forbidden"
        elif reading and error.errno in (errno.ENOENT, errno.ENOTDIR):
            code = "model_missing"
        raise _failed(code, path, error.strerror or type(error).__name__) from error


def _failed(code: str, path: Path, reason: str) -> AppError:
    """The error, told in the log with its detail (B4)."""
    log.error(code, path=str(path), reason=reason)
    return AppError(code, 507 if code == "model_disk_full" else 500, params={"path": str(path), "reason": reason})


def _corrupt(seal: Seal, reason: str, size_bytes: int) -> AppError:
    log.error("model_corrupt", path=seal.path, reason=reason, size_bytes=size_bytes)
    return AppError("model_corrupt", 409, params={"path": seal.path})
