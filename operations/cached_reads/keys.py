"""The cache as administrators watch and clear it: how often it answers, which keys it holds, content of one (C1).

Only keys below ``barometer:cache:`` are ever listed, read or deleted: what other tenants of the server keep, and what
Barometer keeps beside its cache, stays as it is.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd
from redis import Redis
from redis.exceptions import RedisError

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import audit
from db.queries import cache_counts as queries
from db.session import Database
from operations.cached_reads.entry import MOST_BYTES, NAMESPACES, PREFIX, Meta, meta_of, unpacked
from operations.cached_reads.values import is_no_string, value_of
from operations.periods import PERIODS
from operations.redis.looking import MOST_KEYS, MOST_SECONDS, connected, names_of, note_own_hits, text_of, unavailable
from operations.redis.names import name_of, written

__all__ = ["NAMESPACES", "PERIODS", "CacheKey", "CacheOverview", "CacheService", "Content", "Keys", "ReadSums"]

HITS_A_KEY = 2  # asking for its TTL and its first line; not the server's use
META_BYTES = 2_047  # the first line of an entry lies within
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ReadSums:
    """How reads were answered (operations.cached_reads.counts)."""

    hits: int = 0
    stale: int = 0
    shared: int = 0
    misses: int = 0
    degraded: int = 0

    @property
    def reads(self) -> int:
        return self.hits + self.stale + self.shared + self.misses + self.degraded

    @property
    def hit_ratio(self) -> float | None:
        """The share that cost the database nothing; None without reads."""
        return (self.hits + self.stale + self.shared) / self.reads if self.reads else None

    def __add__(self, other: "ReadSums") -> "ReadSums":
        return ReadSums(*(one + two for one, two in zip(_counts(self), _counts(other), strict=True)))


@dataclass(frozen=True)
class CacheOverview:
    """Reads of the period by namespace; ``measured_since``: None if nothing was ever read."""

    namespaces: dict[str, ReadSums]
    measured_since: datetime | None

    @property
    def total(self) -> ReadSums:
        return sum(self.namespaces.values(), ReadSums())


@dataclass(frozen=True)
class CacheKey:
    """One key. ``what``: the read it answers; None for what this version cannot read."""

    name: str
    namespace: str
    bytes: int
    ttl_seconds: float | None
    what: str | None
    made_at: datetime | None


@dataclass(frozen=True)
class Keys:
    """The largest first; ``is_complete``: False when there are more than were looked at."""

    keys: list[CacheKey]
    is_complete: bool

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.keys)


@dataclass(frozen=True)
class Content:
    """A key with what is kept under it; ``body`` is JSON."""

    key: CacheKey
    meta: Meta
    body: str


@dataclass(frozen=True)
class CacheService:
    database: Database
    clock: Clock
    redis_url: str

    def overview(self, scope: Scope, period: str) -> CacheOverview:
        """Reads over ``period`` (a key of PERIODS); from the database, so also while Redis is away."""
        scope.require("cache.read")
        with self.database.reading() as connection:
            rows = queries.sums(connection, PERIODS[period].begin(self.clock.now()))
            first_at = queries.first_at(connection)
        found = {row.namespace: _sums(row) for row in rows}
        return CacheOverview({name: found.get(name, ReadSums()) for name in NAMESPACES}, first_at)

    def course(self, scope: Scope, period: str) -> pd.DataFrame:
        """at, namespace, reads, hit_ratio by steps of the period in which something was read."""
        scope.require("cache.read")
        chosen = PERIODS[period]
        with self.database.reading() as connection:
            rows = queries.course(connection, chosen.begin(self.clock.now()), chosen.step_seconds)
        told = [(row.at, row.namespace, _sums(row)) for row in rows]
        return pd.DataFrame(
            [(at, namespace, sums.reads, sums.hit_ratio) for at, namespace, sums in told],
            columns=["at", "namespace", "reads", "hit_ratio"],
        )

    def keys(self, scope: Scope, namespace: str | None = None) -> Keys:
        """The keys of one namespace or of all, MOST_KEYS at most; raises ``redis_unavailable`` (503)."""
        scope.require("cache.read")
        match = _match(namespace)
        found, run_id = self._asked(lambda redis: (_keys(redis, match), str(redis.info("server")["run_id"])))
        note_own_hits(self.redis_url, run_id, HITS_A_KEY * len(found.keys))
        return found

    def content(self, scope: Scope, name: str) -> Content:
        """One key; ``not_found`` when it is gone, none of ours, or of hotels that the caller does not see.

        ``cache_entry_unreadable`` (409) for what this version cannot read.
        """
        scope.require("cache.read")
        found = self._asked(lambda redis: _content(redis, name)) if name.startswith(PREFIX) else None
        if found is None or not _is_seen(scope, found.meta):
            raise AppError("not_found", 404, params={"what": name})
        return found

    def delete(self, scope: Scope, name: str) -> None:
        """Forget one key: the next read fills it anew. Raises ``not_found``."""
        scope.require("cache.write")
        if not name.startswith(PREFIX) or not self._asked(lambda redis: redis.unlink(name_of(name))):
            raise AppError("not_found", 404, params={"what": name})
        with self.database.transaction() as connection:
            audit.record(connection, scope.actor, "cache_key_deleted", entity=name)

    def count(self, scope: Scope, namespace: str) -> int:
        """How many keys clearing a namespace would delete now."""
        scope.require("cache.read")
        return self._asked(lambda redis: sum(len(names) for names in names_of(redis, _match(namespace))))

    def clear(self, scope: Scope, namespace: str) -> int:
        """Forget every key of a namespace; returns how many. Answers are made anew as they are asked for."""
        scope.require("cache.write")
        deleted = self._asked(lambda redis: _unlinked(redis, _match(namespace)))
        with self.database.transaction() as connection:
            details = {"keys": deleted}
            audit.record(connection, scope.actor, "cache_cleared", entity=namespace, details=details)
        return deleted

    def _asked(self, question: Callable[[Redis], Answer]) -> Answer:
        try:
            with connected(self.redis_url) as redis:
                return question(redis)
        except (RedisError, ValueError) as error:
            raise unavailable(error) from error


def _match(namespace: str | None) -> str:
    """The pattern of SCAN; raises ``cache_namespace_unknown`` for what is none of NAMESPACES."""
    if namespace is not None and namespace not in NAMESPACES:
        raise AppError("cache_namespace_unknown", 404, params={"namespace": namespace})
    return f"{PREFIX}*" if namespace is None else f"{PREFIX}{namespace}:*"


def _unlinked(redis: Redis, match: str) -> int:
    return sum(int(redis.unlink(*names)) for names in names_of(redis, match))


def _keys(redis: Redis, match: str) -> Keys:
    found: dict[Any, CacheKey] = {}
    ends, is_complete = time.monotonic() + MOST_SECONDS, True
    for names in names_of(redis, match):
        fresh = [name for name in names if name not in found]
        found |= {name: key for name, key in zip(fresh, _described(redis, fresh), strict=True) if key is not None}
        if len(found) >= MOST_KEYS or time.monotonic() > ends:
            is_complete = False
            break
    return Keys(sorted(found.values(), key=lambda one: (-one.bytes, one.name))[:MOST_KEYS], is_complete)


def _described(redis: Redis, names: Sequence[Any]) -> list[CacheKey | None]:
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.memory_usage(name, samples=0)
        pipeline.pttl(name)
        pipeline.getrange(name, 0, META_BYTES)
    answers = pipeline.execute(raise_on_error=False)
    for error in answers:
        if isinstance(error, RedisError) and not is_no_string(error):
            raise error
    return [_key(name, *answers[3 * place : 3 * place + 3]) for place, name in enumerate(names)]


def _key(name: Any, size: int | None, ttl: int, begin: bytes | RedisError) -> CacheKey | None:
    """None for one that is gone meanwhile."""
    if size is None:
        return None
    meta, told = meta_of(begin if isinstance(begin, bytes) else b""), written(name)
    return CacheKey(
        told, told.removeprefix(PREFIX).partition(":")[0], int(size), ttl / 1_000 if ttl >= 0 else None,
        meta.what if meta else None, datetime.fromtimestamp(meta.made_at, UTC) if meta else None,
    )  # fmt: skip


def _content(redis: Redis, name: str) -> Content | None:
    [key] = _described(redis, [name_of(name)])
    if key is None:
        return None
    entry = unpacked(value_of(redis, name_of(name))) if key.what is not None and key.bytes < 2 * MOST_BYTES else None
    if entry is None:
        raise AppError(
            "cache_entry_unreadable", 409, params={"name": name, "kilobytes": max(round(key.bytes / 1e3, 1), 0.1)}
        )
    return Content(key, entry.meta, text_of(entry.body))


def _is_seen(scope: Scope, meta: Meta) -> bool:
    """Whether the caller sees every hotel that the answer may be about."""
    return scope.hotels is None or (meta.hotels is not None and set(meta.hotels) <= scope.hotels)


def _counts(sums: ReadSums) -> tuple[int, ...]:
    return (sums.hits, sums.stale, sums.shared, sums.misses, sums.degraded)


def _sums(row: Any) -> ReadSums:
    return ReadSums(row.hits, row.stale, row.shared, row.misses, row.degraded)
