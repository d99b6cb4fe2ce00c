"""The beating heart of a run: a thread that writes heartbeat and progress and stops a run that was taken away.

A cancel is the sidecar's work: it asks the process to stop before it kills it. The heart answers for a run that has
no sidecar: one whose sidecar died, and a command in somebody's terminal.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from db.queries import jobs as queries
from db.queries.job_rows import Beat, RunEnd
from db.session import Database

BEAT_SECONDS = 3.0
CANCELLED = "cancelled_by_person"
INTERRUPT = signal.SIGUSR1  # not SIGINT: what a shell starts in the background ignores that one
ORPHAN_GRACE_SECONDS = 15  # the sidecar enforces limit and cancel; this is for a child whose sidecar died

log = logger(__name__)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[bool]:
    """Let ``INTERRUPT`` end what runs in the main thread; False in another thread, which no signal reaches."""
    if threading.current_thread() is not threading.main_thread():
        yield False
        return
    before = signal.signal(INTERRUPT, _interrupted)
    try:
        yield True
    finally:
        signal.signal(INTERRUPT, before)


@dataclass
class Heart:
    """``with Heart(...) as heart: work(heart.progress)``."""

    database: Database
    clock: Clock
    run_id: int
    timeout_seconds: int | None = None
    beat_seconds: float = BEAT_SECONDS
    cancel_grace_seconds: float = ORPHAN_GRACE_SECONDS
    is_command: bool = False
    may_interrupt: bool = False
    _interrupted: bool = field(default=False, init=False)
    _ratio: float | None = field(default=None, init=False)
    _note: str | None = field(default=None, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def __enter__(self) -> "Heart":
        self._deadline = (
            time.monotonic() + self.timeout_seconds + ORPHAN_GRACE_SECONDS if self.timeout_seconds else None
        )
        self._thread = threading.Thread(target=self._beat_until_stopped, name=f"heart-{self.run_id}", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def progress(self, ratio: float, note: str) -> None:
        """What the job says of itself; written with the next beat."""
        self._ratio, self._note = ratio, note

    def _beat_until_stopped(self) -> None:
        while not self._stopped.wait(self.beat_seconds):
            try:
                self._beat()
            except AppError as error:
                log.warning("heartbeat_missed", run_id=self.run_id, error=str(error))

    def _beat(self) -> None:
        now = self.clock.now()
        with self.database.transaction() as connection:
            if self._deadline is not None and time.monotonic() > self._deadline:
                queries.finish_run(connection, self.run_id, RunEnd("timed_out", now, error_code="timed_out"))
            beat = queries.beat_run(connection, self.run_id, now, self._ratio, self._note)
            if self._must_end(beat):
                queries.finish_run(connection, self.run_id, RunEnd("cancelled", now, error_code=CANCELLED))
                beat = Beat(False)
        if beat.cancel_requested_at is not None and self.may_interrupt and not self._interrupted:
            self._interrupted = True
            os.kill(os.getpid(), INTERRUPT)  # the command ends as by Ctrl+C, and records it
        if not beat.is_ours and not self._stopped.is_set():
            log.error("run_taken_away", run_id=self.run_id)
            # The whole process: its open transaction must not be committed by a run that does not count any more.
            os.kill(os.getpid(), signal.SIGKILL)

    def _must_end(self, beat: Beat) -> bool:
        if not beat.is_ours or beat.cancel_requested_at is None or self.is_command:
            return False
        return (self.clock.now() - beat.cancel_requested_at).total_seconds() > self.cancel_grace_seconds


@contextmanager
def beating_for_a_command(
    database: Database, clock: Clock, run_id: int, beat_seconds: float = BEAT_SECONDS
) -> Iterator[Heart]:
    """The heart of a run in somebody's terminal, which has no sidecar; a cancel interrupts it."""
    with (
        interruptible() as may_interrupt,
        Heart(
            database, clock, run_id, beat_seconds=beat_seconds, is_command=True, may_interrupt=may_interrupt
        ) as heart,
    ):  # fmt: skip
        yield heart
