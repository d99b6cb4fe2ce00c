"""What runs in every process that can be profiled: it waits for a request, measures itself, and writes what it found.

``poll`` belongs on a thread of its own that calls it about once a second; while a profile is taken it does not return.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from core.settings import ROOT
from core.version import version
from db.queries import profiles as queries
from db.queries.profiles import ProfileEnd, ProfileRow
from db.session import Database
from operations.profiler.allocations import AllocationTrace
from operations.profiler.report import stored
from operations.profiler.sampling import INTERVAL_SECONDS, Sampler, Wanted
from operations.profiler.usage import Usage, UsageMeter
from operations.requests.flushing import Flushing

OWN_THREADS = ("profile", "heart-")
BEAT_SECONDS = 1.0

log = logger(__name__)


def everything(thread_name: str) -> bool:
    return not thread_name.startswith(OWN_THREADS)


def of_screens(thread_name: str) -> bool:
    """The threads in which Streamlit runs the pages."""
    return thread_name.startswith("ScriptRunner")


def of_the_api(thread_name: str) -> bool:
    """The event loop and the threads that answer requests."""
    return everything(thread_name) and not of_screens(thread_name)


# What the process that serves screens and API can be asked for: both live in it, told apart by their threads.
SERVING: Mapping[str, Wanted] = {"dashboard": of_screens, "api": of_the_api}
SCHEDULING: Mapping[str, Wanted] = {"scheduler": everything}
RUNNING: Mapping[str, Wanted] = {"job": everything}


@dataclass
class ProfileWatch:
    """``targets``: what this process is, with the threads that count; ``job_name``: of a run, its job.

    ``database`` is asked for first on the watch's own thread: a process that begins to serve does not wait for it.
    """

    database: Callable[[], Database]
    clock: Clock
    targets: Mapping[str, Wanted]
    job_name: str | None = None
    beat_seconds: float = BEAT_SECONDS
    ending: threading.Event = field(default_factory=threading.Event)

    def poll(self) -> None:
        """Take the profile that waits for this process, if one does."""
        if self.ending.is_set():
            return
        with self.database().reading() as connection:
            if not queries.is_asked(connection, list(self.targets)):
                return
        with self.database().transaction() as connection:
            row = queries.claim(
                connection, list(self.targets), self.job_name,
                process_id=os.getpid(), host=socket.gethostname(), version=version(), at=self.clock.now(),
            )  # fmt: skip
        if row is not None:
            log.info("profile_begins", profile_id=row.id, target=row.target, kind=row.kind, seconds=row.seconds)
            self._take(row)

    def thread(self) -> Flushing:
        """What calls ``poll``; set ``ending`` before it is stopped."""
        return Flushing(self.poll, self.beat_seconds, told_as="profile_not_taken", at_once=True)

    def _take(self, row: ProfileRow) -> None:
        usage: list[Usage] = []
        measure = self._time if row.kind == "time" else self._memory
        ended = ProfileEnd("failed", error_code="not_measured")
        try:
            result, overhead = measure(row, usage)
            ended = ProfileEnd("done", result, overhead)
        finally:  # whatever went wrong is in the log; the profile says so at once and stands in nobody's way
            with self.database().transaction() as connection:
                is_ours = queries.end(connection, row.id, ended, self.clock.now(), [asdict(one) for one in usage])
        log.info("profile_ended", profile_id=row.id, target=row.target, kind=row.kind, was_given_up=not is_ours)

    def _time(self, row: ProfileRow, usage: list[Usage]) -> tuple[dict[str, Any], float]:
        sampler, ended, cpu = Sampler(self.targets[row.target]), threading.Event(), [0.0]

        def sample() -> None:
            while not ended.wait(INTERVAL_SECONDS):
                sampler.look()
            cpu[0] = time.thread_time()

        thread, begun = threading.Thread(target=sample, name="profile-sampler", daemon=True), time.monotonic()
        thread.start()
        try:
            self._pass(row, usage, lambda _: 0.0)
        finally:
            ended.set()
            thread.join()
        elapsed = time.monotonic() - begun
        result = stored(sampler, ROOT) | {
            "looks": sampler.looks, "dropped_samples": sampler.dropped_samples, "elapsed_seconds": round(elapsed, 2),
        }  # fmt: skip
        return result, cpu[0] / elapsed

    def _memory(self, row: ProfileRow, usage: list[Usage]) -> tuple[dict[str, Any], float]:
        trace, begun, cpu = AllocationTrace(ROOT), time.monotonic(), time.thread_time()
        trace.begin()
        halved = False

        def look_at_half(passed: float) -> float:
            """The second half is as long as was asked for, also when the looks themselves take their time."""
            nonlocal halved
            if halved or passed < row.seconds / 2:
                return 0.0
            halved = True
            trace.look()
            return time.monotonic() + row.seconds / 2

        try:
            self._pass(row, usage, look_at_half)
        finally:
            traced, lines = trace.end()
        elapsed = time.monotonic() - begun
        result = {
            "lines": [asdict(line) for line in lines], "traced_bytes": traced, "is_whole": halved,
            "elapsed_seconds": round(elapsed, 2),
        }  # fmt: skip
        return result, (time.thread_time() - cpu) / elapsed

    def _pass(self, row: ProfileRow, usage: list[Usage], each: Callable[[float], float]) -> None:
        """Until the time is over, somebody stops it, or the process ends; a database that is away is waited for.

        ``each`` is told the seconds that passed and says until when (monotonic) it has to go on at least.
        """
        meter, begun = UsageMeter(os.getpid()), time.monotonic()
        until = begun + row.seconds
        while (left := until - time.monotonic()) > 0:
            if self.ending.wait(min(self.beat_seconds, left)):
                return
            passed = time.monotonic() - begun
            usage.append(meter.look(passed))
            until = max(until, each(passed))
            try:
                with self.database().transaction() as connection:
                    if not queries.beat(connection, row.id, self.clock.now(), [asdict(one) for one in usage]):
                        return
            except AppError as error:
                log.warning("profile_not_told", profile_id=row.id, error=str(error))


@contextmanager
def profiled(watch: ProfileWatch) -> Iterator[None]:
    """While this process works, profiles of it can be asked for; one that is taken ends with it, and is kept."""
    thread = watch.thread()
    thread.start()
    try:
        yield
    finally:
        watch.ending.set()
        thread.stop()
