"""What a line of a log says: its parts, its readable text, and the pattern that lines like it share."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from operations.logs.files import RawLine

LEVELS = ("critical", "error", "warning", "info", "debug", "unknown")
OWN_FIELDS = frozenset(
    {"event", "level", "logger", "timestamp", "request_id", "actor", "version", "pid", "masked", "exception"}
)
YEARS = range(2000, 2200)  # beyond them a time is a mistake, and calendars overflow
TEXT_CHARACTERS = 4_000  # of a line are searched and shown in lists
PATTERN_CHARACTERS = 120
# Control characters would be drawn as nothing, or break a terminal that a file is shown in.
CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {127: 0x2421}
CHANGING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:\.\d+)*|'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True)
class LogLine:
    """One line. ``at``: of a line that does not tell it, the time of the next one in the file.

    ``is_readable``: it was a JSON object as we write them; else ``event`` is the line as it is. ``size``: bytes in the
    file. ``fields``: everything that has no name of its own here.
    """

    stream: str
    file_id: str
    offset: int
    at: datetime
    level: str
    event: str
    is_readable: bool
    size: int
    logger: str | None = None
    request_id: str | None = None
    actor: str | None = None
    version: str | None = None
    pid: int | None = None
    masked: int = 0
    exception: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.stream}.{self.file_id}.{self.offset}"

    @property
    def text(self) -> str:
        """The event and what stands beside it, in one line: what lists show and searches look through."""
        named = {"request_id": self.request_id, "actor": self.actor, "logger": self.logger}
        parts = [self.event, *(f"{name}={_written(value)}" for name, value in self.fields.items())]
        parts += [f"{name}={value}" for name, value in named.items() if value]
        parts += [self.exception] if self.exception else []
        return " ".join(" ".join(parts).split())[:TEXT_CHARACTERS]

    @property
    def pattern(self) -> str:
        """The event without what differs from time to time: numbers, ids, quoted words."""
        return CHANGING.sub("#", self.event[: 4 * PATTERN_CHARACTERS])[:PATTERN_CHARACTERS]


def parsed(stream: str, raw: RawLine, at: datetime) -> LogLine:
    """``at``: the time of a line that does not tell its own."""
    try:
        found = json.loads(raw.data) if raw.size == len(raw.data) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("event"), str):
        written = clean(raw.data.decode("utf-8", "replace"))
        return LogLine(stream, raw.file_id, raw.offset, at, "unknown", written, False, raw.size)
    level = found.get("level")
    return LogLine(
        stream, raw.file_id, raw.offset, _instant(found.get("timestamp")) or at,
        level if level in LEVELS else "unknown", clean(found["event"]), True, raw.size,
        logger=_word(found.get("logger")), request_id=_word(found.get("request_id")), actor=_word(found.get("actor")),
        version=_word(found.get("version")), pid=_number(found.get("pid")), masked=_number(found.get("masked")) or 0,
        exception=_word(found.get("exception")),
        fields={clean(name): _clean_value(value) for name, value in found.items() if name not in OWN_FIELDS},
    )  # fmt: skip


def clean(text: str) -> str:
    """Control characters become pictures of themselves; line breaks and tabs stay."""
    return text.translate(CONTROLS)


def _clean_value(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _word(value: Any) -> str | None:
    return None if value is None else clean(value if isinstance(value, str) else json.dumps(value))


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def _written(value: Any) -> str:
    return value if isinstance(value, str) else clean(json.dumps(value, ensure_ascii=False))


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    if found.year not in YEARS:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
