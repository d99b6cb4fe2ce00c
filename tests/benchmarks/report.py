"""One line of the benchmark table, and how the table is printed: ours against a reference of the same run."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil


@dataclass(frozen=True)
class Row:
    """``work`` says the data size; ``reach`` is the figure of BENCHMARKS to reach, in words."""

    id: str
    work: str
    ours_seconds: float
    reference: str
    reference_seconds: float
    reach: str
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours_seconds / self.reference_seconds


def timed(work: Callable[[], object], repeats: int = 3) -> float:
    """Wall-clock seconds of the fastest of some repeats: what other work on the machine disturbs least."""
    seconds = []
    for _ in range(repeats):
        started = perf_counter()
        work()
        seconds.append(perf_counter() - started)
    return min(seconds)


def machine() -> str:
    """Processor, cores, memory and versions, for the reader of the table."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = round(psutil.virtual_memory().total / 2**30)
    load = psutil.getloadavg()[0]
    return (
        f"{names[0] if names else platform.processor()}, {psutil.cpu_count()} cores, {memory} GB, "
        f"Python {platform.python_version()}, load {load:.1f} at the start"
    )


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    head = (
        "| id | work | ours (s) | reference | reference (s) | ratio | reach | note |\n|---|---|---|---|---|---|---|---|"
    )
    lines = [
        f"| {row.id} | {row.work} | {row.ours_seconds:.3f} | {row.reference} | {row.reference_seconds:.3f} "
        f"| {row.ratio:.2f} | {row.reach} | {row.note} |"
        for row in rows
    ]
    return "\n".join([head, *lines])
