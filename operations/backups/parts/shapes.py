"""What is wanted of a backup, what that would change, and what it changed."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import AppError

PARTS = ("thresholds", "verdicts", "configuration")
NEEDS = {"thresholds": "thresholds.write", "verdicts": "alerts.triage", "configuration": "config.write"}
ACTIONS = ("added", "changed", "removed", "history", "impossible")
SHOWN = 200  # differences that a comparison tells one by one


@dataclass(frozen=True)
class Wanted:
    """Parts of a backup, and the present hotels whose thresholds and verdicts are meant; None: all of them."""

    parts: tuple[str, ...]
    hotel_ids: tuple[int, ...] | None = None

    @classmethod
    def of(cls, parts: Sequence[str], hotel_ids: Sequence[int] | None = None) -> "Wanted":
        """In the order of ``PARTS``; raises ``parts_unknown`` for none and for others."""
        if not parts or set(parts) - set(PARTS):
            raise AppError("parts_unknown", 422, params={"known": ", ".join(PARTS)})
        chosen = None if hotel_ids is None else tuple(sorted(set(hotel_ids)))
        return cls(tuple(part for part in PARTS if part in parts), chosen)

    def includes(self, hotel_id: int) -> bool:
        return self.hotel_ids is None or hotel_id in self.hotel_ids


@dataclass(frozen=True)
class Said:
    """A sentence of the catalogs."""

    id: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One difference between now and the backup.

    ``action``: one of ACTIONS, as putting the part back would do it: ``history`` adds an older version to the history,
    ``impossible`` cannot be put back, for ``reason``. ``what`` names it and never holds what stands encrypted in the
    database; ``then`` is what is put back.
    """

    part: str
    action: str
    hotel_id: int | None
    hotel: str
    what: Mapping[str, Any]
    then: Any = field(default=None, repr=False)
    reason: Said | None = None

    def document(self) -> dict[str, Any]:
        reason = None if self.reason is None else {"id": self.reason.id, "params": dict(self.reason.params)}
        return {
            "part": self.part, "action": self.action, "hotel": self.hotel, "what": dict(self.what), "reason": reason
        }  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What putting back would change; ``newer``: verdicts on alerts that came after the backup, which stay."""

    changes: tuple[Change, ...]
    newer: int = 0

    @property
    def possible(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.action != "impossible")

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """{part: {action: number}}"""
        found = Counter((change.part, change.action) for change in self.changes)
        return {part: {action: found[part, action] for action in ACTIONS} for part in PARTS}

    @property
    def mark(self) -> str:
        """The same for the same differences: whoever looked at them restores these and no others."""
        told = [[change.document(), change.hotel_id, change.then] for change in self.possible]
        return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:32]

    def document(self, backup: str, wanted: Wanted) -> dict[str, Any]:
        """As a run keeps it and pages read it."""
        return {
            "backup": backup, "parts": list(wanted.parts),
            "hotel_ids": None if wanted.hotel_ids is None else list(wanted.hotel_ids),
            "counts": self.counts, "newer": self.newer, "mark": self.mark, "possible": len(self.possible),
            "items": json.loads(json.dumps([one.document() for one in self.changes[:SHOWN]], default=str)),
            "left_out": max(len(self.changes) - SHOWN, 0),
        }  # fmt: skip


@dataclass(frozen=True)
class PartsRestored:
    """What was put back; ``safety``: the backup that was made before."""

    backup: str
    safety: str
    parts: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]

    @property
    def changed(self) -> int:
        """How much was changed in all."""
        return sum(
            number for found in self.counts.values() for action, number in found.items() if action != "impossible"
        )


@dataclass(frozen=True)
class PartsUndoable:
    """A selective restore that can be undone until then."""

    id: int
    backup: str
    safety: str
    parts: tuple[str, ...]
    by: str
    at: datetime
    until: datetime


@dataclass(frozen=True)
class PartsUndone:
    """``left``: what somebody changed since, which stays as it is."""

    backup: str
    parts: tuple[str, ...]
    changed: int
    left: int
