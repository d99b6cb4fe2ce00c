"""Episodes in which one transaction held others up: begun, seen again, ended, and read (C2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

# One process looks; who comes at the same moment has nothing to do.
HOLDER = "blocking_pid, blocking_since, blocking_application, blocking_role, blocking_state, blocking_text"
WAITER = "waiting_pid, waiting_application, waiting_role, waiting_text, kind, relation, mode"
COLUMNS = f"id, {HOLDER}, {WAITER}, began_at, seen_at, ended_at, longest_seconds, waiters"
OPEN = f"SELECT {COLUMNS} FROM lock_episodes WHERE ended_at IS NULL"
BEGIN = f"""
INSERT INTO lock_episodes ({HOLDER}, {WAITER}, began_at, seen_at, longest_seconds, waiters)
VALUES ({", ".join(f":{name}" for name in f"{HOLDER}, {WAITER}".split(", "))}, :began_at, :at, :seconds, :waiters)
"""
# Who waits for longest may be another one now; what is told is the one that waited for longest of all.
GO_ON = """
UPDATE lock_episodes SET seen_at = :at, longest_seconds = greatest(longest_seconds, :seconds),
       waiters = greatest(waiters, :waiters), blocking_state = :blocking_state, blocking_text = :blocking_text
 WHERE id = :id
"""
END = "UPDATE lock_episodes SET ended_at = :at WHERE id = ANY(:ids)"
TRIM = """
DELETE FROM lock_episodes
 WHERE id <= (SELECT id FROM lock_episodes ORDER BY id DESC OFFSET :most LIMIT 1) AND ended_at IS NOT NULL
"""
NEWEST = f"SELECT {COLUMNS} FROM lock_episodes WHERE began_at >= :since ORDER BY began_at DESC, id DESC LIMIT :limit"
COURSE = """
SELECT date_bin(make_interval(secs => :step), began_at, :since) AS at, count(*) AS episodes,
       sum(longest_seconds) AS longest_seconds
  FROM lock_episodes WHERE began_at >= :since GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Held:
    """One transaction that holds others up; ``waiting_text``: of who waits for longest.

    ``blocking_pid``: 0 for a prepared transaction, which has no connection.
    """

    blocking_pid: int
    blocking_since: datetime | None
    blocking_application: str | None
    blocking_role: str | None
    blocking_state: str | None
    blocking_text: str | None
    waiting_pid: int
    waiting_application: str
    waiting_role: str | None
    waiting_text: str
    kind: str | None
    relation: str | None
    mode: str | None
    began_at: datetime


@dataclass(frozen=True)
class EpisodeRow(Held):
    """``ended_at``: None while it goes on; ``waiters``: the most at one time."""

    id: int
    seen_at: datetime
    ended_at: datetime | None
    longest_seconds: float
    waiters: int


def open_episodes(connection: Connection) -> list[EpisodeRow]:
    return [EpisodeRow(**row) for row in connection.execute(text(OPEN)).mappings()]


def begin(connection: Connection, found: Mapping[str, Any], at: datetime, most: int) -> None:
    """``found``: an episode as it was seen first; of those that have ended only the newest ``most`` stay."""
    connection.execute(text(BEGIN), {**found, "at": at})
    connection.execute(text(TRIM), {"most": most})


def go_on(connection: Connection, episode_id: int, found: Mapping[str, Any], at: datetime) -> None:
    connection.execute(text(GO_ON), {**found, "id": episode_id, "at": at})


def end(connection: Connection, ids: Sequence[int], at: datetime) -> None:
    connection.execute(text(END), {"ids": list(ids), "at": at})


def newest(connection: Connection, since: datetime, limit: int) -> list[EpisodeRow]:
    return [EpisodeRow(**row) for row in connection.execute(text(NEWEST), {"since": since, "limit": limit}).mappings()]


def course(connection: Connection, since: datetime, step_seconds: int) -> Sequence[Row[Any]]:
    """at, episodes, longest_seconds (summed) by steps; only steps in which an episode began."""
    return connection.execute(text(COURSE), {"since": since, "step": step_seconds}).all()
