"""How much was logged, of which level, which patterns, and which of them are new since the last version."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from operations.logs.lines import LEVELS, LogLine

STEPS_SECONDS = (1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 604_800)
MOST_STEPS = 120
MOST_PATTERNS = 2_000  # kept while counting; what comes beyond is counted as one
SHOWN_PATTERNS = 25
OTHER = "…"


@dataclass
class Pattern:
    """Events that differ in numbers and names alone; ``level``: the gravest of them. ``is_new``: see ``LogStatistics``.

    ``example``: the id of the newest such line.
    """

    pattern: str
    level: str
    count: int
    first_at: datetime
    last_at: datetime
    example: str
    is_new: bool = False


@dataclass(frozen=True)
class LogStatistics:
    """``counts``: lines by begin of the step and level; ``by_level``, ``by_stream``: in all; ``masked``: secrets.

    ``patterns``: the most frequent ones, new ones before others. A pattern is new when the present version wrote it and
    no line of another version that was read has it; ``compares_with``: those other versions, none when only one was
    seen. ``is_complete`` is False when reading ended early, at ``since``: then every number is "at least".
    """

    since: datetime | None
    until: datetime
    step_seconds: int
    counts: Mapping[datetime, Mapping[str, int]]
    by_level: Mapping[str, int]
    by_stream: Mapping[str, int]
    masked: int
    patterns: Sequence[Pattern]
    compares_with: Sequence[str]
    is_complete: bool

    @property
    def lines(self) -> int:
        return sum(self.by_level.values())


@dataclass
class Counting:
    """Adds lines up, the newest first."""

    present_version: str
    by_second: dict[tuple[int, str], int] = field(default_factory=dict)
    by_level: dict[str, int] = field(default_factory=dict)
    by_stream: dict[str, int] = field(default_factory=dict)
    masked: int = 0
    patterns: dict[str, Pattern] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    older: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)

    def add(self, lines: Iterable[LogLine]) -> None:
        for line in lines:
            second = (int(line.at.timestamp()), line.level)
            self.by_second[second] = self.by_second.get(second, 0) + 1
            self.by_level[line.level] = self.by_level.get(line.level, 0) + 1
            self.by_stream[line.stream] = self.by_stream.get(line.stream, 0) + 1
            self.masked += line.masked
            self._add_pattern(line)

    def _add_pattern(self, line: LogLine) -> None:
        name = line.pattern if line.pattern in self.patterns or len(self.patterns) < MOST_PATTERNS else OTHER
        known = self.patterns.get(name)
        if known is None:
            self.patterns[name] = Pattern(name, line.level, 1, line.at, line.at, line.id)
        else:
            known.count += 1
            known.first_at = min(known.first_at, line.at)
            known.last_at = max(known.last_at, line.at)
            known.level = min(known.level, line.level, key=_gravity)
        if line.version == self.present_version:
            self.present.add(name)
        elif line.is_readable and line.version:  # what tells no version is of nobody knows which
            self.older.add(name)
            self.versions.add(line.version)

    def result(self, since: datetime | None, until: datetime, is_complete: bool) -> LogStatistics:
        """``since``: what was asked for, or how far back was read."""
        seconds = [second for second, _ in self.by_second]
        first = int(since.timestamp()) if since else min(seconds, default=int(until.timestamp()))
        step = step_of(timedelta(seconds=max(seconds, default=first) - first))
        counts: dict[datetime, dict[str, int]] = {}
        for (second, level), count in self.by_second.items():
            levels = counts.setdefault(datetime.fromtimestamp(second // step * step, UTC), {})
            levels[level] = levels.get(level, 0) + count
        if self.versions:
            for name in self.present - self.older - {OTHER}:
                self.patterns[name].is_new = True
        shown = sorted(self.patterns.values(), key=lambda one: (not one.is_new, -one.count, one.pattern))
        return LogStatistics(
            since, until, step, dict(sorted(counts.items())), self.by_level, self.by_stream, self.masked,
            shown[:SHOWN_PATTERNS], sorted(self.versions), is_complete,
        )  # fmt: skip


def step_of(span: timedelta) -> int:
    """Seconds of a step, so that a span has at most MOST_STEPS of them."""
    return next((step for step in STEPS_SECONDS if span.total_seconds() / step <= MOST_STEPS), STEPS_SECONDS[-1])


def _gravity(level: str) -> int:
    return LEVELS.index(level)
