"""What a Redis or Valkey server says of itself (``INFO``), and where its memory is heading. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

FULL_RATIO = 0.98  # of the limit: from here on the server evicts or refuses
LEAST_SPAN = timedelta(hours=1)
LEAST_SAMPLES = 12
MOST_POINTS = 48
FURTHEST = timedelta(days=365)


@dataclass(frozen=True)
class ServerFigures:
    """Counters are since the server's start; None where the server does not say."""

    product: str  # 'Valkey' or 'Redis'
    version: str
    role: str
    run_id: str
    uptime_seconds: int
    used_bytes: int
    peak_bytes: int
    limit_bytes: int | None  # None: maxmemory is not set
    machine_bytes: int | None
    policy: str | None
    fragmentation_ratio: float | None
    keys: int
    keys_with_ttl: int
    databases: dict[str, int]  # keys by database
    hits: int
    misses: int
    evicted: int
    expired: int
    commands_per_second: int
    clients: int
    blocked_clients: int
    most_clients: int | None
    rejected_connections: int

    @property
    def used_ratio(self) -> float | None:
        """Of ``maxmemory``; None without one."""
        return self.used_bytes / self.limit_bytes if self.limit_bytes else None

    @property
    def hit_ratio(self) -> float | None:
        """The share of look-ups that found their key; None when nothing was looked up."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None

    @property
    def keys_without_ttl(self) -> int:
        return self.keys - self.keys_with_ttl


def figures_of(info: Mapping[str, Any]) -> ServerFigures:
    """From the parsed answer of ``INFO``."""
    databases = {name: space for name, space in info.items() if name.startswith("db") and isinstance(space, dict)}
    version = info.get("valkey_version") or info["redis_version"]
    return ServerFigures(
        "Valkey" if "valkey_version" in info else "Redis", str(version), str(info["role"]), str(info["run_id"]),
        int(info["uptime_in_seconds"]), int(info["used_memory"]), int(info["used_memory_peak"]),
        int(info.get("maxmemory", 0)) or None, info.get("total_system_memory"), info.get("maxmemory_policy"),
        info.get("mem_fragmentation_ratio"), sum(int(space["keys"]) for space in databases.values()),
        sum(int(space["expires"]) for space in databases.values()),
        {name: int(space["keys"]) for name, space in databases.items()}, int(info["keyspace_hits"]),
        int(info["keyspace_misses"]), int(info["evicted_keys"]), int(info["expired_keys"]),
        int(info["instantaneous_ops_per_sec"]), int(info["connected_clients"]), int(info["blocked_clients"]),
        info.get("maxclients"), int(info["rejected_connections"]),
    )  # fmt: skip


def lately(older: ServerFigures, newer: ServerFigures) -> float | None:
    """The hit ratio between two looks at one run of the server; None when nothing was looked up."""
    hits, misses = newer.hits - older.hits, newer.misses - older.misses
    return hits / (hits + misses) if hits + misses > 0 else None


@dataclass(frozen=True)
class Forecast:
    """``verdict``: no_limit, at_limit, too_short, steady or growing; the rest is known for the last alone."""

    verdict: str
    bytes_per_day: float | None = None
    full_at: datetime | None = None


def forecast(samples: Sequence[tuple[datetime, int]], limit_bytes: int | None) -> Forecast:
    """When ``used_bytes`` reaches the limit: samples of one run of the server, the oldest first.

    The trend is the median of the slopes between all pairs (Theil 1950, Sen 1968), so a burst that went away again is
    none. What does not stand out of the noise (twice the median distance from the trend) is steady.
    """
    if limit_bytes is None:
        return Forecast("no_limit")
    if samples and samples[-1][1] >= FULL_RATIO * limit_bytes:
        return Forecast("at_limit")
    if len(samples) < LEAST_SAMPLES or samples[-1][0] - samples[0][0] < LEAST_SPAN:
        return Forecast("too_short")
    chosen = [samples[place] for place in np.unique(np.linspace(0, len(samples) - 1, MOST_POINTS).astype(int))]
    seconds = np.array([(at - samples[0][0]).total_seconds() for at, _ in chosen])
    used = np.array([value for _, value in chosen], dtype=float)
    first, second = np.triu_indices(len(chosen), 1)
    slope = float(np.median((used[second] - used[first]) / (seconds[second] - seconds[first])))
    residuals = used - slope * seconds
    noise = float(np.median(np.abs(residuals - np.median(residuals))))
    now, left = samples[-1][0], limit_bytes - samples[-1][1]
    if slope <= 0 or slope * seconds[-1] <= 2 * noise or left / slope > FURTHEST.total_seconds():
        return Forecast("steady")
    return Forecast("growing", slope * 86_400, now + timedelta(seconds=left / slope))
