"""Goes through the logs of all services together, the newest line first, within a budget, and can go on from there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import merge

from operations.logs.files import Budget, LogFile, Place, Position, RawLine, Stream
from operations.logs.lines import LogLine, parsed
from operations.logs.matching import LogFilters, Matching

BATCH = 400  # lines that are searched together
SLACK = timedelta(seconds=30)  # threads and processes write their lines a little out of order
UNKNOWN = datetime.min.replace(tzinfo=UTC)
PROBE_BYTES = 256 * 1024  # looked through for a line that tells its time


@dataclass
class Scan:
    """One walk back. ``places``: before which everything is still to be read; known while and after it goes on.

    ``is_complete``: everything that was asked for has been read. ``back_to``: the time of the last line that was read.
    """

    streams: Mapping[str, Stream]
    filters: LogFilters
    budget: Budget
    start: Position | None = None
    stop: Position | None = None
    places: dict[str, Place] = field(default_factory=dict)
    is_complete: bool = True
    back_to: datetime | None = None
    _skipped: dict[str, Place] = field(default_factory=dict)  # what was read last of a stream, when it was no line

    def lines(self, matches: Matching) -> Iterator[LogLine]:
        """The lines that the filters want. Whoever stops in between goes on after the line they took last."""
        wanted = {name: one for name, one in self.streams.items() if self.filters.stream in (None, name)}
        sources = []
        for name, stream in wanted.items():
            place = self._begin(name, stream)
            if place is not None:
                self.places[name] = place
                sources.append(self._of(stream, place))
        batch: list[tuple[LogLine, dict[str, Place]]] = []
        read = dict(self.places)
        for line in merge(*sources, key=lambda line: line.at, reverse=True):
            read[line.stream] = Place(line.file_id, line.offset)
            self.back_to = line.at
            if self.filters.allows(line):
                batch.append((line, dict(read)))
            if len(batch) >= (BATCH if self.filters.text else 1):
                yield from self._told(batch, matches)
                batch = []
        yield from self._told(batch, matches)
        self.places = read | self._skipped
        self.is_complete = not self.budget.is_spent

    def _told(self, batch: list[tuple[LogLine, dict[str, Place]]], matches: Matching) -> Iterator[LogLine]:
        after = {line.id: places for line, places in batch}
        for line in matches([line for line, _ in batch]):
            self.places = after[line.id]
            yield line

    def _begin(self, name: str, stream: Stream) -> Place | None:
        """Where to begin; None where nothing is to be read."""
        if self.start is not None:
            return self.start.get(name)
        if self.filters.until is not None:
            return _place_at(stream, self.filters.until + SLACK)
        return stream.end()

    def _of(self, stream: Stream, place: Place) -> Iterator[LogLine]:
        at = next((file.changed_at for file in stream.files if file.file_id == place.file_id), UNKNOWN)
        since = self.filters.since - SLACK if self.filters.since else None
        for raw in stream.back(place, (self.stop or {}).get(stream.name), self.budget):
            if not raw.data:
                self._skipped[stream.name] = Place(raw.file_id, raw.offset)
                continue
            self._skipped.pop(stream.name, None)
            line = parsed(stream.name, raw, at)
            at = line.at
            if since is not None and at < since:
                return
            yield line


def _place_at(stream: Stream, instant: datetime) -> Place | None:
    """A place before which no line is newer than ``instant``, as far as the file is in the order of time."""
    for file in stream.files:
        first = _time_after(stream.name, file, 0)
        if first is None or first >= instant:
            continue
        low, high = 0, file.end  # a line that begins after low is older, one after high is not
        while high - low > PROBE_BYTES:
            middle = (low + high) // 2
            found = _time_after(stream.name, file, middle)
            if found is not None and found < instant:
                low = middle
            else:
                high = middle
        block = file.read(high, min(file.end, high + PROBE_BYTES))
        return Place(file.file_id, high if high == file.end else high + block.find(b"\n") + 1)
    return None


def _time_after(name: str, file: LogFile, offset: int) -> datetime | None:
    """The time of the first line behind ``offset`` that tells one."""
    pieces = file.read(offset, min(file.end, offset + PROBE_BYTES)).split(b"\n")
    for piece in pieces[1 if offset else 0 : -1]:
        at = parsed(name, RawLine(file.file_id, offset, piece, len(piece)), UNKNOWN).at
        if at != UNKNOWN:
            return at
    return None
