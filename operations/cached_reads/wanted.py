"""Which answers are asked for again and again: they are made anew before the next one asks for them (C14)."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from core.scope import Scope
from operations.cached_reads.entry import Asked

ASKED_WITHIN = timedelta(minutes=20)  # programs that ask every quarter of an hour are among them
LEAST_TIMES = 2
MOST = 100

Again = Callable[[], Asked]  # the same question, with the data versions and the time of now


@dataclass
class Wanted:
    """One answer, for one set of rights."""

    scope: Scope
    again: Again
    make: Callable[[], bytes]
    asked_at: datetime
    times: int = 1


class WantedAnswers:
    """The MOST that were asked for last; shared by all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_key: OrderedDict[str, Wanted] = OrderedDict()

    def note(self, key: str, scope: Scope, again: Again, make: Callable[[], bytes], now: datetime) -> None:
        """Somebody asked; who asks for the first time after a long while begins anew."""
        with self._lock:
            before = self._by_key.pop(key, None)
            is_again = before is not None and now - before.asked_at <= ASKED_WITHIN
            self._by_key[key] = Wanted(scope, again, make, now, before.times + 1 if before and is_again else 1)
            while len(self._by_key) > MOST:
                self._by_key.popitem(last=False)

    def lately(self, now: datetime) -> list[tuple[str, Wanted]]:
        """What was asked for at least LEAST_TIMES, each time within ASKED_WITHIN; what nobody asks for is forgotten."""
        with self._lock:
            for key in [key for key, one in self._by_key.items() if now - one.asked_at > ASKED_WITHIN]:
                del self._by_key[key]
            return [(key, one) for key, one in self._by_key.items() if one.times >= LEAST_TIMES]

    def forget(self, key: str) -> None:
        with self._lock:
            self._by_key.pop(key, None)
