"""Backups for screens, commands and jobs: made, proven, listed, restored, undone, deleted (SPEC C8)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core.clock import Clock
from core.durable_file import whole_file
from core.errors import AppError
from core.key_ring import KeyRing
from core.logs import logger
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, silent
from db.databases import beside as databases_beside
from db.queries import audit, backups
from db.queries.backups import TableState
from db.roles import GROWING
from db.session import Database
from operations.backups import restoring
from operations.backups.archive import opened
from operations.backups.checking import SCRATCH, Findings, check
from operations.backups.listing import Shelved, TableDifference, Undoable
from operations.backups.making import Source, make
from operations.backups.restoring import BEFORE, COMING, Asked, Restored
from operations.backups.retention import Retention
from operations.backups.shelf import Backup, Proof, Shelf

__all__ = ["Backup", "BackupService", "Proof", "Restored", "Shelved", "TableDifference", "Undoable"]

BAD = ("backup_damaged", "backup_differs", "backup_restore_failed")  # what says that the backup is no good
MADE = 0.5  # how much of making a backup is done when only its proof is left

log = logger(__name__)


@dataclass(frozen=True)
class BackupService:
    """A backup holds every hotel: only who sees all of them may have anything to do with it."""

    database: Database
    clock: Clock
    settings: Settings
    owner_url: str = field(repr=False)
    keys: KeyRing = field(repr=False)
    backup_keys: KeyRing = field(repr=False)

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.settings.backups_folder)

    @property
    def source(self) -> Source:
        models = self.settings.models_dir.expanduser()
        return Source(
            self.owner_url, models, self.settings.archive_folder, self.shelf, self.keys, self.backup_keys,
            self.settings.told(),
        )  # fmt: skip

    def listed(self, scope: Scope) -> Shelved:
        """Every backup of the folder."""
        scope.require_everywhere("backups.read")
        with self.database.reading() as connection:
            kept = databases_beside(connection, BEFORE)
        folder = next(path for path in (self.shelf.folder, *self.shelf.folder.parents) if path.exists())
        return Shelved(self.shelf.listed(), shutil.disk_usage(folder).free, self._undoable(kept))

    def one(self, scope: Scope, name: str) -> Backup:
        """Raises ``not_found``."""
        scope.require_everywhere("backups.read")
        return self.shelf.one(name)

    def preview(self, scope: Scope, name: str) -> list[TableDifference]:
        """What a restore would lose and gain, table by table, largest loss first; never of the audit log."""
        scope.require_everywhere("backups.read")
        with opened(self.shelf.path(name), self.backup_keys) as archive:
            then = archive.manifest.tables
        found = []
        with self.database.reading() as connection:
            now = {
                table: TableState(rows, "")
                if table in then and then[table].rows != rows
                else backups.state(connection, table)  # as many rows, perhaps others: that takes longer to see
                for table, rows in backups.row_counts(connection).items()
            }
        for table in sorted((then.keys() | now.keys()) - set(GROWING)):
            left, right = now.get(table), then.get(table)
            rows_now, rows_then = left.rows if left else 0, right.rows if right else 0
            found.append(TableDifference(table, rows_now, rows_then, left != right))
        return sorted(found, key=lambda one: (-one.lost, -one.gained, not one.has_changed, one.table))

    def create(self, scope: Scope, progress: Progress = silent, kind: str = "manual") -> Backup:
        """Make a backup and prove it. Raises ``backup_busy``, ``disk_full`` and what a proof raises."""
        scope.require_everywhere("backups.write")
        with self.alone():
            label = make(self.source, kind, scope.actor, self.clock.now(), lambda r, n: progress(MADE * r, n))
            self._note(scope, "backup_made", label.name)
            self._prove(label.name, lambda ratio, note: progress(MADE + (1 - MADE) * ratio, note))
        return self.shelf.one(label.name)

    def prove(self, scope: Scope, name: str, progress: Progress = silent) -> Backup:
        """Restore a backup into a scratch database and compare; the finding is kept beside it, and raised if bad."""
        scope.require_everywhere("backups.write")
        with self.alone():
            self._prove(name, progress)
        return self.shelf.one(name)

    def restore(self, scope: Scope, name: str, progress: Progress = silent, run_id: int | None = None) -> Restored:
        """Put a backup in the place of the present state; see ``restoring.restore``."""
        scope.require_everywhere("backups.restore")
        with self.alone():
            self._note(scope, "restore_begun", name)
            with self.judged(name):
                done = restoring.restore(self.source, name, Asked(scope.actor, self.clock, run_id), progress)
            self._note(scope, "backup_restored", name, _told(done))
        return done

    def undo(self, scope: Scope, progress: Progress = silent, run_id: int | None = None) -> Restored:
        """Put the state before the last restore back; raises ``nothing_to_undo``."""
        scope.require_everywhere("backups.restore")
        with self.alone():
            self._note(scope, "restore_begun", "undo")
            done = restoring.undo(self.source, Asked(scope.actor, self.clock, run_id), progress)
            self._note(scope, "restore_undone", done.name, _told(done))
        return done

    def delete(self, scope: Scope, name: str, confirmation: str) -> None:
        """Delete one backup for good; ``confirmation`` is its name. Raises ``not_found`` or ``backup_busy``."""
        scope.require_everywhere("backups.write")
        confirmed(name, confirmation)
        with self.shelf.alone():
            self.shelf.path(name)
            self._note(scope, "backup_deleted", name)
            self.shelf.delete(name)

    def prune(self, scope: Scope, time_zone: str = "UTC") -> list[str]:
        """Delete what the retention does not keep, also what was kept to undo a restore; the names that are gone."""
        scope.require_everywhere("backups.write")
        now, settings = self.clock.now(), self.settings
        retention = Retention(
            settings.backup_last, settings.backup_daily, settings.backup_weekly, settings.backup_monthly,
            settings.backup_safety_days,
        )  # fmt: skip
        with self.alone():
            gone = [one.name for one in retention.expired(self.shelf.listed(), now, time_zone)]
            for name in gone:
                self._note(scope, "backup_deleted", name, {"reason": "retention"})
                self.shelf.delete(name)
            with self.database.reading() as connection:
                kept = self._undoable(databases_beside(connection, BEFORE))
            if kept is not None and kept.until < now:
                self.source.neighbours.drop(kept.database)
        return gone

    def taken_along(self, scope: Scope, name: str) -> Path:
        """The file of a backup that somebody downloads; it is noted in the audit log. Raises ``not_found``."""
        scope.require_everywhere("backups.write")
        path = self.shelf.path(name)
        self._note(scope, "backup_downloaded", name)
        return path

    def bring(self, scope: Scope, file: Path) -> Backup:
        """Put an archive from elsewhere on the shelf, under the name it says; it must open with our keys.

        Raises ``backup_exists`` or what opening raises.
        """
        scope.require_everywhere("backups.write")
        try:
            with opened(file, self.backup_keys) as archive:
                name = archive.manifest.label.name
        except OSError as error:
            raise AppError("not_found", 404, params={"what": str(file)}) from error
        with self.shelf.alone():
            target = self.shelf.new_path(name)
            if target.exists():
                raise AppError("backup_exists", 409, params={"name": name})
            with file.open("rb") as source, whole_file(target, 0o600) as brought:
                shutil.copyfileobj(source, brought)
            self._note(scope, "backup_brought", name)
        return self.shelf.one(name)

    def _prove(self, name: str, progress: Progress) -> None:
        stamp = Asked("", self.clock).stamp
        with self.judged(name), opened(self.shelf.path(name), self.backup_keys) as archive:
            found = check(self.source, archive, stamp, self.clock, progress)
        self.shelf.keep_proof(name, _proof(found, self.clock.now()))
        log.info("backup_proven", name=name, seconds=round(found.restore_seconds, 2), rows=found.rows)

    @contextmanager
    def judged(self, name: str) -> Iterator[None]:
        """Whoever opens a backup and finds it bad leaves that beside it: the list calls it damaged from then on."""
        try:
            yield
        except AppError as error:
            if error.code in BAD:
                failed = Proof(self.clock.now(), 0.0, 0, 0, 0, error.code, str(error)[:500])
                self.shelf.keep_proof(name, failed)
                log.error("backup_bad", name=name, reason=str(error))  # noqa: TRY400 - it is raised
            raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Alone on the shelf, after what somebody left who was killed is gone."""
        with self.shelf.alone():
            with self.database.reading() as connection:
                left = [*databases_beside(connection, SCRATCH), *databases_beside(connection, COMING)]
            for name in left:
                self.source.neighbours.drop(name)
            yield

    def _undoable(self, kept: dict[str, dict[str, Any]]) -> Undoable | None:
        for database, note in reversed(kept.items()):
            at = datetime.fromisoformat(note["at"])
            until = at + timedelta(days=self.settings.backup_safety_days)
            return Undoable(database, note.get("restored"), note.get("undone"), note["by"], at, until)
        return None

    def _note(self, scope: Scope, action: str, name: str, details: dict[str, Any] | None = None) -> None:
        with self.database.transaction() as connection:
            audit.record(connection, scope.actor, action, entity=name, details=details)


def confirmed(name: str, confirmation: str) -> None:
    """Whoever typed the name means it; else ``backup_confirmation_wrong``."""
    if confirmation.strip() != name:
        raise AppError("backup_confirmation_wrong", params={"name": name})


def _told(done: Restored) -> dict[str, Any]:
    return {
        "safety": done.safety, "seconds": round(done.restore_seconds, 2), "rows": done.rows,
        "audit_entries": done.carried.audit_entries, "one_history": done.carried.has_one_history,
    }  # fmt: skip


def _proof(found: Findings, at: datetime) -> Proof:
    return Proof(
        at, found.restore_seconds, found.rows, found.tables, found.files, None, None, found.audit_findings,
        found.models_missing, found.keys_missing, found.rows_missing,
    )  # fmt: skip
