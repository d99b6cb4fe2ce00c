"""Whether the cache server answers, for the health check, the doctor and the launcher."""

from redis import Redis
from redis.exceptions import RedisError

from core.errors import AppError


def cache_version(redis_url: str, timeout_seconds: float = 2.0) -> str:
    """The server's version; raises ``redis_unavailable`` (503) or ``redis_url_wrong``."""
    try:
        client = Redis.from_url(redis_url, socket_connect_timeout=timeout_seconds, socket_timeout=timeout_seconds)
    except ValueError as error:
        raise AppError("redis_url_wrong", params={"reason": str(error)}) from error
    try:
        info = client.info("server")
    except RedisError as error:
        raise AppError("redis_unavailable", 503, params={"reason": str(error)}) from error
    finally:
        client.close()
    return str(info.get("valkey_version") or info["redis_version"])
