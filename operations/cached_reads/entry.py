"""What is kept of one read: two lines of JSON, what it is and the answer itself. Pure.

Keys are ``barometer:cache:{namespace}:{digest}``; nothing outside of that prefix is ever read, listed or deleted here.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from random import Random
from typing import Any

from core.scope import Scope
from core.version import version

PREFIX = "barometer:cache:"
NAMESPACES = ("reports", "forecasts", "quality", "models")
STALE_SECONDS = 60.0  # after its time an answer still serves while one caller makes it anew
JITTER = 0.1  # of the lifetime, so that what was filled together does not go together
# The lifetime below is only for memory: whether an answer may be given is decided by its generation and its time.
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class Asked:
    """One read. ``what``: path, query and language; ``generation``: the data versions of its business objects.

    ``tag``: under what an HTTP client keeps it; ``fresh_until``: when an answer about "now" changes by itself.
    """

    namespace: str
    what: str
    generation: str
    tag: str
    fresh_until: datetime


@dataclass(frozen=True)
class Meta:
    """The first line of a kept read; instants in seconds since 1970. ``hotels``: whose answer it is, None for all."""

    what: str
    generation: str
    tag: str
    made_at: float
    fresh_until: float
    fill_seconds: float
    hotels: list[int] | None


@dataclass(frozen=True)
class Entry:
    """``body``: the answer, JSON as bytes."""

    meta: Meta
    body: bytes


def key_of(scope: Scope, asked: Asked) -> str:
    """One key a read and a set of rights: who may see less never gets what was made for somebody who may see more."""
    hotels = None if scope.hotels is None else sorted(scope.hotels)
    known = repr((version(), asked.what, hotels, sorted(scope.permissions)))
    return f"{PREFIX}{asked.namespace}:{hashlib.sha256(known.encode()).hexdigest()[:32]}"


def packed(entry: Entry) -> bytes:
    return json.dumps(asdict(entry.meta), separators=(",", ":")).encode() + b"\n" + entry.body


def unpacked(value: Any) -> Entry | None:
    """From the bytes of a value; None for what is not there or is no entry of this version."""
    meta = meta_of(value)
    return None if meta is None else Entry(meta, value.partition(b"\n")[2])


def meta_of(value: Any) -> Meta | None:
    """The first line alone, from the first bytes of a value."""
    try:
        return Meta(**json.loads((value or b"").partition(b"\n")[0]))
    except (ValueError, TypeError):
        return None


def verdict(entry: Entry | None, asked: Asked, now: datetime) -> str:
    """``hit``; ``stale``: may be given once more while it is made anew; ``miss``: data changed, or too old."""
    if entry is None or entry.meta.generation != asked.generation:
        return "miss"
    age = now.timestamp() - entry.meta.fresh_until
    return "hit" if age < 0 else "stale" if age < STALE_SECONDS else "miss"


def lifetime_ms(asked: Asked, now: datetime, chance: Random) -> int:
    """How long Redis keeps it: until it is of no use, and a little longer by chance."""
    seconds = max((asked.fresh_until - now).total_seconds(), 0.0) + STALE_SECONDS
    return int(1_000 * seconds * (1 + JITTER * chance.random()))
