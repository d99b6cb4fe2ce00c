"""One fill a key in this process, however many ask for it at once; all get its answer or its failure."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Flights(Generic[Answer]):
    """Shared by all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: dict[str, Future[Answer]] = {}

    def join(self, key: str, make: Callable[[], Answer]) -> tuple[Answer, bool]:
        """(the answer, whether this caller made it); raises what ``make`` raised, in every caller."""
        with self._lock:
            found = self._under_way.get(key)
            flight = found or self._under_way.setdefault(key, Future())
        if found is not None:
            return found.result(), False
        with _Landing(self, key, flight):
            flight.set_result(make())
        return flight.result(), True

    def is_under_way(self, key: str) -> bool:
        return key in self._under_way

    def land(self, key: str) -> None:
        with self._lock:
            self._under_way.pop(key, None)


@dataclass(frozen=True)
class _Landing(Generic[Answer]):
    """However it ends, those who wait hear of it."""

    flights: Flights[Answer]
    key: str
    flight: "Future[Answer]"

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flights.land(self.key)
        if error is not None:
            self.flight.set_exception(error)
