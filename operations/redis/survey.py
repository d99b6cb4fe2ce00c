"""What kinds of keys a server holds: names without their ids, with memory and lifetime, from a bounded look. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

ANY = "*"
KEPT_PARTS = 2  # "barometer:denied:*"
MOST_PATTERNS = 20
OTHERS = "…"
WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,30}")
RUNS_OF_ID = re.compile(r"[0-9A-Fa-f]{8,}|\d+")


@dataclass(frozen=True)
class SeenKey:
    """One key; ``ttl_ms`` is None where it lives until somebody deletes it."""

    name: str
    bytes: int
    ttl_ms: int | None


@dataclass(frozen=True)
class Pattern:
    """Keys of one kind among those looked at."""

    pattern: str
    keys: int
    bytes: int
    without_ttl: int


@dataclass(frozen=True)
class Survey:
    """``patterns``: the heaviest first; ``looked_at`` of ``total`` keys; ``lasting``: some that have no TTL."""

    patterns: list[Pattern]
    looked_at: int
    total: int
    without_ttl: int
    lasting: list[str]

    @property
    def is_complete(self) -> bool:
        return self.looked_at >= self.total


def pattern_of(name: str) -> str:
    """``barometer:denied:0c4e…`` and the like are ``barometer:denied:*``: words stay, ids and the rest do not."""
    parts = name.split(":")
    if len(parts) == 1:
        return RUNS_OF_ID.sub(ANY, name)
    kept: list[str] = []
    for part in parts[:KEPT_PARTS]:
        if not WORD.fullmatch(part):
            break
        kept.append(part)
    return ":".join(kept if len(kept) == len(parts) else [*kept, ANY])


def survey(keys: Iterable[SeenKey], total: int, most_lasting: int) -> Survey:
    """Keys added up by pattern; beyond MOST_PATTERNS the lightest are one."""
    sums: dict[str, list[int]] = {}
    lasting: list[str] = []
    looked_at = without_ttl = 0
    for key in keys:
        one = sums.setdefault(pattern_of(key.name), [0, 0, 0])
        one[0] += 1
        one[1] += key.bytes
        one[2] += key.ttl_ms is None
        looked_at += 1
        if key.ttl_ms is None:
            without_ttl += 1
            lasting.append(key.name)
    ranked = sorted((Pattern(name, *one) for name, one in sums.items()), key=lambda one: (-one.bytes, one.pattern))
    return Survey(_bounded(ranked), looked_at, max(total, looked_at), without_ttl, sorted(lasting)[:most_lasting])


def _bounded(ranked: list[Pattern]) -> list[Pattern]:
    rest = ranked[MOST_PATTERNS:]
    if not rest:
        return ranked
    others = Pattern(
        OTHERS, sum(one.keys for one in rest), sum(one.bytes for one in rest), sum(one.without_ttl for one in rest)
    )
    return [*ranked[:MOST_PATTERNS], others]


@dataclass(frozen=True)
class Change:
    """One pattern at two times."""

    pattern: str
    keys_before: int
    keys_now: int
    bytes_before: int
    bytes_now: int


def changes(before: Iterable[Pattern], now: Iterable[Pattern]) -> list[Change]:
    """Patterns of either time, the largest difference of memory first."""
    nothing = Pattern("", 0, 0, 0)
    older, newer = ({one.pattern: one for one in found} for found in (before, now))
    found = [
        Change(name, old.keys, new.keys, old.bytes, new.bytes)
        for name in older.keys() | newer.keys()
        for old, new in ((older.get(name, nothing), newer.get(name, nothing)),)
    ]
    return sorted(found, key=lambda one: (-abs(one.bytes_now - one.bytes_before), one.pattern))
