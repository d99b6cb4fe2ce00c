"""What looks at the memory of its own process: it keeps a sample a minute, gives memory back, and says when to refuse.

``look`` belongs on a thread that calls it every few seconds. A process's limit is the setting's, where there is one;
the control group's or the machine's always counts too, whichever is nearer.
"""

import ctypes
import gc
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import psutil

from core.clock import Clock
from core.logs import logger
from core.memory import MemoryGauge
from db.queries import process_memory as queries
from db.queries.process_memory import MemorySample
from db.session import Database
from operations.memory.levels import Level, next_level

SAMPLE_EVERY = timedelta(seconds=60)
GIVE_BACK_EVERY = timedelta(minutes=5)
MEGABYTE = 1024 * 1024
DASHBOARD = "dashboard"

log = logger(__name__)


@dataclass(frozen=True)
class Other:
    """Another process that this one looks after: a run in a child of the scheduler."""

    service: str
    process_id: int


def nobody() -> Sequence[Other]:
    return ()


@dataclass
class MemoryWatch:
    """``spares``: each gives back what it can; ``limit_mb``: None where only the machine's limit counts."""

    service: str
    database: Callable[[], Database]
    clock: Clock
    limit_mb: int | None = None
    spares: list[Callable[[], object]] = field(default_factory=list)
    others: Callable[[], Sequence[Other]] = nobody
    gauge: Callable[[], float] = field(default_factory=lambda: MemoryGauge().used_ratio)
    level: Level = field(default="normal", init=False)
    _kept_at: datetime | None = field(default=None, init=False)
    _given_at: datetime | None = field(default=None, init=False)

    @property
    def refuses(self) -> bool:
        """Whether new work has to wait: what runs already ends first."""
        return self.level == "refuse"

    def look(self) -> None:
        """One look; a sample is kept every minute, and whenever the level changes or memory was given back."""
        now, rss = self.clock.now(), _rss(os.getpid())
        ratio = self._ratio(rss)
        before, self.level = self.level, next_level(self.level, ratio)
        given = self._give_back(now, rss) if self.level in ("recycle", "refuse") else None
        if before != self.level:
            tell = log.info if self.level == "normal" else log.warning
            tell("memory_level", service=self.service, level=self.level, before=before, ratio=round(ratio, 3))
        if before != self.level or given is not None or self._kept_at is None or now - self._kept_at >= SAMPLE_EVERY:
            self._keep(now, ratio, given)

    def _ratio(self, rss: int) -> float:
        own = rss / (self.limit_mb * MEGABYTE) if self.limit_mb else 0.0
        return max(own, self.gauge())

    def _give_back(self, now: datetime, rss: int) -> int | None:
        """Bytes that became free; None when it was tried a moment ago."""
        if self._given_at is not None and now - self._given_at < GIVE_BACK_EVERY:
            return None
        self._given_at = now
        for spare in self.spares:
            spare()
        gc.collect()
        _trim()
        given = max(rss - _rss(os.getpid()), 0)
        log.warning("memory_given_back", service=self.service, megabytes=round(given / MEGABYTE, 1))
        return given

    def _keep(self, now: datetime, ratio: float, given: int | None) -> None:
        limit = self.limit_mb * MEGABYTE if self.limit_mb else None
        own = self._sample(Other(self.service, os.getpid()), now, ratio)
        samples = [replace(own, limit_bytes=limit, given_back_bytes=given)]
        for other in self.others():
            with suppress(psutil.Error):  # it ended meanwhile
                samples.append(self._sample(other, now, ratio))
        with self.database().transaction() as connection:
            queries.add(connection, samples)
        self._kept_at = now

    def _sample(self, of: Other, now: datetime, ratio: float) -> MemorySample:
        process = psutil.Process(of.process_id)
        rss, uss = process.memory_info().rss, None
        with suppress(psutil.AccessDenied):
            uss = process.memory_full_info().uss
        started_at = datetime.fromtimestamp(process.create_time(), UTC)
        host = socket.gethostname()
        return MemorySample(now, of.service, of.process_id, host, started_at, rss, uss, ratio, self.level)


def _rss(process_id: int) -> int:
    return int(psutil.Process(process_id).memory_info().rss)


def _trim() -> None:
    """Give what the C library holds back to the system, where it can (glibc)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
