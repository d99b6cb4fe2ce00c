"""Integer sums by local day: what a day may know of the days before it, whether they are read again or remembered."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from pipeline.training.exact import Ints, trailing_sum

MEMORY_DAYS = 21
Entry = tuple[Ints | int, Ints]  # column of each row (or one for all), value of each row


@dataclass
class Ledger:
    """Sums under names. ``closed`` are those of days before the ones that are judged now, ``tables`` all of them.

    Both are gapless arrays (days × columns) beside the day they begin with.
    """

    closed: dict[str, tuple[int, Ints]] = field(default_factory=dict)
    tables: dict[str, tuple[int, Ints]] = field(default_factory=dict)

    def past(self, name: str, day: Ints, width: int, entries: Iterable[Entry]) -> tuple[Ints, Ints]:
        """(sums, at): row ``at[i]`` of ``sums`` holds the sums of the ``MEMORY_DAYS`` days before day ``i``'s own."""
        if day.size == 0:
            return np.zeros((0, width), dtype=np.int64), day
        begin, known = self.closed.get(name, (int(day.min()), np.zeros((0, width), dtype=np.int64)))
        table = np.zeros((int(day.max()) - begin + 1, width), dtype=np.int64)
        table[: known.shape[0]] = known
        at = day - begin
        for column, values in entries:
            flat = at * width + column
            order = np.argsort(flat, kind="stable")
            _add(table, flat[order], values[order])
        self.tables[name] = (begin, table)
        return trailing_sum(table, MEMORY_DAYS), np.asarray(at)

    def until(self, day: int) -> "Ledger":
        """What has to be remembered to go on with ``day``."""
        kept = {}
        for name, (begin, table) in self.tables.items():
            since = min(max(begin, day - MEMORY_DAYS), day)
            kept[name] = (since, table[since - begin : day - begin])
        return Ledger(kept)


def _add(table: Ints, flat: Ints, values: Ints) -> None:
    """Add values to the flat positions (sorted): sums of integers by position, exact in any order."""
    first = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    table.reshape(-1)[flat[first]] += np.add.reduceat(values, first)
