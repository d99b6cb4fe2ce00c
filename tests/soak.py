"""How much a process grows while it works: what it holds after the work less what it held after a first part of it."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil

WARM_UP = 0.4  # of the time: caches fill, modules load
LEAK = Path(__file__).parent / "leak"  # a folder whose sitecustomize leaks, for the environment of a process
MEGABYTE = 1024 * 1024


def growth_bytes(process_id: int, seconds: float, work: Callable[[], object]) -> float:
    """Private memory of the last fifth of the time less that of the fifth after warming up; ``work`` is repeated."""
    process, looks = psutil.Process(process_id), list[tuple[float, int]]()
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        work()
        looks.append((passed / seconds, process.memory_full_info().uss))
    early = [size for share, size in looks if WARM_UP <= share < WARM_UP + 0.2]
    late = [size for share, size in looks if share >= 0.8]
    return median(late) - median(early)
