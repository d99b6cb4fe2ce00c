"""Which lines somebody asked for. A regular expression can take for ever, so it is bounded in time and killed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore, Timer
from typing import Any, TextIO, cast

from core.errors import AppError
from operations.logs.lines import LogLine

MOST_CHARACTERS = 200
REGEX_SECONDS = 3.0
REGEXES_AT_ONCE = 2
CHILD = Path(__file__).with_name("regex_child.py")

Matching = Callable[[Sequence[LogLine]], list[LogLine]]
_turns = BoundedSemaphore(REGEXES_AT_ONCE)


@dataclass(frozen=True)
class LogFilters:
    """``levels``: of ``LEVELS``, all when empty; ``stream``: the name of a service; ``since`` ≤ time < ``until``.

    ``text`` stands anywhere in a line's text, in any case; with ``is_regex`` it is a Python regular expression.
    """

    levels: frozenset[str] = frozenset()
    stream: str | None = None
    text: str = ""
    is_regex: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def allows(self, line: LogLine) -> bool:
        """Everything but the text."""
        return (
            (not self.levels or line.level in self.levels)
            and (self.since is None or line.at >= self.since)
            and (self.until is None or line.at < self.until)
        )


@contextmanager
def matching(filters: LogFilters) -> Iterator[Matching]:
    """Which of some lines have the text. Raises ``pattern_wrong``, ``pattern_too_slow`` (422), ``logs_busy`` (503)."""
    if len(filters.text) > MOST_CHARACTERS:
        raise AppError("pattern_wrong", 422, params={"reason": f"> {MOST_CHARACTERS}"})
    if not filters.text:
        yield list
    elif not filters.is_regex:
        wanted = filters.text.casefold()
        yield lambda lines: [line for line in lines if wanted in line.text.casefold()]
    else:
        if not _turns.acquire(timeout=REGEX_SECONDS):
            raise AppError("logs_busy", 503)
        try:
            with _child(filters.text) as search:
                yield search
        finally:
            _turns.release()


@contextmanager
def _child(pattern: str) -> Iterator[Matching]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
    )  # fmt: skip
    timer = Timer(REGEX_SECONDS, process.kill)
    timer.start()
    try:
        wrong = _asked(process, pattern)
        if wrong is not None:
            raise AppError("pattern_wrong", 422, params={"reason": wrong})

        def search(lines: Sequence[LogLine]) -> list[LogLine]:
            places: list[int] = _asked(process, [line.text for line in lines])
            return [lines[place] for place in places]

        yield search
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


def _asked(process: "subprocess.Popen[str]", question: str | list[str]) -> Any:
    """The child's answer; ``pattern_too_slow`` when it was killed meanwhile."""
    asked, answered = cast("TextIO", process.stdin), cast("TextIO", process.stdout)
    try:
        asked.write(json.dumps(question) + "\n")
        asked.flush()
        return json.loads(answered.readline())
    except (BrokenPipeError, json.JSONDecodeError) as error:
        raise AppError("pattern_too_slow", 422) from error
