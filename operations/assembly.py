"""The services with which the installation is watched, wired together; ``services.py`` takes them as they are."""

from typing import Any

from core.clock import Clock
from core.embedded.servers import Servers
from core.version import version
from db.session import Database
from operations.health import HealthService
from operations.rate_limits.service import RateLimitService
from operations.redis.service import RedisService
from operations.requests.recorder import RequestRecorder
from operations.requests.service import RequestService


def watching_services(
    database: Database, clock: Clock, servers: Servers, recorder: RequestRecorder | None
) -> dict[str, Any]:
    """By the name of the field of ``Services``."""
    return {
        "rate_limits": RateLimitService(servers.redis_url, clock),
        "health": HealthService(database, servers.redis_url, clock, version()),
        "requests": RequestService(database, clock, recorder or RequestRecorder(clock)),
        "redis": RedisService(database, clock, servers.redis_url, servers.redis_reader_url),
    }
