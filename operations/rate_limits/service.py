"""How often somebody may ask: counted in Redis for every process, in this process alone while Redis is away.

The window slides: whatever its end, no span of a limit's length holds more requests than it allows. What is refused
does not count, so who goes on asking waits no longer than who pauses.
"""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from core.clock import Clock
from core.optional_redis import OptionalRedis

PREFIX = "barometer:asked:"
MOST_COUNTED = 10_000  # callers and endpoints that this process counts by itself
# When each request of the window came, the oldest first. One round trip, and no list without an end. The time is the
# caller's: Redis runs on the same machine or beside machines whose clocks agree.
TAKE = """
local now, window, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
local count = redis.call('LLEN', KEYS[1])
local is_over = count >= most
if not is_over then
  count = redis.call('RPUSH', KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], window)
end
return {is_over and 1 or 0, count, tonumber(oldest or now) + window - now}
"""


@dataclass(frozen=True)
class Limit:
    """So many requests in any so many seconds."""

    name: str
    requests: int
    seconds: int = 60


@dataclass(frozen=True)
class Taken:
    """One request under a limit: how many are left, and in how many seconds the oldest makes room for another."""

    is_over: bool
    remaining: int
    reset_seconds: int


Count = tuple[bool, int, int]  # (refused, requests in the window, milliseconds until the oldest leaves it)


@dataclass
class OwnCounts:
    """When requests came to this process, by key; the key that was not used for longest is forgotten first."""

    windows: "OrderedDict[str, deque[int]]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def take(self, key: str, limit: Limit, now: int) -> Count:
        """As ``TAKE`` in Redis; ``now`` in milliseconds."""
        window = 1_000 * limit.seconds
        with self.lock:
            came = self.windows.setdefault(key, deque())
            self.windows.move_to_end(key)
            while came and came[0] <= now - window:
                came.popleft()
            is_over = len(came) >= limit.requests
            if not is_over:
                came.append(now)
            while len(self.windows) > MOST_COUNTED:
                self.windows.popitem(last=False)
            return is_over, len(came), came[0] + window - now


@dataclass
class RateLimitService:
    """Who asks too often is told when to come back; a Redis that is away limits nobody's work."""

    redis_url: str
    clock: Clock
    own: OwnCounts = field(default_factory=OwnCounts)
    _redis: OptionalRedis = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._redis = OptionalRedis(self.redis_url, "rate_limits_without_redis")

    def take(self, who: str, limit: Limit) -> Taken:
        """Count one request of somebody under a limit, unless it is one too many."""
        key, now = f"{PREFIX}{limit.name}:{who}", int(1_000 * self.clock.now().timestamp())
        found: Any = self._redis.ask(lambda redis: redis.eval(TAKE, 1, key, now, 1_000 * limit.seconds, limit.requests))
        is_over, count, left = found or self.own.take(key, limit, now)
        reset = min(max(1, math.ceil(left / 1_000)), limit.seconds)
        return Taken(bool(is_over), max(0, limit.requests - count), reset)
