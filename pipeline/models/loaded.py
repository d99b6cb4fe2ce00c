"""The cache of loaded models (R4): bounded by bytes, one load per model however many ask, nothing freed under a reader.

Pure: it is handed what loads a model, a clock and a gauge of the memory. All state is guarded by one lock, which is
never held while a model loads.
"""

import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from core.errors import AppError
from pipeline.models.loads import Counts, Loaded

Item = TypeVar("Item", bound=Loaded)
FAILED_SECONDS = 5.0  # a failure is not tried again for so long
LOADERS = 2
WAITING = 64  # loads that wait for a loader; one more is refused
GAUGE_SECONDS = 1.0
HIGH_RATIO, CRITICAL_RATIO = 0.80, 0.90  # of the memory: half of the cache goes, all of it that nobody uses goes


@dataclass
class _Entry(Generic[Item]):
    item: Item
    owner: Hashable = None
    users: int = 0
    is_kept: bool = True  # False: no longer in the cache, closed by its last user


@dataclass
class _Flight(Generic[Item]):
    """A load under way; its future becomes the entry, or the error that everybody who waits gets."""

    future: "Future[_Entry[Item] | BaseException | None]" = field(default_factory=Future)
    waiting: int = 0


@dataclass
class LoadedModels(Generic[Item]):
    """``budget_bytes`` bounds what is kept; models in use count, and are neither closed nor taken away.

    Raises ``models_busy`` (503) when too many loads wait. ``used_ratio`` is the memory's; None: nobody watches it.
    """

    budget_bytes: int
    used_ratio: Callable[[], float] | None = None
    monotonic: Callable[[], float] = time.monotonic
    failed_seconds: float = FAILED_SECONDS
    loaders: int = LOADERS
    waiting: int = WAITING
    _entries: "OrderedDict[Hashable, _Entry[Item]]" = field(default_factory=OrderedDict, init=False)
    _loading: "dict[Hashable, _Flight[Item]]" = field(default_factory=dict, init=False)
    _failed: dict[Hashable, tuple[float, Exception]] = field(default_factory=dict, init=False)
    _counts: dict[Hashable, Counts] = field(default_factory=dict, init=False)
    _queued: int = field(default=0, init=False)
    _bytes: int = field(default=0, init=False)
    _looked_at: float = field(default=float("-inf"), init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(self.loaders, thread_name_prefix="model-loader")

    @contextmanager
    def lease(self, key: Hashable, load: Callable[[], Item], owner: Hashable = None) -> Iterator[Item]:
        """The model of ``key`` for the time of the block; ``load`` is called when it is not there.

        ``load`` says what is wrong by an AppError, which everybody who waits gets, and who asks shortly after.
        ``owner`` names the counts that the request belongs to.
        """
        entry = self._take(key, load, owner)
        try:
            yield entry.item
        finally:
            self._give_back(entry)

    def forget(self, key: Hashable) -> None:
        """Drop a model and what was said about its failure; readers keep what they hold."""
        with self._lock:
            self._failed.pop(key, None)
            entry = self._entries.pop(key, None)
            idle = [] if entry is None else self._dropped(entry)
        _close(idle)

    def clear(self) -> None:
        """Drop every model that nobody uses."""
        with self._lock:
            idle = self._shrink(0)
        _close(idle)

    def shut(self) -> None:
        """Give everything back; nothing is loaded any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.clear()

    @property
    def kept_bytes(self) -> int:
        with self._lock:
            return self._bytes

    def keys(self) -> list[Hashable]:
        """What is kept, the least recently used first."""
        with self._lock:
            return list(self._entries)

    def take_counts(self) -> dict[Hashable, Counts]:
        """The counts by owner since the last call."""
        with self._lock:
            counts, self._counts = self._counts, {}
            return counts

    def _take(self, key: Hashable, load: Callable[[], Item], owner: Hashable) -> "_Entry[Item]":
        """The entry, with one more user; single flight: the first one that asks loads, the others wait for it."""
        self._relieve()
        with self._lock:
            counts = self._counts.setdefault(owner, Counts())
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                counts.hits += 1
                self._use(entry)
                return entry
            self._refuse_failed(key, counts)
            flight = self._loading.get(key)
            if flight is not None:
                flight.waiting += 1
                counts.waits += 1
            else:
                mine = self._loading[key] = _Flight()
                counts.misses += 1
        return self._fly(key, load, mine, owner) if flight is None else _waited(flight)

    def _fly(self, key: Hashable, load: Callable[[], Item], flight: "_Flight[Item]", owner: Hashable) -> "_Entry[Item]":
        began = self.monotonic()
        entry: _Entry[Item] | None = None
        try:
            entry = _Entry(self._run(load, owner), owner)
        finally:
            self._land(key, flight, entry, owner, self.monotonic() - began)
        return entry

    def _land(
        self, key: Hashable, flight: "_Flight[Item]", entry: "_Entry[Item] | None", owner: Hashable, seconds: float
    ) -> None:
        """Keep what came, or remember why nothing did, and wake those who wait: each of them is a user already."""
        idle: list[Item] = [] if entry is None else [entry.item]  # until it is kept
        error = sys.exception()
        outcome: _Entry[Item] | BaseException | None = error
        try:
            with self._lock:
                del self._loading[key]
                counts = self._counts.setdefault(owner, Counts())
                if entry is not None:
                    counts.load_seconds += seconds
                    self._use(entry, 1 + flight.waiting)
                    self._entries[key] = entry
                    self._bytes += entry.item.memory_bytes
                    outcome, idle = entry, self._shrink(self.budget_bytes)
                elif isinstance(error, Exception) and not _is_busy(error):
                    counts.failures += 1
                    self._failed = {one: known for one, known in self._failed.items() if known[0] > self.monotonic()}
                    self._failed[key] = (self.monotonic() + self.failed_seconds, _own(error))
        finally:
            flight.future.set_result(outcome)
            _close(idle)

    def _run(self, load: Callable[[], Item], owner: Hashable) -> Item:
        """Load on one of the loaders' own threads; too many that wait are refused at once.

        Threads of their own: every thread that loads gets an arena of the allocator for good, and with ten of them a
        process takes three times what the models weigh.
        """
        with self._lock:
            if self._queued >= self.loaders + self.waiting:
                self._counts.setdefault(owner, Counts()).refusals += 1
                raise AppError("models_busy", 503, params={"waiting": self.waiting})
            self._queued += 1
        work = self._threads.submit(load)
        work.add_done_callback(self._leave_queue)
        try:
            return work.result()
        finally:
            if not work.done():  # interrupted: what comes later belongs to nobody
                work.add_done_callback(_close_result)

    def _leave_queue(self, work: "Future[Item]") -> None:
        with self._lock:
            self._queued -= 1

    def _refuse_failed(self, key: Hashable, counts: Counts) -> None:
        """Raise what a load said a moment ago."""
        known = self._failed.get(key)
        if known is None:
            return
        until, error = known
        if self.monotonic() < until:
            counts.failures += 1
            raise _own(error)
        del self._failed[key]

    def _give_back(self, entry: "_Entry[Item]") -> None:
        with self._lock:
            entry.users -= 1
            idle = []
            if entry.users == 0:
                entry.item.leave()
                # What was too much while it was in use may go now.
                idle = self._shrink(self.budget_bytes) if entry.is_kept else [entry.item]
        _close(idle)

    def _use(self, entry: "_Entry[Item]", users: int = 1) -> None:
        if entry.users == 0:
            entry.item.use()
        entry.users += users

    def _shrink(self, target_bytes: int) -> list[Item]:
        """Take the least recently used models that nobody uses out until the target is met; the caller closes them."""
        idle: list[Item] = []
        for key, entry in list(self._entries.items()):
            if self._bytes <= target_bytes:
                break
            if entry.users == 0:
                del self._entries[key]
                idle += self._dropped(entry)
                self._counts.setdefault(entry.owner, Counts()).evictions += 1
        return idle

    def _dropped(self, entry: "_Entry[Item]") -> list[Item]:
        """The item if it may be closed now; else its last user closes it."""
        entry.is_kept = False
        self._bytes -= entry.item.memory_bytes
        return [] if entry.users else [entry.item]

    def _relieve(self) -> None:
        """Give memory back before the system takes the process: looked at once a second."""
        if self.used_ratio is None:
            return
        with self._lock:
            now = self.monotonic()
            if now - self._looked_at < GAUGE_SECONDS:
                return
            self._looked_at = now
            is_empty = not self._entries
        ratio = 0.0 if is_empty else self.used_ratio()
        if ratio < HIGH_RATIO:
            return
        with self._lock:
            idle = self._shrink(0 if ratio >= CRITICAL_RATIO else self._bytes // 2)
        _close(idle)


def _waited(flight: "_Flight[Item]") -> "_Entry[Item]":
    """What the load of another thread gave; an interrupted one is busy to those who waited for it."""
    outcome = flight.future.result()
    if isinstance(outcome, _Entry):
        return outcome
    raise _own(outcome) if isinstance(outcome, Exception) else AppError("models_busy", 503, params={"waiting": WAITING})


def _own(error: Exception) -> Exception:
    """The error again, for one thread: an error that many raise at a time mixes up their tracebacks."""
    if isinstance(error, AppError):
        return AppError(error.code, error.http_status, error.message_id, dict(error.params))
    return error.with_traceback(None)  # a remembered traceback would keep the content of the file


def _is_busy(error: Exception) -> bool:
    return isinstance(error, AppError) and error.code == "models_busy"


def _close_result(work: "Future[Item]") -> None:
    if not work.cancelled() and work.exception() is None:
        work.result().close()


def _close(items: "list[Item]") -> None:
    for item in items:
        item.close()
