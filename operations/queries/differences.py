"""From the server's counters, which only grow until somebody resets them, to what came between two readings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_GAP = timedelta(hours=1)  # of a longer one nobody could say in which hour something happened


@dataclass(frozen=True)
class Counters:
    """Of one statement, since the server began to count it."""

    calls: int
    total_seconds: float
    rows: int


def since(before: Mapping[int, Counters], now: Mapping[int, Counters]) -> dict[int, Counters]:
    """What was added to each statement that was executed meanwhile.

    A counter that is lower than before began anew (``pg_stat_statements_reset``, or the statement had been evicted),
    and one that was not there before began then: both count from zero.
    """
    zero = Counters(0, 0.0, 0)
    added = {}
    for queryid, counters in now.items():
        old = before.get(queryid, zero)
        if counters.calls < old.calls or counters.total_seconds < old.total_seconds or counters.rows < old.rows:
            old = zero
        if counters.calls > old.calls:
            added[queryid] = Counters(
                counters.calls - old.calls, counters.total_seconds - old.total_seconds, counters.rows - old.rows
            )
    return added


def is_followed(read_at: datetime | None, at: datetime) -> bool:
    """Whether the last reading is near enough for its differences to belong to an hour; else this one only begins."""
    return read_at is not None and timedelta(0) <= at - read_at <= LONGEST_GAP
