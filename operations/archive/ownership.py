"""Whose the archive's folder is: one installation's, which it and the folder know by the same mark (SPEC A7.3).

A folder that a second installation uses, or that is not mounted, would cost rows: each would take the files that only
the other knows for left-overs, and write where nobody looks for them later.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from core.errors import AppError
from core.logs import logger
from db.queries import archive_mark, audit
from db.session import Database
from pipeline.metrics.archive.folder import ArchiveFolder

MARK_BYTES = 16

log = logger(__name__)


@dataclass(frozen=True)
class Ownership:
    """Nothing is written to the folder, moved in it or deleted from it unless both marks are the same."""

    database: Database
    folder: ArchiveFolder

    def claim(self) -> None:
        """A folder that nobody ever wrote to becomes ours; else raises like ``require``.

        The database has the mark first: killed in between, the next one who claims puts the same into the folder.
        """
        if self._is_free():
            with self.database.transaction() as connection:
                mark = archive_mark.keep(connection, secrets.token_hex(MARK_BYTES))
            self.folder.put_mark(mark)
            log.info("archive_folder_claimed", folder=str(self.folder.root))
        with self.database.reading() as connection:
            self.require(connection)

    def require(self, connection: Any) -> None:
        """Raises ``archive_folder_not_ours``, or ``archive_folder_lost`` where the folder has no mark at all."""
        theirs = self.folder.mark()
        if theirs is None:
            raise AppError("archive_folder_lost", 409, params={"folder": str(self.folder.root)})
        if theirs != archive_mark.read(connection):
            raise AppError("archive_folder_not_ours", 409, params={"folder": str(self.folder.root)})

    def fault(self) -> AppError | None:
        """What claiming it would raise."""
        try:
            if not self._is_free():
                with self.database.reading() as connection:
                    self.require(connection)
        except AppError as error:
            return error
        return None

    def adopt(self, actor: str) -> None:
        """Take the folder as it is: it gets a new mark, so that whoever wrote to it before is refused from now on.

        Raises ``archive_folder_ours`` where there is nothing to adopt.
        """
        theirs = self.folder.mark()
        with self.database.transaction() as connection:
            if theirs is not None and theirs == archive_mark.read(connection):
                raise AppError("archive_folder_ours", 409, params={"folder": str(self.folder.root)})
            mark = secrets.token_hex(MARK_BYTES)
            archive_mark.replace(connection, mark)
            details = {"folder": str(self.folder.root), "had_mark": theirs is not None}
            audit.record(connection, actor, "archive_adopted", entity="archive", details=details)
            self.folder.put_mark(mark)
        log.warning("archive_folder_adopted", folder=str(self.folder.root), actor=actor)

    def _is_free(self) -> bool:
        with self.database.reading() as connection:
            return not archive_mark.has_files(connection) and self.folder.is_unused()
