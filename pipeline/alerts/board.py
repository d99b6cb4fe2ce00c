"""Where a page of the board ended, as a short text that can stand in an address."""

from datetime import datetime

from core.errors import AppError

SEPARATOR = "~"


def cursor_of(severity_rank: int, last_seen_at: datetime, alert_id: int) -> str:
    """The sort key of the last row shown."""
    return SEPARATOR.join((str(severity_rank), last_seen_at.isoformat(), str(alert_id)))


def parse_cursor(cursor: str) -> tuple[int, datetime, int]:
    """Back to the sort key; anything else is ``invalid_cursor``."""
    parts = cursor.split(SEPARATOR)
    try:
        rank, seen_at, alert_id = parts
        parsed = (int(rank), datetime.fromisoformat(seen_at), int(alert_id))
    except ValueError as error:
        raise AppError("invalid_cursor", 422) from error
    if parsed[1].tzinfo is None:
        raise AppError("invalid_cursor", 422)
    return parsed
