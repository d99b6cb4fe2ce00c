"""Looks at the stacks of this process's threads again and again: what runs, for how long, and on which processor time.

The sampled threads are not slowed down but by the interpreter's lock, which one look holds for some tens of
microseconds. Processor time is each thread's own clock (pthread_getcpuclockid), so a thread that waits costs nothing
although it is on every sample. Statistical profiling as of py-spy and pyinstrument, of all threads of a process.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

MAX_STACKS = 20_000
MAX_DEPTH = 200
INTERVAL_SECONDS = 0.01

# (function, file, line of its "def"), the outermost first.
Frame = tuple[str, str, int]
Stack = tuple[Frame, ...]
Wanted = Callable[[str], bool]


@dataclass
class StackTime:
    """What one stack was seen to take. ``elapsed_seconds`` includes waiting, ``cpu_seconds`` does not."""

    elapsed_seconds: float = 0.0
    cpu_seconds: float = 0.0
    samples: int = 0


@dataclass
class Sampler:
    """``wanted``: whether a thread of that name is looked at. Call ``look`` at each interval, from one thread.

    ``calls`` counts, for a function, the different frames of it that were seen: at least that many calls happened.
    A number of stacks is kept; what comes beyond it is counted in ``dropped_samples``.
    """

    wanted: Wanted
    stacks: dict[Stack, StackTime] = field(default_factory=dict)
    calls: dict[Frame, int] = field(default_factory=dict)
    looks: int = 0
    dropped_samples: int = 0
    _at: float | None = field(default=None, init=False)
    _cpu: dict[int, float] = field(default_factory=dict, init=False)
    _seen: dict[int, tuple[tuple[Frame, int], ...]] = field(default_factory=dict, init=False)

    def look(self) -> None:
        """One look at every wanted thread but the one that looks."""
        now, own = time.perf_counter(), threading.get_ident()
        elapsed = 0.0 if self._at is None else now - self._at
        self._at = now
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        cpu: dict[int, float] = {}
        seen: dict[int, tuple[tuple[Frame, int], ...]] = {}
        for ident, frame in sys._current_frames().items():
            if ident == own or not self.wanted(names.get(ident, "")):
                continue
            # The thread is alive: it would need the interpreter's lock, which is held here, to end.
            cpu[ident] = time.clock_gettime(time.pthread_getcpuclockid(ident))
            seen[ident] = _frames(frame)
            self._count(ident, seen[ident], elapsed, cpu[ident])
        self._cpu, self._seen = cpu, seen
        self.looks += 1

    def _count(self, ident: int, frames: tuple[tuple[Frame, int], ...], elapsed: float, cpu: float) -> None:
        before = self._seen.get(ident, ())
        for place, one in enumerate(frames):
            if place >= len(before) or before[place] != one:
                for frame, _ in frames[place:]:
                    self.calls[frame] = self.calls.get(frame, 0) + 1
                break
        if ident not in self._cpu:  # the first time it is seen: since when is not known
            return
        stack = tuple(frame for frame, _ in frames)
        time_of = self.stacks.get(stack)
        if time_of is None:
            if len(self.stacks) >= MAX_STACKS:
                self.dropped_samples += 1
                return
            time_of = self.stacks[stack] = StackTime()
        time_of.elapsed_seconds += elapsed
        time_of.cpu_seconds += max(cpu - self._cpu[ident], 0.0)
        time_of.samples += 1


def _frames(frame: FrameType | None) -> tuple[tuple[Frame, int], ...]:
    """Each frame with its identity, the outermost first; of a very deep stack the innermost part."""
    found: list[tuple[Frame, int]] = []
    while frame is not None and len(found) < MAX_DEPTH:
        code = frame.f_code
        found.append(((code.co_qualname, code.co_filename, code.co_firstlineno), id(frame)))
        frame = frame.f_back
    return tuple(reversed(found))
