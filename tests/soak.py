"""How much a process grows while it works: what it holds after the work less what it held after a first part of it."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil

WARM_UP, LEAST_LOOKS = 0.4, 10  # of the looks: caches fill, modules load
LEAK = Path(__file__).parent / "leak"  # a folder whose sitecustomize leaks, for the environment of a process
MEGABYTE = 1024 * 1024


def growth_bytes(process_id: int, seconds: float, work: Callable[[], object]) -> float:
    """Private memory of the last fifth of the looks less that of the fifth after warming up; ``work`` is repeated."""
    process, looks = psutil.Process(process_id), list[int]()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends or len(looks) < LEAST_LOOKS:
        work()
        looks.append(process.memory_full_info().uss)
    fifth, warm = len(looks) // 5, round(len(looks) * WARM_UP)
    return median(looks[-fifth:]) - median(looks[warm : warm + fifth])
