"""What lists show: the backups of the folder, what could be undone, and what a restore would change."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from operations.backups.shelf import Backup

OLD = timedelta(days=2)


@dataclass(frozen=True)
class Undoable:
    """The state before the last restore, which is kept until ``until``."""

    database: str
    restored: str | None
    undone: str | None
    by: str
    at: datetime
    until: datetime


@dataclass(frozen=True)
class Shelved:
    """What the list shows: backups, newest first, bytes of all and free ones, and what could be undone."""

    backups: list[Backup]
    free_bytes: int
    undoable: Undoable | None

    @property
    def size_bytes(self) -> int:
        return sum(one.size_bytes for one in self.backups)

    @property
    def newest_proven(self) -> Backup | None:
        return next((one for one in self.backups if one.state == "proven"), None)

    @property
    def has_room(self) -> bool:
        """Whether the disk has room for two more like the largest."""
        return self.free_bytes > 2 * max((one.size_bytes for one in self.backups), default=0)

    def is_old(self, now: datetime) -> bool:
        """Whether no proven backup is younger than two days, though there are backups."""
        newest = self.newest_proven
        if newest is None or newest.label is None:
            return bool(self.backups)
        return now - newest.label.made_at > OLD


@dataclass(frozen=True)
class TableDifference:
    """A table now and in the backup. ``has_changed``: other content, whatever the numbers of rows are."""

    table: str
    rows_now: int
    rows_then: int
    has_changed: bool

    @property
    def lost(self) -> int:
        """Rows that there are more now than then."""
        return max(self.rows_now - self.rows_then, 0)

    @property
    def gained(self) -> int:
        return max(self.rows_then - self.rows_now, 0)
