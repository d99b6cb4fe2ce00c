"""The thread that does something again and again: writes what was measured, looks at a server; and when it ends."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from time import monotonic

from core.logs import logger

INTERVAL_SECONDS = 10.0
LONGEST_END_SECONDS = 10.0

log = logger(__name__)


class Flushing:
    """Calls ``flush`` until it is stopped, and then once more; a failure is logged and tried again the next time.

    ``told_as``: the event in the log when it failed; ``at_once``: the first time is now.
    """

    def __init__(
        self, flush: Callable[[], object], interval_seconds: float = INTERVAL_SECONDS,
        told_as: str = "request_metrics_not_written", at_once: bool = False,
    ) -> None:  # fmt: skip
        self._flush = flush
        self._interval_seconds = interval_seconds
        self._told_as = told_as
        self._at_once = at_once
        self._ended = Event()
        self._thread = Thread(target=self._run, name=told_as, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_seconds: float = LONGEST_END_SECONDS) -> None:
        """Write what is left and return; a database that does not answer is not waited for longer than that."""
        stop_all([self], timeout_seconds)

    def end(self) -> None:
        """Once more, and no more; without waiting for it."""
        self._ended.set()

    def wait(self, timeout_seconds: float) -> None:
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        with ThreadPoolExecutor(1, self._told_as) as pool:
            while not self._ended.wait(0.0 if self._at_once else self._interval_seconds):
                self._at_once = False
                self._once(pool)
            self._once(pool)

    def _once(self, pool: ThreadPoolExecutor) -> None:
        """In a pool, since its future holds whatever goes wrong: this thread must outlive it."""
        error = pool.submit(self._flush).exception()
        if error is not None:
            log.warning(self._told_as, error=str(error), exc_info=error)


def stop_all(threads: Sequence[Flushing], timeout_seconds: float = LONGEST_END_SECONDS) -> None:
    """Stop them together: none waits for another's database."""
    until = monotonic() + timeout_seconds
    for thread in threads:
        thread.end()
    for thread in threads:
        thread.wait(max(until - monotonic(), 0.0))
