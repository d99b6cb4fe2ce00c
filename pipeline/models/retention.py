"""Which versions go (SPEC B3): three of each kind stay, inactive ones a month, in an emergency one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.queries.models import ModelRow

VERSIONS_KEPT = 3
INACTIVE_FOR = timedelta(days=30)
DISK_FULL_RATIO = 0.90


@dataclass(frozen=True)
class CleanupPlan:
    """``files`` lose their file and stay as inactive rows; ``rows`` go altogether. Never an active version."""

    files: tuple["ModelRow", ...]
    rows: tuple["ModelRow", ...]

    @property
    def size_bytes(self) -> int:
        return sum(row.size_bytes or 0 for row in self.files)


def cleanup_plan(
    rows: Sequence["ModelRow"], at: datetime, kept: int = VERSIONS_KEPT, unsound: frozenset[int] = frozenset()
) -> CleanupPlan:
    """What a clean-up as of ``at`` takes; ``rows`` are a hotel's, ``kept`` how many versions of each kind stay.

    The active version is one of those that stay, whatever its age; before refused ones stays the newest that could be
    gone back to. ``unsound``: active versions whose file is damaged, which do not count as one that stays.
    """
    files, gone = [], []
    left: dict[tuple[int, str, str], int] = {}
    spare = _newest_usable(rows)
    for row in sorted(rows, key=lambda one: (one.is_active, one.id in spare, one.trained_at, one.id), reverse=True):
        if row.is_active:
            left[row.kind] = kept - (row.id not in unsound)
            continue
        is_old = row.deactivated_at is not None and row.deactivated_at <= at - INACTIVE_FOR
        has_file = row.model_path is not None or row.has_data
        room = left.setdefault(row.kind, kept)
        if has_file and room > 0 and not is_old:
            left[row.kind] = room - 1
        elif has_file:
            files.append(row)
        if is_old:
            gone.append(row)
    return CleanupPlan(tuple(files), tuple(gone))


def _newest_usable(rows: Sequence["ModelRow"]) -> set[int]:
    """The newest version of each kind that is not active, not set aside, and has a file."""
    found: dict[tuple[int, str, str], ModelRow] = {}
    for row in sorted(rows, key=lambda one: (one.trained_at, one.id)):
        if not row.is_active and row.withdrawn_reason is None and (row.model_path or row.has_data):
            found[row.kind] = row
    return {row.id for row in found.values()}
