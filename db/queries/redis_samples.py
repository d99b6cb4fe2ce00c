"""Samples of the Redis server: added when a minute passed or its state changed, and read again (C5)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from db import locks

COLUMNS = "sampled_at, state, reason, answer_seconds, figures, patterns"
# Processes that look at the same time take turns, so that a minute has one row.
NEWEST = "SELECT state, sampled_at FROM redis_samples ORDER BY sampled_at DESC, id DESC LIMIT 1"
ADD = f"""
INSERT INTO redis_samples ({COLUMNS})
SELECT :at, CAST(:state AS varchar), :reason, :answer_seconds, CAST(:figures AS jsonb), CAST(:patterns AS jsonb)
 WHERE NOT EXISTS (SELECT FROM ({NEWEST}) AS n WHERE n.state = :state AND n.sampled_at > :since)
"""
# The rows after the last one of another state; without an older one, all of them.
SINCE = """
SELECT min(sampled_at) FROM redis_samples
 WHERE state = :state
   AND sampled_at > coalesce((SELECT max(sampled_at) FROM redis_samples WHERE state <> :state), '-infinity')
"""
COURSE = """
SELECT date_bin(make_interval(secs => :step), sampled_at, :since) AS at,
       max(CAST(figures ->> 'used_bytes' AS float8)) AS used_bytes,
       max(CAST(figures ->> 'limit_bytes' AS float8)) AS limit_bytes,
       max(CAST(figures ->> 'keys' AS bigint)) AS keys,
       bool_or(state = 'down') AS was_down
  FROM redis_samples WHERE sampled_at >= :since GROUP BY 1 ORDER BY 1
"""
OF_RUN = "sampled_at >= :since AND figures ->> 'run_id' = :run_id"
MEMORY = f"""
SELECT DISTINCT ON (date_bin('5 minutes', sampled_at, :since)) sampled_at,
       CAST(figures ->> 'used_bytes' AS bigint) AS used_bytes
  FROM redis_samples WHERE {OF_RUN} ORDER BY date_bin('5 minutes', sampled_at, :since), sampled_at
"""


@dataclass(frozen=True)
class SampleRow:
    """One sample; ``figures`` and ``patterns`` as they were stored, None where the server did not answer."""

    sampled_at: datetime
    state: str
    reason: str | None
    answer_seconds: float | None
    figures: dict[str, Any] | None
    patterns: list[Any] | None


def add(connection: Connection, row: SampleRow, unless_since: datetime) -> bool:
    """Add a sample unless the newest one is of the same state and newer than ``unless_since``; whether it was added."""
    locks.wait_for(connection, "redis_samples")
    params = {
        "at": row.sampled_at, "state": row.state, "reason": row.reason, "answer_seconds": row.answer_seconds,
        "figures": _written(row.figures), "patterns": _written(row.patterns), "since": unless_since,
    }  # fmt: skip
    return connection.execute(text(ADD), params).rowcount > 0


def state_since(connection: Connection, state: str) -> datetime | None:
    """Since when the newest samples are of that state; None when none is."""
    return connection.execute(text(SINCE), {"state": state}).scalar()


def newest(connection: Connection, states: Sequence[str], until: datetime | None = None) -> SampleRow | None:
    """The newest sample of one of the states, not newer than ``until``."""
    return _one(connection, "state = ANY(:states)", {"states": list(states), "until": until})


def newest_with_patterns(connection: Connection, until: datetime | None = None) -> SampleRow | None:
    """The newest sample that holds patterns, not newer than ``until``."""
    return _one(connection, "patterns IS NOT NULL", {"until": until})


def oldest_at(connection: Connection) -> datetime | None:
    """Since when there are samples."""
    return connection.execute(text("SELECT min(sampled_at) FROM redis_samples")).scalar()


def course(connection: Connection, since: datetime, step_seconds: int) -> Sequence[Row[Any]]:
    """at, used_bytes, limit_bytes, keys, was_down by steps from ``since`` on; only steps with a sample."""
    return connection.execute(text(COURSE), {"since": since, "step": step_seconds}).all()


def memory(connection: Connection, since: datetime, run_id: str) -> list[tuple[datetime, int]]:
    """(sampled_at, used bytes) of one run of the server, one in five minutes, the oldest first."""
    rows = connection.execute(text(MEMORY), {"since": since, "run_id": run_id})
    return [(row.sampled_at, row.used_bytes) for row in rows]


def oldest_of_run(connection: Connection, since: datetime, run_id: str) -> SampleRow | None:
    """The first sample of one run of the server since then."""
    query = f"SELECT {COLUMNS} FROM redis_samples WHERE {OF_RUN} ORDER BY sampled_at LIMIT 1"
    row = connection.execute(text(query), {"since": since, "run_id": run_id}).mappings().first()
    return SampleRow(**row) if row else None


def _one(connection: Connection, condition: str, params: dict[str, Any]) -> SampleRow | None:
    query = (
        f"SELECT {COLUMNS} FROM redis_samples WHERE {condition} "
        "AND (CAST(:until AS timestamptz) IS NULL OR sampled_at <= :until) ORDER BY sampled_at DESC, id DESC LIMIT 1"
    )
    row = connection.execute(text(query), params).mappings().first()
    return SampleRow(**row) if row else None


def _written(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
