"""A text of settings is read, and everything that is wrong with it is told with its line. No side effects."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from core.errors import AppError
from core.settings import Settings
from operations.configuration.keys import EDITABLE, LEVELS
from operations.jobs.definitions import cron_trigger

MOST_CHARACTERS = 20_000
LONGEST_STATEMENT = 20  # lines
MOST_OPENINGS = 100  # of brackets, and dots of a line; no setting needs one, and the reader's stack has an end
SYNTAX = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # no database keeps them
KINDS: Mapping[type, str] = {int: "integer", float: "number", bool: "boolean", str: "text"}
BOUNDS = {
    "greater_than_equal": ("too_small", "ge"), "greater_than": ("not_above", "gt"), "less_than": ("not_below", "lt"),
}  # fmt: skip
FRACTIONS = {name for name in EDITABLE if Settings.model_fields[name].annotation is float}
SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Problem:
    """What is wrong at a line, counted from one; ``code`` is a key of the catalogs below ``configuration.problem_``."""

    line: int
    code: str
    key: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """The values of a text, and what is wrong with it; values only where nothing is."""

    values: Mapping[str, Any]
    problems: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        return not self.problems


def checked(text: str, secrets: tuple[str, ...] = ()) -> Checked:
    """Everything that is wrong, by lines; behind a wrong syntax only what stands before it can be read."""
    if len(text) > MOST_CHARACTERS:
        return Checked({}, (Problem(1, "too_long", params={"most": MOST_CHARACTERS}),))
    text = text.replace("\r\n", "\n")
    broken = next((line for line, said in enumerate(text.split("\n"), 1) if UNWRITABLE.search(said)), None)
    if broken is not None:
        return Checked({}, (Problem(broken, "unwritable"),))
    deep = _line_of_opening(text)
    if deep is not None:
        return Checked({}, (Problem(deep, "nested"),))
    problems = [Problem(line, "secret") for line in _lines_with(text, secrets)]
    readable = text
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        wrong = _syntax(error, text)
        problems.append(wrong)
        readable = "\n".join(text.split("\n")[: wrong.line - 1])
    values: dict[str, Any] = {}
    for line, key, value in statements(readable):
        values[key] = float(value) if key in FRACTIONS and isinstance(value, int) else value
        found = _problem(line, key, value)
        problems += [found] if found else []
    problems.sort(key=lambda problem: problem.line)
    return Checked({} if problems else values, tuple(problems))


def statements(text: str) -> Iterator[tuple[int, str, Any]]:
    """(line, key, value) of each statement at the top; of a table, which no setting is, its head.

    One that goes on over many lines, which no setting does, is told by its begin and the last that is read: each line
    of it is read with all those before.
    """
    lines, first, in_table = text.split("\n"), 0, False
    for number in range(len(lines)):
        try:
            found = tomllib.loads("\n".join(lines[first : number + 1]))
        except tomllib.TOMLDecodeError:
            if number - first < LONGEST_STATEMENT:
                continue  # the statement goes on at the next line
            yield first + 1, lines[first].partition("=")[0].strip(' "'), lines[first:number]
            return
        is_head = lines[first].lstrip().startswith("[")
        in_table = in_table or is_head
        if is_head or not in_table:
            yield from ((first + 1, key, value) for key, value in found.items())
        first = number + 1


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    said = str(error)
    place = SYNTAX.search(said)
    line = int(place[1]) if place and place[1] else max(text.rstrip("\n").count("\n") + 1, 1)
    return Problem(line, "syntax", params={"reason": SYNTAX.sub("", said)})


def _problem(line: int, key: str, value: Any) -> Problem | None:
    if key not in Settings.model_fields:
        return Problem(line, "unknown", key)
    if key not in EDITABLE:
        return Problem(line, "not_here", key)
    known, told = Settings.model_fields[key], EDITABLE[key]
    shape: Any = Annotated[known.annotation, *known.metadata] if known.metadata else known.annotation
    try:
        TypeAdapter(shape).validate_python(value, strict=True)
    except ValidationError as error:
        return _refused(line, key, error)
    if told.most is not None and value > told.most:
        return Problem(line, "too_large", key, {"most": told.most})
    if key == "log_level" and value not in LEVELS:
        return Problem(line, "level", key, {"known": ", ".join(LEVELS)})
    return _wrong_cron(line, key, value) if told.is_cron else None


def _refused(line: int, key: str, error: ValidationError) -> Problem:
    first = error.errors()[0]
    if first["type"] in BOUNDS:
        code, bound = BOUNDS[first["type"]]
        return Problem(line, code, key, {"bound": first["ctx"][bound]})
    wanted = next((name for kind, name in KINDS.items() if Settings.model_fields[key].annotation is kind), "text")
    return Problem(line, "type", key, {"wanted": wanted})


def _wrong_cron(line: int, key: str, value: str) -> Problem | None:
    try:
        trigger = cron_trigger(value, ZoneInfo("UTC"))
    except AppError:
        return Problem(line, "cron", key)
    # 30 February: a right line of cron that never comes.
    return None if trigger.get_next_fire_time(None, SOME_DAY) else Problem(line, "never", key)


def _line_of_opening(text: str) -> int | None:
    """Where there are more opening brackets than any text of settings has."""
    openings = 0
    for number, line in enumerate(text.split("\n"), start=1):
        openings += line.count("[") + line.count("{")
        if openings > MOST_OPENINGS or line.count(".") > MOST_OPENINGS:
            return number
    return None


def _lines_with(text: str, secrets: tuple[str, ...]) -> list[int]:
    return [
        number for number, line in enumerate(text.split("\n"), start=1) if any(secret in line for secret in secrets)
    ]
