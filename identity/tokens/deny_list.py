"""What Redis knows of revoked tokens. It can only refuse: that it says nothing never proves that a token lives.

PostgreSQL is the truth and is asked whenever Redis says nothing, so a cache that is down, full, emptied or behind
brings no token back. What the cache gives: revoked tokens are refused without a query, and while the database is away.
"""

from dataclasses import dataclass, field

from redis import Redis

from core.optional_redis import OptionalRedis
from identity.tokens.signing_keys import ACCESS_LIFETIME, CLOCK_SKEW

KEPT_SECONDS = int((ACCESS_LIFETIME + CLOCK_SKEW).total_seconds()) + 1  # then the access tokens have expired anyway
NAME = "barometer:denied:{}"


@dataclass
class DenyList:
    """Ids of families (``sid``) and of single access tokens (``jti``)."""

    redis_url: str
    _redis: OptionalRedis = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._redis = OptionalRedis(self.redis_url, "deny_list_unavailable")

    def denies(self, *ids: str) -> bool:
        """True: revoked for certain. False: unknown, ask PostgreSQL."""
        found = self._redis.ask(lambda redis: redis.mget([NAME.format(one) for one in ids]))
        return any(value is not None for value in found or [])

    def deny(self, *ids: str) -> None:
        """Remember what PostgreSQL has committed already; a cache that is away is told again by the next reader."""

        def remember(redis: Redis) -> None:
            for one in ids:
                redis.set(NAME.format(one), "1", ex=KEPT_SECONDS)

        self._redis.ask(remember)
