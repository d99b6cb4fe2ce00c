"""How reads through the cache were answered: added to by every process, and read again (C1)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

COUNTED = "hits, stale, shared, misses, degraded"
ADDED = ", ".join(f"{name} = c.{name} + EXCLUDED.{name}" for name in COUNTED.split(", "))
SUMMED = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in COUNTED.split(", "))
# In one order, so that processes that add at the same time never wait for each other in a circle.
ADD = f"""
INSERT INTO cache_counts AS c (started_at, namespace, {COUNTED})
SELECT started_at, namespace, {COUNTED}
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
       started_at timestamptz, namespace text, hits bigint, stale bigint, shared bigint, misses bigint, degraded bigint)
 ORDER BY started_at, namespace
    ON CONFLICT (started_at, namespace) DO UPDATE SET {ADDED}
"""
NAMES = {"hits": "hit", "stale": "stale", "shared": "shared", "misses": "miss", "degraded": "degraded"}


def add(connection: Connection, counts: Mapping[tuple[str, datetime], Mapping[str, int]]) -> None:
    """Add {(namespace, minute): {outcome: reads}} to what is there."""
    rows = [
        {"started_at": minute.isoformat(), "namespace": namespace}
        | {column: counted.get(outcome, 0) for column, outcome in NAMES.items()}
        for (namespace, minute), counted in counts.items()
    ]
    connection.execute(text(ADD), {"rows": json.dumps(rows)})


def sums(connection: Connection, since: datetime) -> Sequence[Row[Any]]:
    """namespace, hits, stale, shared, misses, degraded since then, by namespace."""
    query = f"SELECT namespace, {SUMMED} FROM cache_counts WHERE started_at >= :since GROUP BY 1 ORDER BY 1"
    return connection.execute(text(query), {"since": since}).all()


def course(connection: Connection, since: datetime, step_seconds: int) -> Sequence[Row[Any]]:
    """at, namespace and the sums by steps from ``since`` on; only steps in which something was read."""
    query = (
        f"SELECT date_bin(make_interval(secs => :step), started_at, :since) AS at, namespace, {SUMMED} "
        "FROM cache_counts WHERE started_at >= :since GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return connection.execute(text(query), {"since": since, "step": step_seconds}).all()


def first_at(connection: Connection) -> datetime | None:
    """Since when reads are counted."""
    return connection.execute(text("SELECT min(started_at) FROM cache_counts")).scalar()
