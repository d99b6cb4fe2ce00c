"""Logs: lines, one in its context, numbers, exports."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Asked, Instant, Words

Level = Literal["critical", "error", "warning", "info", "debug", "unknown"]
Stream = Annotated[str, Field(max_length=31, pattern=r"^[a-z][a-z0-9_-]*$", examples=["jobs"])]


class Line(Answer):
    """One line; ``is_readable`` is false for what is not as we write it: then ``event`` is the line as it is."""

    id: str = Field(examples=["jobs.0f3e9a7bc2d1.1024"])
    stream: str = Field(examples=["jobs"])
    at: datetime
    level: str = Field(examples=["info"])
    event: str = Field(examples=["run_ended"])
    is_readable: bool
    size: int = Field(description="bytes in the file")
    logger: str | None
    request_id: str | None = Field(examples=["job-run-17"])
    actor: str | None
    version: str | None
    pid: int | None
    masked: int = Field(description="secrets that were masked when it was written")
    exception: str | None
    fields: dict[str, Any] = Field(examples=[{"job": "train"}])


class Lines(Answer):
    """The newest first. ``newest``: where `GET /logs/newer` goes on. ``stopped_at``: where a search ended early."""

    items: list[Line]
    next_cursor: str | None = Field(None, examples=["jobs.0f3e9a7bc2d1.1024"])
    stopped_at: datetime | None
    newest: str = Field(examples=["jobs.0f3e9a7bc2d1.2048"])


class StreamGap(Answer):
    """``data`` of the event ``gap``: ``cursor`` of `GET /logs` for lines that were left out of the stream."""

    cursor: str
    stopped_at: datetime | None


class StreamEnd(Answer):
    """``data`` of the event ``end``: ``time_is_up``, or the code of what ended it."""

    reason: str


class Detail(Answer):
    """A line, and what its process wrote before and after, the oldest first."""

    line: Line
    before: list[Line]
    after: list[Line]


class Pattern(Answer):
    """Events that differ in numbers and quoted words alone; ``example``: the id of the newest such line."""

    pattern: str = Field(examples=["Started server process [#]"])
    level: str = Field(examples=["info"])
    count: int
    first_at: datetime
    last_at: datetime
    example: str
    is_new: bool


class Step(Answer):
    at: datetime
    lines: dict[str, int] = Field(description="by level", examples=[{"info": 12, "error": 1}])


class Statistics(Answer):
    """``is_complete`` is false when only lines since ``since`` were read: then every number is "at least".

    ``is_new`` of a pattern: no line of the versions in ``compares_with`` has it.
    """

    since: datetime | None
    until: datetime
    is_complete: bool
    lines: int
    by_level: dict[str, int] = Field(examples=[{"info": 12, "error": 1}])
    by_stream: dict[str, int] = Field(examples=[{"jobs": 13}])
    masked: int
    step_seconds: int
    steps: list[Step]
    patterns: list[Pattern]
    compares_with: list[str]


class AskedExport(Asked):
    """What to export; everything that is left out does not filter."""

    format: Literal["json", "txt"]
    level: list[Level] = Field([], max_length=6)
    process: Stream | None = None
    q: Words = ""
    is_regex: bool = False
    since: Instant | None = None
    until: Instant | None = None


class Export(Answer):
    """``content``: the file, the oldest line first. ``is_complete`` is false when older lines were left out."""

    lines: int
    is_complete: bool
    content: str
