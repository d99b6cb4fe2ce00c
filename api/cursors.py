"""Where a page of a list ended: the sort key of its last row, opaque to callers and checked when it comes back."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from core.errors import AppError

LARGEST = 2**63 - 1
Row = TypeVar("Row")


def encode(*key: Any) -> str:
    """A cursor that stands in an address as it is."""
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Back to the key, each part of its kind (``number``, ``instant``, ``word``); else ``invalid_cursor`` (422)."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts: list[Any] = json.loads(text)
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise AppError("invalid_cursor", 422) from error


def number(part: Any) -> int:
    if type(part) is not int or not 0 <= part <= LARGEST:
        raise ValueError
    return part


def word(part: Any) -> str:
    if not isinstance(part, str) or "\x00" in part:
        raise ValueError
    return part


def instant(part: Any) -> datetime:
    found = datetime.fromisoformat(word(part))
    if found.tzinfo is None:
        raise ValueError
    return found


def page_of(
    rows: Sequence[Row], key: Callable[[Row], int | str], limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """A page of a short list that was read whole, and the cursor of the next; ``key`` is unique in the list.

    A cursor of a row that is gone meanwhile is ``invalid_cursor``: begin again.
    """
    start = 0
    if cursor is not None:
        [last] = decode(cursor, _scalar)
        places = [place for place, row in enumerate(rows) if key(row) == last]
        if not places:
            raise AppError("invalid_cursor", 422)
        start = places[0] + 1
    found = list(rows[start : start + limit])
    is_last = start + limit >= len(rows)
    return found, None if is_last or not found else encode(key(found[-1]))


def _scalar(part: Any) -> int | str:
    return word(part) if isinstance(part, str) else number(part)
