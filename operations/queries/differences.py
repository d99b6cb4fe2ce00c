"""From the server's counters, which only grow until somebody resets them, to what came between two readings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_GAP = timedelta(hours=1)  # of a longer one nobody could say in which hour something happened


@dataclass(frozen=True)
class Counters:
    """Of one entry, or of one statement; since the server began to count it, or within a time."""

    calls: int
    total_seconds: float
    rows: int


def since(before: Mapping[int, Counters], now: Mapping[int, Counters]) -> dict[int, Counters]:
    """What was added to each entry that was executed meanwhile.

    One that was not there before counts from zero, and so does one that is lower than before: a server before 17 does
    not tell that it began anew.
    """
    zero = Counters(0, 0.0, 0)
    added = {}
    for entry, counters in now.items():
        old = before.get(entry, zero)
        if counters.calls < old.calls or counters.total_seconds < old.total_seconds or counters.rows < old.rows:
            old = zero
        if counters.calls > old.calls:
            added[entry] = Counters(
                counters.calls - old.calls, counters.total_seconds - old.total_seconds, counters.rows - old.rows
            )
    return added


def by_statement(added: Mapping[int, Counters], queryids: Mapping[int, int]) -> dict[int, Counters]:
    """Sums of what was added, whoever ran the statement."""
    sums: dict[int, Counters] = {}
    for entry, one in added.items():
        known = sums.get(queryids[entry], Counters(0, 0.0, 0))
        sums[queryids[entry]] = Counters(
            known.calls + one.calls, known.total_seconds + one.total_seconds, known.rows + one.rows
        )
    return sums


def is_followed(read_at: datetime | None, at: datetime) -> bool:
    """Whether the last reading is near enough for its differences to belong to an hour; else this one only begins."""
    return read_at is not None and timedelta(0) <= at - read_at <= LONGEST_GAP
