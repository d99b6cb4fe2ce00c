"""What a process measured of its requests since the last flush: counts by endpoint and minute, and the newest ones.

Recording costs microseconds and never waits for the database. The number of endpoints is bounded, since they are
route templates and pages, never addresses as they were asked for; the number of minutes is bounded by ``MOST_TALLIES``.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from core.clock import Clock
from operations.requests.histogram import added, bucket_of

KINDS = ("api", "page", "fragment")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "OTHER"
UNKNOWN_ROUTE = "unknown"  # whatever was asked for and does not exist
RECENT = 50  # newest requests kept of an endpoint
MOST_TALLIES = 20_000
MINUTE_SECONDS, HOUR_SECONDS = 60, 3600


class Endpoint(NamedTuple):
    """``kind``: one of KINDS; ``method`` is empty for pages; ``route``: a template such as ``/api/jobs/{id}``."""

    kind: str
    method: str
    route: str


@dataclass(frozen=True)
class Request:
    """One finished request. No query string, token or body: only what is safe to keep and to show."""

    endpoint: Endpoint
    seconds: float
    status: int
    actor: str | None = None
    request_id: str | None = None
    error_code: str | None = None
    bytes_in: int = 0
    bytes_out: int = 0


@dataclass
class Tally:
    """Requests of one endpoint in one span, added up."""

    requests: int = 0
    client_errors: int = 0  # status 4xx
    server_errors: int = 0  # status 5xx
    seconds: float = 0.0
    longest_seconds: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    buckets: dict[int, int] = field(default_factory=dict)  # of operations.requests.histogram
    error_codes: dict[str, int] = field(default_factory=dict)

    def add(self, request: Request) -> None:
        self.requests += 1
        self.client_errors += 400 <= request.status < 500
        self.server_errors += request.status >= 500
        self.seconds += request.seconds
        self.longest_seconds = max(self.longest_seconds, request.seconds)
        self.bytes_in += request.bytes_in
        self.bytes_out += request.bytes_out
        bucket = bucket_of(request.seconds)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        if request.error_code:
            self.error_codes[request.error_code] = self.error_codes.get(request.error_code, 0) + 1

    def merge(self, other: "Tally") -> None:
        for name in ("requests", "client_errors", "server_errors", "seconds", "bytes_in", "bytes_out"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest_seconds = max(self.longest_seconds, other.longest_seconds)
        self.buckets = added(self.buckets, other.buckets)
        for code, count in other.error_codes.items():
            self.error_codes[code] = self.error_codes.get(code, 0) + count


Slot = tuple[Endpoint, int]  # (endpoint, minutes since 1970)
Seen = tuple[datetime, Request]  # (when it ended, what it was)


@dataclass
class Batch:
    """What waits to be written: tallies by endpoint and minute, the newest requests of each endpoint."""

    tallies: dict[Slot, Tally] = field(default_factory=dict)
    recent: dict[Endpoint, deque[Seen]] = field(default_factory=dict)

    def spans(self) -> dict[tuple[Endpoint, int, datetime], Tally]:
        """Tallies by (endpoint, span in seconds, its begin): of minutes, and of the hours that they lie in."""
        found: dict[tuple[Endpoint, int, datetime], Tally] = {}
        for (endpoint, minute), tally in self.tallies.items():
            for span in (MINUTE_SECONDS, HOUR_SECONDS):
                started = datetime.fromtimestamp(minute * 60 // span * span, UTC)
                found.setdefault((endpoint, span, started), Tally()).merge(tally)
        return found


class RequestRecorder:
    """Shared by all threads of a process; ``in_flight``: requests that have begun and not ended, by kind."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._batch = Batch()
        self._in_flight = dict.fromkeys(KINDS, 0)
        self.dropped = 0  # requests that were forgotten since the database was away for too long

    @property
    def in_flight(self) -> Mapping[str, int]:
        return dict(self._in_flight)

    @property
    def is_empty(self) -> bool:
        return not self._batch.tallies

    def begin(self, kind: str) -> None:
        with self._lock:
            self._in_flight[kind] += 1

    def end(self, kind: str) -> None:
        with self._lock:
            self._in_flight[kind] -= 1

    def record(self, request: Request) -> None:
        """Count a finished request now."""
        now = self._clock.now()
        slot = (request.endpoint, int(now.timestamp()) // MINUTE_SECONDS)
        with self._lock:
            tally = self._batch.tallies.get(slot)
            if tally is None:
                tally = self._batch.tallies[slot] = Tally()
            tally.add(request)
            newest = self._batch.recent.get(request.endpoint)
            if newest is None:
                newest = self._batch.recent[request.endpoint] = deque(maxlen=RECENT)
            newest.append((now, request))

    def take(self) -> Batch:
        """Everything since the last time; the caller writes it or gives it back."""
        with self._lock:
            taken, self._batch = self._batch, Batch()
        return taken

    def give_back(self, batch: Batch) -> None:
        """Keep what could not be written, the newest MOST_TALLIES of it."""
        with self._lock:
            for slot, tally in batch.tallies.items():
                self._batch.tallies.setdefault(slot, Tally()).merge(tally)
            for endpoint, older in batch.recent.items():
                newer = self._batch.recent.get(endpoint, ())
                self._batch.recent[endpoint] = deque([*older, *newer], maxlen=RECENT)
            excess = len(self._batch.tallies) - MOST_TALLIES
            for slot in sorted(self._batch.tallies, key=lambda slot: slot[1])[: max(excess, 0)]:
                self.dropped += self._batch.tallies.pop(slot).requests
