"""How this process's reads were answered since the last flush, by namespace and minute."""

from collections import defaultdict
from datetime import UTC, datetime
from threading import Lock

from core.clock import Clock

# hit: from Redis; stale: from Redis while it is made anew; shared: waited for another caller's fill;
# miss: filled from PostgreSQL; degraded: from PostgreSQL, since Redis was slow or away.
OUTCOMES = ("hit", "stale", "shared", "miss", "degraded")
Slot = tuple[str, datetime]  # (namespace, begin of the minute)


class ReadCounts:
    """Shared by all threads of a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._counts: dict[Slot, dict[str, int]] = {}

    @property
    def is_empty(self) -> bool:
        return not self._counts

    def add(self, namespace: str, outcome: str) -> None:
        """One answered read; ``outcome``: of OUTCOMES."""
        minute = datetime.fromtimestamp(int(self._clock.now().timestamp()) // 60 * 60, UTC)
        with self._lock:
            self._counts.setdefault((namespace, minute), defaultdict(int))[outcome] += 1

    def take(self) -> dict[Slot, dict[str, int]]:
        """Everything since the last time; the caller writes it or gives it back."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def give_back(self, counts: dict[Slot, dict[str, int]]) -> None:
        """Keep what could not be written."""
        with self._lock:
            for slot, counted in counts.items():
                kept = self._counts.setdefault(slot, defaultdict(int))
                for name, value in counted.items():
                    kept[name] += value
