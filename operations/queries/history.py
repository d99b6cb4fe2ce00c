"""What statements took, hour by hour: read every five minutes by one process, shown for a period (C2)."""

from collections.abc import Mapping
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from db import locks
from db.queries import statement_history as queries
from db.queries import statements
from db.queries.statement_history import Figures
from db.session import Database
from operations.periods import PERIODS
from operations.queries.differences import Counters, by_statement, is_followed, since
from operations.queries.sql_text import without_literals

READ_EVERY = timedelta(minutes=5)
HOUR_SECONDS = 3_600
ALWAYS = "counted"  # what the server itself counts, since it began to
CHOICES = (ALWAYS, *(name for name, period in PERIODS.items() if period.length >= timedelta(hours=24)))


def watch(database: Database, at: datetime) -> bool:
    """One reading where one is due; whether it was made.

    Without the extension, or hidden from us, nothing is read: the page says so.
    """
    with database.glancing() as connection:
        if not _is_due(connection, at):
            return False
        standing = statements.standing(connection)
    if standing.schema is None or not standing.is_loaded or not standing.sees_all:
        return False
    with database.transaction() as connection:
        if not locks.take_turn(connection, "statement_rollups") or not _is_due(connection, at):
            return False
        _read(connection, standing.schema, at)
    return True


def _is_due(connection: Any, at: datetime) -> bool:
    read_at = queries.last_read_at(connection)
    return read_at is None or not timedelta(0) <= at - read_at < READ_EVERY


def _read(connection: Any, schema: str, at: datetime) -> None:
    before, (now, queryids) = queries.readings(connection), queries.counters(connection, schema)
    is_followed_on = is_followed(queries.last_read_at(connection), at)
    added = by_statement(since(_counters(before), _counters(now)), queryids) if is_followed_on else {}
    if added:
        queries.add(connection, {queryid: astuple(one) for queryid, one in added.items()}, at)
        unknown = queries.texts_of_unknown(connection, schema, list(added))
        queries.keep_texts(connection, {queryid: without_literals(text) for queryid, text in unknown.items()}, at)
    changed = {entry: one for entry, one in now.items() if before.get(entry) != one}
    queries.remember(connection, changed, list(now), at)


def _counters(figures: Mapping[int, Figures]) -> dict[int, Counters]:
    return {entry: Counters(*one) for entry, one in figures.items()}


def course(connection: Any, period: str, now: datetime) -> pd.DataFrame:
    """at, total_seconds, calls by steps of at least an hour; NaN where nobody counted."""
    chosen = PERIODS[period]
    step = max(chosen.step_seconds, HOUR_SECONDS)
    first = (now - chosen.length).timestamp() // step * step
    begin = pd.Timestamp(first, unit="s", tz="UTC")
    rows = queries.course(connection, begin.to_pydatetime(), step)
    frame = pd.DataFrame(rows, columns=["at", "total_seconds", "calls"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    steps = pd.DataFrame({"at": pd.date_range(begin, now, freq=f"{step}s")})
    return steps.merge(frame, on="at", how="left").astype({"total_seconds": float, "calls": float})
