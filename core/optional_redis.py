"""A Redis that may be away: nobody waits long for it, and after a failure it is left alone for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError

from core.logs import logger

TIMEOUT_SECONDS = 0.25  # a slow cache must not make every answer slow
PAUSE_SECONDS = 5.0  # after a failure nobody waits for the cache for a while
Answer = TypeVar("Answer")

log = logger(__name__)


@dataclass
class OptionalRedis:
    """For work that also goes without it; ``told_as`` is the event in the log when it has to."""

    url: str
    told_as: str
    _client: Redis | None = field(default=None, init=False, repr=False)
    _paused_until: float = field(default=0.0, init=False, repr=False)

    def ask(self, question: Callable[[Redis], Answer]) -> Answer | None:
        """What Redis says; None while it is away."""
        if time.monotonic() < self._paused_until:
            return None
        try:
            return question(self._connected())
        except (RedisError, ValueError) as error:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            log.warning(self.told_as, reason=type(error).__name__)
            return None

    def _connected(self) -> Redis:
        if self._client is None:
            self._client = Redis.from_url(
                self.url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
            )
        return self._client
