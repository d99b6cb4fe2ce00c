"""The folder of backups: sealed archives by name, and beside each what its last proof found."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from re import compile as pattern

from core.durable_file import PARTIAL
from core.errors import AppError
from core.private_file import make_private, write_private
from operations.backups.archive import label_of
from operations.backups.manifest import Label

SUFFIX, PROOF_SUFFIX = ".backup", ".proof"
NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
STATES = ("unproven", "proven", "damaged")


@dataclass(frozen=True)
class Proof:
    """What restoring a backup into a scratch database showed; ``error_code`` is None when it is what was saved.

    The last four are faults that were saved along: of the audit log's chain, of files and keys that models need, of
    files of archived rows.
    """

    proven_at: datetime
    restore_seconds: float
    rows: int
    tables: int
    files: int
    error_code: str | None = None
    reason: str | None = None
    audit_findings: int = 0
    models_missing: int = 0
    keys_missing: int = 0
    rows_missing: int = 0

    @classmethod
    def parse(cls, text: str) -> "Proof":
        found = json.loads(text)
        return cls(**found | {"proven_at": datetime.fromisoformat(found["proven_at"])})


@dataclass(frozen=True)
class Backup:
    """One archive as the folder shows it; the label is None where it cannot be read."""

    name: str
    size_bytes: int
    label: Label | None
    proof: Proof | None

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.label is None or (self.proof is not None and self.proof.error_code is not None):
            return "damaged"
        return "unproven" if self.proof is None else "proven"


@dataclass(frozen=True)
class Shelf:
    """Several processes use the folder; one of them at a time changes what is in it."""

    folder: Path

    def listed(self) -> list[Backup]:
        """The newest first; those whose label cannot be read come last."""
        found = [self._backup(path) for path in self.folder.glob(f"*{SUFFIX}") if NAME.fullmatch(path.stem)]
        found.sort(key=lambda one: (one.label is not None, one.label.made_at.isoformat() if one.label else one.name))
        return found[::-1]

    def one(self, name: str) -> Backup:
        """Raises ``not_found``."""
        return self._backup(self.path(name))

    def path(self, name: str) -> Path:
        """The file of a backup; raises ``not_found``, also for a name that leads elsewhere."""
        path = self.folder / f"{name}{SUFFIX}"
        if not NAME.fullmatch(name) or path.is_symlink() or not path.is_file():
            raise AppError("not_found", 404, params={"what": f"backup {name[:100]}"})
        return path

    def new_path(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"

    def keep_proof(self, name: str, proof: Proof) -> None:
        text = json.dumps(asdict(proof) | {"proven_at": proof.proven_at.isoformat()})
        write_private(self.folder / f"{name}{PROOF_SUFFIX}", text, 0o600)

    def delete(self, name: str) -> None:
        """The archive first: what is left of a deletion that was interrupted is no backup any more."""
        self.path(name).unlink()
        (self.folder / f"{name}{PROOF_SUFFIX}").unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Only one process makes, restores or deletes backups at a time; the others get ``backup_busy``.

        The system takes the lock back from a process that was killed; parts of archives that it left are deleted.
        """
        make_private(self.folder)
        with (self.folder / ".lock").open("w") as lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                raise AppError("backup_busy", 409) from error
            for path in self.folder.glob(PARTIAL):
                path.unlink()
            yield

    def _backup(self, path: Path) -> Backup:
        try:
            label = label_of(path)
        except AppError:
            label = None
        try:
            proof = Proof.parse((self.folder / f"{path.stem}{PROOF_SUFFIX}").read_text())
        except (OSError, ValueError, TypeError, KeyError):
            proof = None  # never proven, or its note was cut short: it is proven again
        return Backup(path.stem, path.stat().st_size, label, proof)
