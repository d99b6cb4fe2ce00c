"""The log of statements of all processes: added to by each, bounded, and read the newest or the slowest first (C2)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db import locks
from db.recent import NOTICED_SECONDS, SLOW_SECONDS

COLUMNS = "ended_at, seconds, text, process, process_id, host, place, actor, request_id, has_failed"
ADD = f"""
INSERT INTO statement_log ({COLUMNS}, kept_for)
SELECT {COLUMNS}, kept_for
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
       ended_at timestamptz, seconds float8, text text, process text, process_id bigint, host text, place text,
       actor text, request_id text, has_failed boolean, kept_for text)
"""
# Who trims at the same moment as another has nothing to do.
TRIM = """
DELETE FROM statement_log
 WHERE kept_for = :kept_for
   AND id <= (SELECT id FROM statement_log WHERE kept_for = :kept_for ORDER BY id DESC OFFSET :most LIMIT 1)
"""
WHICH = {  # by the word in the address; the first is what readers see unless they choose
    "asked": "(place IS NOT NULL OR kept_for = 'always')",
    "noticed": "seconds >= :noticed",
    "slow": "seconds > :slow",
    "failed": "has_failed",
    "background": "place IS NULL",
    "all": "true",
}
SHOWN = f"id, {COLUMNS}"
ORDERS = {"newest": "ended_at DESC, id DESC", "slowest": "seconds DESC, id DESC"}


@dataclass(frozen=True)
class LoggedStatement:
    """``place``: the page, route or run that it worked for; None for what a process does by itself."""

    id: int
    ended_at: datetime
    seconds: float
    text: str
    process: str
    process_id: int
    host: str
    place: str | None
    actor: str | None
    request_id: str | None
    has_failed: bool


def add(connection: Connection, rows: Sequence[Mapping[str, Any]], most: Mapping[str, int]) -> None:
    """Add statements (instants as ISO texts), and forget the oldest of each kind above ``most``."""
    connection.execute(text(ADD), {"rows": json.dumps(rows)})
    if not locks.take_turn(connection, "statement_log"):
        return
    for kept_for in sorted({row["kept_for"] for row in rows}):
        connection.execute(text(TRIM), {"kept_for": kept_for, "most": most[kept_for]})


def read(
    connection: Connection, which: str, process: str | None, since: datetime, *, order: str, limit: int
) -> list[LoggedStatement]:
    """The first by one of ORDERS; ``which``: one of WHICH."""
    of_process = "AND process = :process" if process else ""
    query = (
        f"SELECT {SHOWN} FROM statement_log WHERE ended_at >= :since AND {WHICH[which]} {of_process} "
        f"ORDER BY {ORDERS[order]} LIMIT :limit"
    )
    params = {"since": since, "process": process, "limit": limit, "noticed": NOTICED_SECONDS, "slow": SLOW_SECONDS}
    return [LoggedStatement(**row) for row in connection.execute(text(query), params).mappings()]


def one(connection: Connection, statement_id: int) -> LoggedStatement | None:
    query = text(f"SELECT {SHOWN} FROM statement_log WHERE id = :id")
    row = connection.execute(query, {"id": statement_id}).mappings().one_or_none()
    return LoggedStatement(**row) if row else None
