"""What the configuration's service answers."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations.configuration.validation import Problem


@dataclass(frozen=True)
class Setting:
    """One setting as this process has it. A secret has no value here; ``is_set`` says that there is one.

    ``source``: ``default``, ``database``, ``env_file``, ``secret_file`` or ``environment``; ``stored``: what the
    database says; ``is_fixed``: file or environment say something, which wins over it; ``takes``: see ``keys``.
    """

    name: str
    variable: str
    description: str
    value: str | None
    default: str | None
    source: str
    is_secret: bool
    is_set: bool
    is_editable: bool
    is_fixed: bool
    stored: str | None
    takes: tuple[str, ...]
    alerts: bool


@dataclass(frozen=True)
class KeyChange:
    """What a text changes at one setting; None: it does not say anything about it and the default counts."""

    name: str
    before: Any
    after: Any
    is_fixed: bool
    takes: tuple[str, ...]
    alerts: bool


@dataclass(frozen=True)
class Version:
    """One saved text, without secrets; ``changes``: against the valid version before it."""

    id: int
    text: str
    author: str
    saved_at: datetime
    reason: str
    problems: tuple[Problem, ...]
    counts: bool
    changes: tuple[KeyChange, ...] = ()


@dataclass(frozen=True)
class Configuration:
    """All settings; ``newest``: the last version; ``good``: the one that counts; ``newest_id`` is what to save upon."""

    settings: tuple[Setting, ...]
    newest: Version | None
    good: Version | None

    @property
    def newest_id(self) -> int | None:
        return self.newest.id if self.newest else None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why the newest version is not the one that counts."""
        return self.newest.problems if self.newest else ()


@dataclass(frozen=True)
class Proposal:
    """A text that is not saved yet: what is wrong with it, and what it would change."""

    problems: tuple[Problem, ...]
    changes: tuple[KeyChange, ...]
    difference: str

    @property
    def is_valid(self) -> bool:
        return not self.problems


def difference(before: str, after: str) -> str:
    """The unified diff of two texts, without the two lines that name its sides."""
    return "\n".join([*difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)][2:])


def changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
