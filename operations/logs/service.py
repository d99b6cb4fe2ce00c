"""Reads what every process logged: pages, the newest lines, one line with its context, statistics, exports (C7)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from core.version import version
from db.queries import audit
from db.session import Database
from operations.logs import positions
from operations.logs.files import Budget, Position, RawLine, Stream, close_streams, forward, open_streams
from operations.logs.lines import LogLine, parsed
from operations.logs.matching import LogFilters, matching
from operations.logs.scan import Scan
from operations.logs.statistics import Counting, LogStatistics

PERMISSION = "logs.read"
PAGE_LINES = 100
CONTEXT_LINES = 10
EXPORT_LINES = 20_000
MEGABYTE = 1_000_000
# What a question may read: bytes and seconds. An export is asked for seldom, the newest lines every few seconds.
PAGE, NEWEST, STATISTICS, EXPORT = (
    (64 * MEGABYTE, 2.0),
    (8 * MEGABYTE, 0.5),
    (32 * MEGABYTE, 1.5),
    (128 * MEGABYTE, 8.0),
)
CONTEXT_BYTES = 2 * MEGABYTE

ExportFormat = Literal["json", "txt"]


@dataclass(frozen=True)
class LogPage:
    """``lines``: the newest first. ``older``: where to go on; None when nothing older is left.

    ``stopped_at``: how far back was searched when the budget ended before the page was full. ``newest``: after the
    newest line when it was read; from there ``newer`` goes on.
    """

    lines: list[LogLine]
    older: Position | None
    stopped_at: datetime | None
    newest: Position


@dataclass(frozen=True)
class LogDetail:
    """A line, and what the same process wrote before and after it, the oldest first."""

    line: LogLine
    before: list[LogLine]
    after: list[LogLine]


@dataclass(frozen=True)
class LogExport:
    """``content``: UTF-8 text, the oldest line first."""

    content: bytes
    lines: int
    is_complete: bool


@dataclass(frozen=True)
class LogService:
    """The files of ``folder`` and of nothing else: no caller names a path.

    Lines name people and addresses of every hotel: they are for those who see all hotels.
    """

    folder: Path
    database: Database
    clock: Clock

    def streams(self, scope: Scope) -> list[str]:
        """The services that have logged anything."""
        scope.require_everywhere(PERMISSION)
        with self._opened() as streams:
            return sorted(streams)

    def page(
        self, scope: Scope, filters: LogFilters, start: Position | None = None, limit: int = PAGE_LINES
    ) -> LogPage:
        """The newest ``limit`` lines before ``start``. Raises what ``matching`` raises."""
        return self._page(scope, filters, Budget(*PAGE), limit, start=start)

    def newer(self, scope: Scope, filters: LogFilters, after: Position, limit: int = PAGE_LINES) -> LogPage:
        """The newest ``limit`` lines behind ``after`` (``newest`` of the page before); ``older`` tells of a flood.

        Then more was written meanwhile than is read: the lines in between are left out.
        """
        scope.require_everywhere(PERMISSION)
        with self._opened() as streams:
            ends = {name: place for name, stream in streams.items() if (place := stream.end())}
        if ends == after:  # asked again and again, and mostly nothing is new
            return LogPage([], None, None, ends)
        return self._page(scope, filters, Budget(*NEWEST), limit, stop=after)

    def _page(
        self, scope: Scope, filters: LogFilters, budget: Budget, limit: int, *, start: Position | None = None,
        stop: Position | None = None,
    ) -> LogPage:  # fmt: skip
        scope.require_everywhere(PERMISSION)
        with self._opened() as streams, matching(filters) as matches:
            scan = Scan(streams, filters, budget, start, stop)
            newest = {name: place for name, stream in streams.items() if (place := stream.end())}
            found = list(islice(scan.lines(matches), limit))
        is_full = len(found) == limit
        older = dict(scan.places) if is_full or not scan.is_complete else None
        return LogPage(found, older, None if is_full or scan.is_complete else scan.back_to, newest)

    def detail(self, scope: Scope, line_id: str, context: int = CONTEXT_LINES) -> LogDetail:
        """Raises ``not_found`` (404) for a line that is not there, or no longer."""
        scope.require_everywhere(PERMISSION)
        gone = AppError("not_found", 404, params={"what": "log line"})
        asked = positions.read(line_id)
        if not asked or len(asked) != 1:
            raise gone
        [(name, place)] = asked.items()
        with self._opened() as streams:
            stream = streams.get(name)
            if stream is None or not stream.begins_line(place):
                raise gone
            raw = forward(stream, place, context + 1, CONTEXT_BYTES)
            if not raw:
                raise gone
            back = stream.back(place, None, Budget(CONTEXT_BYTES, 1.0))
            earlier = [one for one in islice(back, context) if one.data]
            changed_at = next(file.changed_at for file in stream.files if file.file_id == place.file_id)
            lines = _in_order(stream, [*reversed(earlier), *raw], changed_at)
        here = next(number for number, line in enumerate(lines) if line.id == line_id)
        return LogDetail(lines[here], lines[:here], lines[here + 1 :])

    def statistics(self, scope: Scope, filters: LogFilters) -> LogStatistics:
        """Of all lines that the filters want, as far back as the budget reaches. Raises what ``matching`` raises."""
        scope.require_everywhere(PERMISSION)
        counting = Counting(version())
        with self._opened() as streams, matching(filters) as matches:
            scan = Scan(streams, filters, Budget(*STATISTICS))
            counting.add(scan.lines(matches))
        since = filters.since if scan.is_complete else scan.back_to
        return counting.result(since, filters.until or self.clock.now(), scan.is_complete)

    def export(self, scope: Scope, filters: LogFilters, kind: ExportFormat) -> LogExport:
        """What the filters want, at most EXPORT_LINES lines; noted in the audit log. Raises as ``matching``."""
        scope.require_everywhere(PERMISSION)
        with self._opened() as streams, matching(filters) as matches:
            scan = Scan(streams, filters, Budget(*EXPORT))
            found = list(islice(scan.lines(matches), EXPORT_LINES))
        is_complete = scan.is_complete and len(found) < EXPORT_LINES
        asked = {name: value for name, value in _told(filters).items() if value}
        with self.database.transaction() as connection:
            details = asked | {"format": kind, "lines": len(found), "is_complete": is_complete}
            audit.record(connection, scope.actor, "logs_exported", details=details)
        found.reverse()
        head = {
            "exported_at": self.clock.now().isoformat(), "filters": asked, "lines": len(found),
            "is_complete": is_complete, "since": found[0].at.isoformat() if found else None,
        }  # fmt: skip
        content = _as_json(head, found) if kind == "json" else _as_text(head, found)
        return LogExport(content.encode("utf-8", "backslashreplace"), len(found), is_complete)

    @contextmanager
    def _opened(self) -> Iterator[dict[str, Stream]]:
        streams = open_streams(self.folder)
        try:
            yield streams
        finally:
            close_streams(streams)


def told(line: LogLine) -> dict[str, Any]:
    """A line as exports and the API write it: everything known of it, and its id."""
    found = asdict(line) | {"id": line.id, "at": line.at.isoformat()}
    return {name: value for name, value in found.items() if name not in ("file_id", "offset")}


def _told(filters: LogFilters) -> dict[str, Any]:
    return asdict(filters) | {
        "levels": sorted(filters.levels),
        "since": filters.since.isoformat() if filters.since else None,
        "until": filters.until.isoformat() if filters.until else None,
    }


def _as_json(head: dict[str, Any], lines: list[LogLine]) -> str:
    return json.dumps(head | {"items": [told(line) for line in lines]}, ensure_ascii=False, indent=1)


def _as_text(head: dict[str, Any], lines: list[LogLine]) -> str:
    rows = [f"{line.at.isoformat()} {line.level:<8} {line.stream:<10} {line.text}" for line in lines]
    return "\n".join([f"# {json.dumps(head, ensure_ascii=False)}", *rows, ""])


def _in_order(stream: Stream, raw: list[RawLine], changed_at: datetime) -> list[LogLine]:
    """The lines of one process; one that tells no time has that of the line after it."""
    found: list[LogLine] = []
    at = changed_at.astimezone(UTC)
    for one in reversed(raw):
        line = parsed(stream.name, one, at)
        at = line.at
        found.append(line)
    return found[::-1]
