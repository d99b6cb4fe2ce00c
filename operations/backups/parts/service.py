"""Selective restore: compares parts of a backup with now, puts them back in one transaction, undoes it (SPEC C8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.stage import Progress, silent
from db.queries import audit, incidents, premises
from db.queries import backup_parts as queries
from db.queries import thresholds as threshold_queries
from db.queries.backup_parts import PartsRow
from operations.backups.archive import opened
from operations.backups.checking import SCRATCH, archived_keys, beside, compare_tables, fill
from operations.backups.making import make
from operations.backups.parts import applying, configuration, thresholds, undoing, verdicts
from operations.backups.parts.applying import Owners
from operations.backups.parts.reading import Side, read
from operations.backups.parts.shapes import (
    NEEDS,
    Change,
    Comparison,
    PartsRestored,
    PartsUndoable,
    PartsUndone,
    Said,
    Wanted,
)
from operations.backups.restoring import Asked, within
from operations.backups.service import BackupService

__all__ = ["Change", "Comparison", "PartsRestored", "PartsService", "PartsUndoable", "PartsUndone", "Wanted"]

READ, COMPARED, SAVED = 0.5, 0.55, 0.9  # how much of the work is done then

log = logger(__name__)


@dataclass(frozen=True)
class PartsService:
    """Who restores whole backups, and may write the part; a backup holds every hotel."""

    backups: BackupService
    owners: Owners

    def preview(self, scope: Scope, name: str, wanted: Wanted, progress: Progress = silent) -> Comparison:
        """What putting these parts back would change. Raises what opening and proving the backup raise."""
        self.require(scope, wanted)
        with self.backups.alone():
            then = self._then(name, wanted, progress)
        with self.backups.database.reading() as connection:
            return self._compared(connection, scope, wanted, then)

    def restore(
        self, scope: Scope, name: str, wanted: Wanted, progress: Progress = silent, mark: str | None = None
    ) -> PartsRestored:
        """Put the parts back after a safety copy of everything, in one transaction, and leave the rest alone.

        ``mark``: of the comparison that somebody looked at. Raises ``parts_changed`` when the differences are others
        now, ``parts_nothing`` when there are none, and what ``preview`` and the owners of the parts raise.
        """
        self.require(scope, wanted)
        with self.backups.alone():
            then = self._then(name, wanted, within(progress, 0.0, READ))
            progress(READ, "parts.comparing")
            with self.backups.database.reading() as connection:
                seen = self._compared(connection, scope, wanted, then)
            if not seen.possible:
                raise AppError("parts_nothing", 409)
            if mark is not None and mark != seen.mark:
                raise AppError("parts_changed", 409)
            source, now = self.backups.source, self.backups.clock.now()
            safety = make(source, "safety", scope.actor, now, within(progress, COMPARED, SAVED)).name
            progress(SAVED, "parts.restoring")
            restored = PartsRestored(name, safety, wanted.parts, seen.counts)
            self._apply(scope, wanted, then, seen, restored)
        log.info("parts_restored", name=name, safety=safety, parts=wanted.parts, changed=restored.changed)
        return restored

    def undo_preview(self, scope: Scope, restore_id: int) -> tuple[PartsUndoable, Comparison]:
        """What undoing this selective restore would change, and what stays; raises ``nothing_to_undo``."""
        scope.require_everywhere("backups.restore")
        with self.backups.database.reading() as connection:
            done = self._standing(connection, restore_id)
            self.require(scope, Wanted.of(done.parts))
            return self._undoable(done), undoing.compare(connection, scope, self.owners, done)

    def undo(self, scope: Scope, restore_id: int, mark: str | None = None) -> PartsUndone:
        """Take a selective restore back where nobody decided otherwise since.

        ``mark``: of the preview that somebody looked at. Raises ``nothing_to_undo``, ``parts_changed`` when it is
        another now, and ``parts_nothing_left`` when all of it was decided otherwise since.
        """
        scope.require_everywhere("backups.restore")
        now, within_days = self.backups.clock.now(), self._kept_for + timedelta(days=1)
        with self.backups.shelf.alone(), self.backups.database.transaction() as connection:
            done = self._standing(connection, restore_id)
            self.require(scope, Wanted.of(done.parts))
            undoing.lock(connection, done)
            seen = undoing.compare(connection, scope, self.owners, done)
            if mark is not None and mark != seen.mark:
                raise AppError("parts_changed", 409)
            if not seen.possible:
                raise AppError("parts_nothing_left", 409)
            if not queries.undo(connection, done.id, scope.actor, now):
                raise AppError("nothing_to_undo", 409)
            taken, left = undoing.undo(connection, scope, self.owners, done, seen=seen, within=within_days)
            details = {"restore": done.id, "parts": done.parts, "changed": taken, "left": left}
            audit.record(connection, scope.actor, "parts_undone", entity=done.backup, details=details)
        log.info("parts_undone", name=done.backup, changed=taken, left=left)
        return PartsUndone(done.backup, tuple(done.parts), taken, left)

    def undoable(self, scope: Scope) -> list[PartsUndoable]:
        """Selective restores that can be undone, newest first."""
        scope.require_everywhere("backups.read")
        with self.backups.database.reading() as connection:
            return [self._undoable(one) for one in queries.standing(connection, self._since)]

    def require(self, scope: Scope, wanted: Wanted) -> None:
        """Whoever puts a part back may also write it by hand; raises ``forbidden``, ``not_found`` for a hotel."""
        scope.require_everywhere("backups.restore")
        for part in wanted.parts:
            scope.require(NEEDS[part])
        with self.backups.database.reading() as connection:
            known = {hotel.id for hotel in premises.hotels(connection)}
        for hotel_id in wanted.hotel_ids or ():
            scope.require_row(hotel_id if hotel_id in known else None, f"hotel {hotel_id}")

    def _standing(self, connection: Any, restore_id: int) -> PartsRow:
        for one in queries.standing(connection, self._since):
            if one.id == restore_id:
                return one
        raise AppError("nothing_to_undo", 404)

    def _undoable(self, done: PartsRow) -> PartsUndoable:
        until = done.restored_at + self._kept_for
        return PartsUndoable(
            done.id, done.backup, done.safety, tuple(done.parts), done.restored_by, done.restored_at, until
        )  # fmt: skip

    @property
    def _since(self) -> datetime:
        return self.backups.clock.now() - self._kept_for

    @property
    def _kept_for(self) -> timedelta:
        return timedelta(days=self.backups.settings.backup_safety_days)

    def _then(self, name: str, wanted: Wanted, progress: Progress) -> Side:
        """The parts as the backup holds them: every byte is proven, some tables restored beside and compared."""
        source, stamp = self.backups.source, Asked("", self.backups.clock).stamp
        with (
            self.backups.judged(name),
            opened(source.shelf.path(name), source.backup_keys) as archive,
            beside(source, SCRATCH, stamp) as scratch,
        ):
            fill(source, archive, scratch, progress, queries.TABLES)
            progress(READ, "parts.comparing")
            with source.neighbours.opened(scratch, archived_keys(archive)) as database:
                compare_tables(archive, database, queries.TABLES)
                with database.reading() as connection:
                    return read(connection, wanted.parts)

    def _compared(self, connection: Any, scope: Scope, wanted: Wanted, then: Side) -> Comparison:
        codes = {hotel.code for hotel in premises.hotels(connection) if wanted.includes(hotel.id)}
        now = read(connection, wanted.parts, codes)
        changes: list[Change] = []
        newer = 0
        for code, here in now.hotels.items():
            there = then.hotels.get(code)
            if there is None:
                changes += _of_nobody(wanted, here.hotel.id, here.hotel.name, "parts.hotel_unknown")
                continue
            changes += thresholds.compare(here, there, self.owners.thresholds.read)
            changes += verdicts.compare(here, there)
            newer += verdicts.newer(here, there)
        for code in sorted(then.hotels.keys() - codes) if wanted.hotel_ids is None else ():
            changes += _of_nobody(wanted, None, then.hotels[code].hotel.name, "parts.hotel_gone")
        if "configuration" in wanted.parts:
            changes += configuration.compare(scope, now, then, self.owners.configuration)
        return Comparison(tuple(changes), newer)

    def _apply(self, scope: Scope, wanted: Wanted, then: Side, seen: Comparison, restored: PartsRestored) -> None:
        """All of it or nothing, and only what was seen: whoever decides meanwhile waits, or has decided before."""
        with self.backups.database.transaction() as connection:
            hotel_ids = sorted({change.hotel_id for change in seen.possible if change.hotel_id is not None})
            for hotel_id in hotel_ids:
                threshold_queries.lock_settings(connection, hotel_id)
            for hotel_id in hotel_ids:
                incidents.lock_alerts(connection, hotel_id)
            queries.lock_alerts(connection, [one.then["id"] for one in seen.possible if one.part == "verdicts"])
            again = self._compared(connection, scope, wanted, then)
            if again.mark != seen.mark:
                raise AppError("parts_changed", 409)
            changes = applying.apply(connection, scope, self.owners, again.possible, restored.backup)
            queries.add(connection, {
                "backup": restored.backup, "safety": restored.safety, "parts": list(wanted.parts),
                "restored_by": scope.actor, "restored_at": self.backups.clock.now(), "changes": changes,
            })  # fmt: skip
            details = {"parts": wanted.parts, "hotels": wanted.hotel_ids, "counts": again.counts,
                       "safety": restored.safety}  # fmt: skip
            audit.record(connection, scope.actor, "parts_restored", entity=restored.backup, details=details)


def _of_nobody(wanted: Wanted, hotel_id: int | None, hotel: str, why: str) -> Iterator[Change]:
    """A hotel that only one of the two databases knows."""
    for part in wanted.parts:
        if part != "configuration":
            yield Change(part, "impossible", hotel_id, hotel, {}, reason=Said(why))
