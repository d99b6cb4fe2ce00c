"""SQL as text: its tokens, the guard that lets one single statement through, and texts without their literals.

Lexical rules: https://www.postgresql.org/docs/18/sql-syntax-lexical.html.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Literal

from core.errors import AppError

Kind = Literal["space", "string", "name", "parameter", "number", "word", "end", "other"]
LONGEST = 20_000  # characters
BEGINNINGS = ("select", "insert", "update", "delete", "with", "values")
LITERAL = "?"
DOLLAR = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$")
PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("space", re.compile(r"[ \t\r\n\f\v]+|--[^\r\n]*")),
    # Only E'…' knows backslashes; of the others a quote is doubled. What is read is never given back (*+).
    ("string", re.compile(r"[eE]'(?:[^'\\]|''|\\.)*+'(?:[ \t]*[\r\n]\s*'(?:[^'\\]|''|\\.)*+')*", re.DOTALL)),
    ("string", re.compile(r"(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*+'")),
    ("name", re.compile(r'(?:[uU]&)?"(?:[^"]|"")*+"')),
    ("parameter", re.compile(r"\$\d+")),
    (
        "number",
        re.compile(r"(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"),
    ),
    ("word", re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*")),
    ("end", re.compile(r";")),
)


@dataclass(frozen=True)
class Token:
    """``is_whole``: False for a string, name or comment that does not end in the text."""

    kind: Kind
    text: str
    is_whole: bool = True


def tokens(text: str) -> Iterator[Token]:
    """Every character of the text in one token; comments are space."""
    place = 0
    while place < len(text):
        token = _token(text, place)
        yield token
        place += len(token.text)


def _token(text: str, place: int) -> Token:
    if text.startswith("/*", place):
        return _comment(text, place)
    if opening := DOLLAR.match(text, place):
        end = text.find(opening.group(), opening.end())
        return Token("string", text[place : end + len(opening.group())]) if end >= 0 else _open("string", text, place)
    for kind, pattern in PATTERNS:
        if found := pattern.match(text, place):
            return Token(kind, found.group())
    if text[place] == "'":
        return _open("string", text, place)
    return _open("name", text, place) if text[place] == '"' else Token("other", text[place])


def _open(kind: Kind, text: str, place: int) -> Token:
    return Token(kind, text[place:], is_whole=False)


def _comment(text: str, place: int) -> Token:
    """Comments of this kind are nested."""
    depth = 0
    for found in re.compile(r"/\*|\*/").finditer(text, place):
        depth += 1 if found.group() == "/*" else -1
        if depth == 0:
            return Token("space", text[place : found.end()])
    return _open("space", text, place)


@dataclass(frozen=True)
class Statement:
    """One statement that may be explained, without what stands behind it."""

    text: str
    has_parameters: bool


def single_statement(text: str) -> Statement:
    """The one statement of the text. Raises ``explain_empty``, ``explain_long``, ``explain_open``,
    ``explain_several`` and ``explain_kind`` (400)."""
    if len(text) > LONGEST:
        raise AppError("explain_long", params={"most": LONGEST})
    found = list(tokens(text))
    if "\x00" in text or not all(token.is_whole for token in found):
        raise AppError("explain_open")
    told = [token for token in found if token.kind != "space"]
    if any(one.text[0] in "eE" and one.kind == "string" and two.text[0] == "'" for one, two in pairwise(told)):
        raise AppError("explain_open")  # a string goes on after a comment: where it ends would be a guess
    if not told:
        raise AppError("explain_empty")
    if any(token.kind == "end" for token in told[:-1]):
        raise AppError("explain_several")
    if told[0].kind != "word" or told[0].text.lower() not in BEGINNINGS:
        raise AppError("explain_kind", params={"word": told[0].text[:30]})
    kept = "".join(token.text if token.kind != "end" else " " for token in found)
    return Statement(kept.strip(), any(token.kind == "parameter" for token in told))


def fingerprint(text: str) -> str:
    """The same for statements that differ in values, parameters, comments, white space or the case of words only."""
    shown = {"string": LITERAL, "number": LITERAL, "parameter": LITERAL}
    told = [
        token.text.lower() if token.kind == "word" else shown.get(token.kind, token.text)
        for token in tokens(text)
        if token.kind not in ("space", "end")
    ]
    return sha256(" ".join(told).encode()).hexdigest()[:16]


def without_literals(text: str) -> str:
    """The statement with a question mark for each value and a space for comments; also of one that was cut off."""
    shown = {"string": LITERAL, "number": LITERAL, "space": " "}
    return re.sub(r" +", " ", "".join(shown.get(token.kind, token.text) for token in tokens(text))).strip()
