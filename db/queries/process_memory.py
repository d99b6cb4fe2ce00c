"""Samples of processes' memory: added by each process, and read as they are now and over time (R1)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

COLUMNS = (
    "sampled_at, service, process_id, host, process_started_at, rss_bytes, uss_bytes, limit_bytes, used_ratio, level, "
    "given_back_bytes"
)
# In a container that starts anew the process has the number and the host of the one before.
PROCESS = "service, host, process_id, process_started_at"
ADD = f"""
INSERT INTO process_memory ({COLUMNS})
VALUES (:sampled_at, :service, :process_id, :host, :process_started_at, :rss_bytes, :uss_bytes, :limit_bytes,
        :used_ratio, :level, :given_back_bytes)
"""
# The newest of each process that was seen lately, and the first of the same process for its growth.
NOW = f"""
SELECT DISTINCT ON ({PROCESS}) {COLUMNS},
       first_value(sampled_at) OVER of_process AS first_at, first_value(rss_bytes) OVER of_process AS first_rss_bytes,
       max(rss_bytes) OVER (PARTITION BY {PROCESS}) AS peak_rss_bytes
  FROM process_memory AS p WHERE sampled_at >= :since
WINDOW of_process AS (PARTITION BY {PROCESS} ORDER BY sampled_at, id)
 ORDER BY {PROCESS}, sampled_at DESC, id DESC
"""
COURSE = """
SELECT date_bin(make_interval(secs => :step), sampled_at, :since) AS at, service, max(rss_bytes) AS rss_bytes,
       max(uss_bytes) AS uss_bytes
  FROM process_memory WHERE sampled_at >= :since GROUP BY 1, 2 ORDER BY 1, 2
"""
# A sample a minute: what was before the period stands a few minutes before it.
EVENTS = f"""
SELECT {COLUMNS}, before FROM (
  SELECT {COLUMNS}, id, lag(level, 1, 'normal') OVER (PARTITION BY {PROCESS} ORDER BY sampled_at, id) AS before
    FROM process_memory WHERE sampled_at >= CAST(:since AS timestamptz) - interval '5 minutes'
     AND service NOT LIKE 'job:%'
) AS e WHERE sampled_at >= :since AND (before <> level OR given_back_bytes IS NOT NULL)
 ORDER BY sampled_at DESC, id DESC LIMIT :limit
"""


@dataclass(frozen=True)
class MemorySample:
    """One look at a process; ``uss_bytes``: what would become free if it ended, None where the system does not tell.

    ``used_ratio``: of the nearest limit; ``given_back_bytes``: None when nothing was tried.
    """

    sampled_at: datetime
    service: str
    process_id: int
    host: str
    process_started_at: datetime
    rss_bytes: int
    uss_bytes: int | None
    used_ratio: float
    level: str
    limit_bytes: int | None = None
    given_back_bytes: int | None = None


def add(connection: Connection, samples: Sequence[MemorySample]) -> None:
    connection.execute(text(ADD), [asdict(one) for one in samples])


def newest(connection: Connection, since: datetime) -> Sequence[Row[Any]]:
    """The newest sample of each process since then, with first_at, first_rss_bytes and peak_rss_bytes."""
    return connection.execute(text(NOW), {"since": since}).all()


def course(connection: Connection, since: datetime, step_seconds: int) -> Sequence[Row[Any]]:
    """at, service, rss_bytes, uss_bytes: the most of each step."""
    return connection.execute(text(COURSE), {"since": since, "step": step_seconds}).all()


def events(connection: Connection, since: datetime, limit: int) -> Sequence[Row[Any]]:
    """Samples at which the level changed (``before`` it) or memory was given back, the newest first."""
    return connection.execute(text(EVENTS), {"since": since, "limit": limit}).all()
