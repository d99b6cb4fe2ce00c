"""What Redis knows of revoked tokens. It can only refuse: that it says nothing never proves that a token lives.

PostgreSQL is the truth and is asked whenever Redis says nothing, so a cache that is down, full, emptied or behind
brings no token back. What the cache gives: revoked tokens are refused without a query, and while the database is away.
"""

import time
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError

from core.logs import logger
from identity.tokens.signing_keys import ACCESS_LIFETIME, CLOCK_SKEW

KEPT_SECONDS = int((ACCESS_LIFETIME + CLOCK_SKEW).total_seconds()) + 1  # then the access tokens have expired anyway
TIMEOUT_SECONDS = 0.25
PAUSE_SECONDS = 5.0  # after a failure nobody waits for the cache for a while
NAME = "barometer:denied:{}"

log = logger(__name__)


@dataclass
class DenyList:
    """Ids of families (``sid``) and of single access tokens (``jti``)."""

    redis_url: str
    _client: Redis | None = field(default=None, init=False, repr=False)
    _paused_until: float = field(default=0.0, init=False, repr=False)

    def denies(self, *ids: str) -> bool:
        """True: revoked for certain. False: unknown, ask PostgreSQL."""
        if time.monotonic() < self._paused_until:
            return False
        try:
            return any(value is not None for value in self._connected().mget([NAME.format(one) for one in ids]))
        except (RedisError, ValueError) as error:
            self._pause(error)
            return False

    def deny(self, *ids: str) -> None:
        """Remember what PostgreSQL has committed already; a cache that is away is told again by the next reader."""
        if time.monotonic() < self._paused_until:
            return
        try:
            for one in ids:
                self._connected().set(NAME.format(one), "1", ex=KEPT_SECONDS)
        except (RedisError, ValueError) as error:
            self._pause(error)

    def _connected(self) -> Redis:
        if self._client is None:
            self._client = Redis.from_url(
                self.redis_url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS,
                decode_responses=True,
            )  # fmt: skip
        return self._client

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE_SECONDS
        log.warning("deny_list_unavailable", reason=type(error).__name__)
