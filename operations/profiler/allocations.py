"""Which lines of code hold more memory at the end than at the begin, and which of them look like a leak (tracemalloc).

A line is suspected when it grew in both halves of the time, by at least ``LEAST_BYTES`` each: what fills a cache or a
pool grows once and stays, a leak goes on. Everything unreachable is collected before each of the three looks.
"""

import gc
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations.profiler.report import told_file

LEAST_BYTES = 16 * 1024
MOST_LINES = 50
OWN = ("operations/profiler/", "tracemalloc.py", "threading.py")


@dataclass(frozen=True)
class GrownLine:
    """``first_bytes`` and ``second_bytes``: by how much it grew in each half; negative when it shrank."""

    file: str
    line: int
    bytes: int
    grown_bytes: int
    grown_blocks: int
    first_bytes: int
    second_bytes: int

    @property
    def is_suspect(self) -> bool:
        return min(self.first_bytes, self.second_bytes) >= LEAST_BYTES and self.grown_blocks > 0


@dataclass
class AllocationTrace:
    """Begin, look at the middle and at the end; the trace slows allocations of the whole process while it runs."""

    root: Path
    _looks: list[dict[tuple[str, int], tuple[int, int]]] = field(default_factory=list, init=False)

    def begin(self) -> None:
        tracemalloc.start()
        self.look()

    def look(self) -> None:
        """Bytes and blocks by line of all that lives; about a second for a million blocks."""
        gc.collect()
        taken = tracemalloc.take_snapshot()
        self._looks.append(
            {
                (one.traceback[0].filename, one.traceback[0].lineno): (one.size, one.count)
                for one in taken.statistics("lineno")
            }
        )

    def end(self) -> tuple[int, list[GrownLine]]:
        """Stops tracing; all bytes that were traced, and the lines that grew: suspects first, then the largest."""
        self.look()
        traced = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return traced, grown(self._looks, self.root)


def grown(looks: Sequence[dict[tuple[str, int], tuple[int, int]]], root: Path) -> list[GrownLine]:
    """Of two looks or three: without one at half time nothing can be told of the halves, and nothing is suspected."""
    first, middle, last = looks[0], looks[1] if len(looks) > 2 else looks[0], looks[-1]
    found = []
    for key in {*first, *last}:
        sizes = [look.get(key, (0, 0)) for look in (first, middle, last)]
        told = told_file(key[0], root)
        if sizes[2][0] <= sizes[0][0] or told.startswith(OWN[0]) or told.endswith(OWN[1:]):
            continue
        found.append(
            GrownLine(
                told, key[1], sizes[2][0], sizes[2][0] - sizes[0][0], sizes[2][1] - sizes[0][1],
                sizes[1][0] - sizes[0][0], sizes[2][0] - sizes[1][0],
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (not one.is_suspect, -one.grown_bytes, one.file, one.line))[:MOST_LINES]


def read(lines: Sequence[dict[str, Any]]) -> list[GrownLine]:
    """As they were stored."""
    return [GrownLine(**one) for one in lines]
