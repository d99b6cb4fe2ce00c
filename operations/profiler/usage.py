"""What a process uses: processor, memory, files and threads, as the operating system counts them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True)
class Usage:
    """``cpu_ratio``: of one core since the last look; reads and writes are bytes of disks since the last look."""

    seconds: float
    cpu_ratio: float
    rss_bytes: int
    read_bytes: int | None
    written_bytes: int | None
    threads: int


@dataclass(frozen=True)
class Used:
    """Processor and memory at the last look, and what was read and written since the begin."""

    cpu_ratio: float
    rss_bytes: int
    read_bytes: int | None
    written_bytes: int | None


def used(looks: Sequence[Mapping[str, Any]]) -> Used | None:
    """Of the looks as they are kept, one a ``Usage``; None before the first."""
    if not looks:
        return None
    last = looks[-1]
    read, written = (
        None if last[name] is None else sum(look[name] or 0 for look in looks)
        for name in ("read_bytes", "written_bytes")
    )
    return Used(last["cpu_ratio"], last["rss_bytes"], read, written)


class UsageMeter:
    """Differences between one look and the next; the first one is the begin."""

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)
        self._process.cpu_percent()
        self._io = self._counters()

    def look(self, seconds: float) -> Usage:
        """``seconds``: since the profile began."""
        before, self._io = self._io, self._counters()
        grown = tuple(now - then for now, then in zip(self._io, before, strict=True)) if self._io and before else None
        with self._process.oneshot():
            return Usage(
                round(seconds, 1), self._process.cpu_percent() / 100, self._process.memory_info().rss,
                grown[0] if grown else None, grown[1] if grown else None, self._process.num_threads(),
            )  # fmt: skip

    def _counters(self) -> tuple[int, int] | None:
        """None where the system does not count or does not tell."""
        try:
            counters = self._process.io_counters()
        except (AttributeError, psutil.Error):
            return None
        return counters.read_bytes, counters.write_bytes
