"""What an entry changed, field by field: nested values under their path."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One field before and after; None where it was or is not there."""

    field: str
    before: Any
    after: Any

    @property
    def is_different(self) -> bool:
        return bool(self.before != self.after)


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Change]:
    """Every field of both sides, by name (the store keeps no order of its own)."""
    old, new = _flat(before or {}), _flat(after or {})
    return [Change(field, old.get(field), new.get(field)) for field in sorted(old.keys() | new.keys())]


def _flat(values: dict[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = f"{path}{name}"
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{field}.")
        else:
            found[field] = value
    return found
