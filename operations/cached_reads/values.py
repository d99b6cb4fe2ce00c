"""Values as Redis has them: what somebody else put under one of our names may be no string."""

from typing import Any

from redis import Redis
from redis.exceptions import RedisError, ResponseError


def value_of(redis: Redis, name: str | bytes) -> Any:
    """Bytes; None too for what is no string: whoever fills it overwrites it."""
    try:
        return redis.get(name)
    except ResponseError as error:
        if not is_no_string(error):
            raise
        return None


def is_no_string(error: RedisError) -> bool:
    return "WRONGTYPE Operation against a key" in str(error)
