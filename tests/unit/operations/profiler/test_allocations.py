"""A planted leak is named by file and line, and what only fills once is not (R1, C10)."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ROOT
from operations.profiler.allocations import LEAST_BYTES, AllocationTrace, grown

HERE = "tests/unit/operations/profiler/test_allocations.py"


@pytest.fixture(autouse=True)
def not_traced_otherwise() -> Iterator[None]:
    assert not tracemalloc.is_tracing()
    yield
    assert not tracemalloc.is_tracing()


def line_of(text: str) -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line and "line_of" not in line)


def test_a_planted_leak_is_named_by_file_and_line_and_a_filled_cache_is_not() -> None:
    trace, leak, cache = AllocationTrace(ROOT), [], {}
    trace.begin()
    for half in range(2):
        leak.extend(bytearray(1024) for _ in range(200))  # planted
        cache[half and 0] = bytearray(400 * 1024)  # filled again and again, never more
        if half == 0:
            trace.look()
    traced, lines = trace.end()
    assert traced > 2 * 200 * 1024
    suspects = [(line.file, line.line) for line in lines if line.is_suspect]
    assert suspects == [(HERE, line_of("# planted"))]
    [filled] = [line for line in lines if line.line == line_of("# filled again")]
    assert (filled.is_suspect, filled.first_bytes > LEAST_BYTES) == (False, True)


def test_without_a_look_at_half_time_nothing_is_suspected() -> None:
    looks: list[dict[tuple[str, int], tuple[int, int]]] = [{}, {("/x/a.py", 3): (900_000, 10)}]
    [line] = grown(looks, ROOT)
    assert (line.grown_bytes, line.is_suspect) == (900_000, False)
    three = [{}, {("/x/a.py", 3): (400_000, 5)}, *looks[1:]]
    assert [one.is_suspect for one in grown(three, ROOT)] == [True]
