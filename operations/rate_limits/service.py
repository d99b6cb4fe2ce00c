"""How often somebody may ask: counted in Redis for every process, in this process alone while Redis is away."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from redis import Redis
from redis.exceptions import RedisError

from core.clock import Clock
from core.logs import logger

PREFIX = "barometer:rate:"
ANSWER_SECONDS = 0.3  # a slow cache must not make every answer slow
TRY_AGAIN_AFTER = timedelta(seconds=10)
MOST_COUNTED = 10_000  # callers and endpoints that this process counts by itself
# One round trip, and no counter without an end: the first request of a window gives it one.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
log = logger(__name__)


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds; the window begins with the first of them."""

    name: str
    requests: int
    seconds: int = 60


@dataclass(frozen=True)
class Taken:
    """A counted request: how many are left in the window, and when the next one begins."""

    is_over: bool
    remaining: int
    reset_seconds: int


@dataclass
class OwnCounts:
    """Counters of this process, the oldest forgotten first."""

    windows: "OrderedDict[str, tuple[datetime, int]]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def count(self, key: str, limit: Limit, now: datetime) -> tuple[int, float]:
        """(requests in the window, seconds until it ends)."""
        with self.lock:
            ends_at, count = self.windows.get(key, (now, 0))
            if ends_at <= now:
                ends_at, count = now + timedelta(seconds=limit.seconds), 0
                self.windows.pop(key, None)
            self.windows[key] = (ends_at, count + 1)
            while len(self.windows) > MOST_COUNTED:
                self.windows.popitem(last=False)
            return count + 1, (ends_at - now).total_seconds()


@dataclass
class RateLimitService:
    """Who asks too often is told when to come back; a Redis that is away limits nobody's work."""

    redis_url: str
    clock: Clock
    own: OwnCounts = field(default_factory=OwnCounts)
    _redis: "Redis | None" = None
    _away_until: datetime | None = None

    def take(self, who: str, limit: Limit) -> Taken:
        """Count one request of somebody under a limit."""
        key, now = f"{PREFIX}{limit.name}:{who}", self.clock.now()
        count, seconds = self._count(key, limit, now)
        reset = max(1, round(seconds + 0.5))
        return Taken(count > limit.requests, max(0, limit.requests - count), min(reset, limit.seconds))

    def _count(self, key: str, limit: Limit, now: datetime) -> tuple[int, float]:
        if self._away_until is None or self._away_until <= now:
            try:
                count, left = self._client().eval(COUNT, 1, key, limit.seconds * 1_000)
                self._away_until = None
                return int(count), int(left) / 1_000
            except (RedisError, ValueError) as error:
                log.warning("rate_limits_without_redis", reason=str(error))
                self._away_until = now + TRY_AGAIN_AFTER
        return self.own.count(key, limit, now)

    def _client(self) -> "Redis":
        if self._redis is None:
            self._redis = Redis.from_url(
                self.redis_url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS
            )
        return self._redis
