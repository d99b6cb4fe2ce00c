"""Model files: written atomically, signed, and checked before anything in them is executed (B1, B2)."""

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import joblib
import numpy
import pandas
import scipy
import sklearn

from core.errors import AppError
from core.logs import logger

FILE_MODE, FOLDER_MODE, KEY_MODE = 0o644, 0o755, 0o600
LIBRARIES = {"scikit-learn": sklearn, "numpy": numpy, "scipy": scipy, "pandas": pandas, "joblib": joblib}
log = logger(__name__)


@dataclass(frozen=True)
class Seal:
    """What the database keeps about a file, and what must fit before it is opened."""

    path: str  # relative to the model folder
    size_bytes: int
    sha256: str
    hmac_sha256: str
    library_versions: Mapping[str, str]


def library_versions() -> dict[str, str]:
    """Versions that a pickle depends on, by package."""
    return {name: str(module.__version__) for name, module in LIBRARIES.items()}


@dataclass(frozen=True)
class ModelFolder:
    """The volume of model files, one sub-folder a hotel, and the key that signs them."""

    root: Path
    key_path: Path

    def write(self, hotel_id: int, model_type: str, metric_type: str, at: datetime, model: Any) -> Seal:
        """Write ``{model_type}_{metric_type}_{timestamp}.pkl``; two of the same instant get different timestamps."""
        folder = self.root / f"hotel-{hotel_id}"
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        folder.chmod(FOLDER_MODE)
        buffer = BytesIO()
        joblib.dump(model, buffer, compress=1)
        content = buffer.getvalue()
        staged = folder / f".{secrets.token_hex(8)}.partial"
        try:
            _write_durably(staged, content)
            path = _publish(staged, folder, f"{model_type}_{metric_type}", at)
        finally:
            staged.unlink(missing_ok=True)
        log.info("model_saved", path=str(path), kilobytes=round(len(content) / 1024, 1))
        relative = path.relative_to(self.root).as_posix()
        digest = hashlib.sha256(content).hexdigest()
        return Seal(relative, len(content), digest, self._sign(relative, content), library_versions())

    def read(self, seal: Seal) -> Any:
        """The model, after the file was found to be exactly the one that was written here.

        Raises ``model_missing``, ``model_corrupt`` or ``model_outdated``; none of them unpickles a byte.
        """
        path = self.inside(seal.path)
        try:
            content = path.read_bytes()
        except OSError as error:
            log.error("model_missing", path=str(path), reason=str(error))  # noqa: TRY400 (the reason says it all)
            raise AppError("model_missing", 404, params={"path": seal.path}) from error
        fits = hmac.compare_digest(hashlib.sha256(content).hexdigest(), seal.sha256)
        if not fits or not hmac.compare_digest(self._sign(seal.path, content), seal.hmac_sha256):
            log.error("model_corrupt", path=str(path), size_bytes=len(content))
            raise AppError("model_corrupt", 409, params={"path": seal.path})
        if dict(seal.library_versions) != library_versions():
            log.warning("model_outdated", path=str(path), versions=dict(seal.library_versions))
            raise AppError("model_outdated", 409, params={"path": seal.path})
        return joblib.load(BytesIO(content))

    def inside(self, relative: str) -> Path:
        """The path of a stored name; a name that leads out of the model folder raises ``model_path_wrong``."""
        path = (self.root / relative).resolve()
        if not path.is_relative_to(self.root.resolve()) or path.suffix != ".pkl":
            raise AppError("model_path_wrong", 400, params={"path": relative})
        return path

    def delete(self, relative: str) -> int:
        """Delete one file; returns its bytes, 0 when it was gone already."""
        path = self.inside(relative)
        size = path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
        return size

    def orphans(self, known: set[str], older_than: datetime) -> list[str]:
        """Files that no row of the database names (a rolled-back training), left alone while they are young."""
        found = [path for path in self.root.glob("hotel-*/*") if path.suffix in (".pkl", ".partial")]
        return [
            name
            for path in found
            if (name := path.relative_to(self.root).as_posix()) not in known
            and path.suffix == ".pkl"
            and path.stat().st_mtime < older_than.timestamp()
        ]

    def _sign(self, relative: str, content: bytes) -> str:
        """HMAC over name and content: a signed file cannot be passed off as another hotel's."""
        return hmac.new(self._key(), relative.encode() + b"\0" + content, hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        """The signing key, made on first use; a key that others can read is refused."""
        if not self.key_path.exists():
            self.key_path.parent.mkdir(parents=True, exist_ok=True)
            staged = self.key_path.with_name(f".{self.key_path.name}.{secrets.token_hex(4)}")
            _write_durably(staged, secrets.token_hex(32).encode(), KEY_MODE)
            try:
                os.link(staged, self.key_path)  # the first one wins; link never replaces
            except FileExistsError:
                log.info("model_key_exists", path=str(self.key_path))
            finally:
                staged.unlink()
        if stat.S_IMODE(self.key_path.stat().st_mode) & 0o077:
            raise AppError("model_key_exposed", 500, params={"path": str(self.key_path)})
        return bytes.fromhex(self.key_path.read_text())


def _write_durably(path: Path, content: bytes, mode: int = FILE_MODE) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    path.chmod(mode)


def _publish(staged: Path, folder: Path, stem: str, at: datetime) -> Path:
    """Give the finished file its name in one step, never over another file, and make the name durable."""
    while True:
        path = folder / f"{stem}_{at:%Y%m%dT%H%M%S%f}.pkl"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))  # claims the name
        except FileExistsError:
            at += timedelta(microseconds=1)
            continue
        staged.replace(path)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return path
