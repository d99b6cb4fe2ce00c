"""The one layer through which answers of reads are kept in Redis (SPEC C1, C14, R2).

Generations are the data versions: writers bump them in their own transaction, per hotel and business object, so an
answer that was made before a change is never given after it, whatever became of Redis meanwhile. Values are JSON.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any
from uuid import uuid4

from core.clock import Clock
from core.logs import logger
from core.optional_redis import OptionalRedis
from core.scope import Scope
from db.queries import cache_counts as queries
from db.session import Database
from operations.cached_reads.counts import ReadCounts
from operations.cached_reads.entry import (
    MOST_BYTES,
    PREFIX,
    Asked,
    Entry,
    Meta,
    key_of,
    lifetime_ms,
    packed,
    unpacked,
    verdict,
)
from operations.cached_reads.flights import Flights
from operations.cached_reads.values import value_of
from operations.cached_reads.wanted import Again, WantedAnswers

__all__ = ["Answered", "Asked", "CachedReads"]

LOCK = "barometer:filling:{}"
LOCK_MS = 20_000  # a process that was killed while it filled holds others up no longer
LOOK_EVERY_SECONDS, LOOKS = 0.05, 40  # for what another process fills; then this one makes it too
REFRESHERS = 2
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

log = logger(__name__)


@dataclass(frozen=True)
class Answered:
    """``outcome``: of operations.cached_reads.counts; ``tag``: under what an HTTP client may keep it."""

    body: bytes
    tag: str
    outcome: str


@dataclass
class CachedReads:
    """One a process. Redis slow or away: the read goes to PostgreSQL, and Redis is left alone for seconds."""

    database: Database
    clock: Clock
    redis_url: str
    chance: Random = field(default_factory=Random)
    counts: ReadCounts = field(init=False)
    redis: OptionalRedis = field(init=False)
    _flights: "Flights[Answered]" = field(default_factory=Flights, init=False)
    _wanted: WantedAnswers = field(default_factory=WantedAnswers, init=False)
    _refreshers: ThreadPoolExecutor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.counts = ReadCounts(self.clock)
        self.redis = OptionalRedis(self.redis_url, "cache_unavailable")
        self._refreshers = ThreadPoolExecutor(REFRESHERS, "cache-refresh")

    def note(self, scope: Scope, asked: Asked, make: Callable[[], bytes], again: Again) -> None:
        """Somebody asks; ``again`` puts the same question later, so that ``warm`` can keep the answer ready."""
        self._wanted.note(key_of(scope, asked), scope, again, make, self.clock.now())

    def read(self, scope: Scope, asked: Asked, make: Callable[[], bytes]) -> Answered:
        """The kept answer if it is of the asked generation, else what ``make`` says (JSON); its errors are not kept."""
        key = key_of(scope, asked)
        found = self._kept(key)
        if found is None:
            answered, _ = self._flights.join(key + asked.tag, lambda: self._made(asked, make))
            self.counts.add(asked.namespace, "degraded")
            return answered
        [entry] = found
        outcome = verdict(entry, asked, self.clock.now())
        if entry is None or outcome == "miss":
            return self._filled(scope, key, asked, make)
        if outcome == "stale":
            self._refresh(scope, key, asked, make)
        self.counts.add(asked.namespace, outcome)
        return Answered(entry.body, entry.meta.tag, outcome)

    def warm(self) -> int:
        """Make anew what is asked for again and again and whose data changed or whose time is over; returns how many.

        One after the other, and nothing while Redis is away: whoever asks does not wait for this.
        """
        made = 0
        for key, one in self._wanted.lately(self.clock.now()):
            asked, found = one.again(), self._kept(key)
            if found is None:
                return made
            if verdict(found[0], asked, self.clock.now()) == "hit":
                continue
            fill = partial(self._fill, one.scope, key, asked, one.make)
            error = self._refreshers.submit(self._flights.join, key + asked.tag, fill).exception()
            if error is None:
                made += 1
            else:  # what it was about is gone, or the database is away: the next reader is told
                self._wanted.forget(key)
                log.warning("cache_not_warmed", error=str(error))
        return made

    def flush(self) -> None:
        """Write what was counted since the last time, or keep it for the next."""
        counts, is_written = self.counts.take(), False
        try:
            if counts:
                with self.database.transaction() as connection:
                    queries.add(connection, counts)
            is_written = True
        finally:
            if not is_written:
                self.counts.give_back(counts)

    def close(self) -> None:
        self._refreshers.shutdown(wait=True, cancel_futures=True)

    def _kept(self, key: str) -> tuple[Entry | None] | None:
        """(what is kept,); None while Redis is away."""
        return self.redis.ask(lambda redis: (unpacked(value_of(redis, key)),))

    def _filled(self, scope: Scope, key: str, asked: Asked, make: Callable[[], bytes]) -> Answered:
        answered, is_own = self._flights.join(key + asked.tag, lambda: self._fill(scope, key, asked, make))
        outcome = answered.outcome if is_own else "shared"
        self.counts.add(asked.namespace, outcome)
        return Answered(answered.body, answered.tag, outcome)

    def _fill(self, scope: Scope, key: str, asked: Asked, make: Callable[[], bytes]) -> Answered:
        """Made by this process or, when another one is at it, taken from there."""
        lock, token = LOCK.format(key.removeprefix(PREFIX)), uuid4().hex
        is_ours = self.redis.ask(lambda redis: redis.set(lock, token, nx=True, px=LOCK_MS) is True)
        try:
            # Whoever had the lock a moment ago may have filled it meanwhile.
            entry = self._fresh(key, asked) if is_ours else self._of_another(key, lock, asked)
            if entry is not None:
                return Answered(entry.body, entry.meta.tag, "shared")
            begun = time.monotonic()
            answered = self._made(asked, make)
            self._keep(scope, key, asked, answered.body, time.monotonic() - begun)
            return Answered(answered.body, answered.tag, "miss")
        finally:
            if is_ours:
                self.redis.ask(lambda redis: redis.eval(RELEASE, 1, lock, token))

    def _fresh(self, key: str, asked: Asked) -> Entry | None:
        [entry] = self._kept(key) or (None,)
        return entry if verdict(entry, asked, self.clock.now()) == "hit" else None

    def _of_another(self, key: str, lock: str, asked: Asked) -> Entry | None:
        """What another process filled; None when it gave up, takes too long, or Redis went away."""
        for _ in range(LOOKS):
            time.sleep(LOOK_EVERY_SECONDS)
            # The lock first: where it was given back, what was filled before that is there to be read.
            found = self.redis.ask(lambda redis: (redis.exists(lock), unpacked(value_of(redis, key))))
            if found is None:
                return None
            is_locked, entry = found
            if verdict(entry, asked, self.clock.now()) == "hit":
                return entry
            if not is_locked:
                return None
        return None

    def _refresh(self, scope: Scope, key: str, asked: Asked, make: Callable[[], bytes]) -> None:
        """Make it anew while the stale answer is given; a failure is logged, and the next caller tries again."""
        if self._flights.is_under_way(key + asked.tag):
            return
        work = self._refreshers.submit(self._flights.join, key + asked.tag, lambda: self._fill(scope, key, asked, make))
        work.add_done_callback(_tell)

    def _made(self, asked: Asked, make: Callable[[], bytes]) -> Answered:
        return Answered(make(), asked.tag, "degraded")

    def _keep(self, scope: Scope, key: str, asked: Asked, body: bytes, fill_seconds: float) -> None:
        if len(body) > MOST_BYTES:
            return
        now = self.clock.now()
        hotels = None if scope.hotels is None else sorted(scope.hotels)
        meta = Meta(
            asked.what, asked.generation, asked.tag, now.timestamp(), asked.fresh_until.timestamp(),
            round(fill_seconds, 6), hotels,
        )  # fmt: skip
        value, lifetime = packed(Entry(meta, body)), lifetime_ms(asked, now, self.chance)
        self.redis.ask(lambda redis: redis.set(key, value, px=lifetime))


def _tell(work: "Future[Any]") -> None:
    error = None if work.cancelled() else work.exception()
    if error is not None:
        log.warning("cache_not_refreshed", error=str(error))
