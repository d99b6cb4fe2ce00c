"""What stands in the database: the newest version, and the newest one that is valid, which is the one that counts."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from db.queries import configuration as queries
from db.queries.configuration import VersionRow
from operations.configuration.validation import Checked, Problem, checked

PAGE = 20


@dataclass(frozen=True)
class Stored:
    """``newest``: the last one written; ``good``: the one that counts; ``problems``: why these are not the same."""

    newest: VersionRow | None = None
    good: VersionRow | None = None
    values: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def newest_id(self) -> int | None:
        return self.newest.id if self.newest else None

    @property
    def good_id(self) -> int | None:
        return self.good.id if self.good else None


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def judged(row: VersionRow) -> Checked:
    """Its values, or what is wrong with it: somebody may have written it past the console."""
    found = checked(row.text)
    if found.is_valid and checksum(row.text) != row.checksum:
        return Checked({}, (Problem(1, "altered"),))
    return found


def read(connection: Any) -> Stored:
    """The newest version, and behind it the newest one that is valid; none in a database before its migration."""
    if not queries.exists(connection):
        return Stored()
    newest: VersionRow | None = None
    problems: tuple[Problem, ...] = ()
    for row in _rows(connection):
        found = judged(row)
        if newest is None:
            newest, problems = row, found.problems
        if found.is_valid:
            return Stored(newest, row, found.values, problems)
    return Stored(newest, None, {}, problems)


def _rows(connection: Any) -> Iterator[VersionRow]:
    rows = queries.newest(connection, PAGE)
    while rows:
        yield from rows
        rows = queries.before(connection, rows[-1].id, PAGE)
