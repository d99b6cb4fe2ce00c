"""Profiles: asked for one at a time, claimed by the process they are of, and read again (C10)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

COLUMNS = (
    "id, target, job_name, kind, seconds, state, requested_by, requested_at, started_at, beat_at, stop_requested_at, "
    "ended_at, process_id, host, version, error_code, overhead_ratio, usage"
)
ACTIVE = "state IN ('requested', 'running')"
ASK = f"""
INSERT INTO profiles (target, job_name, kind, seconds, state, requested_by, requested_at)
VALUES (:target, :job_name, :kind, :seconds, 'requested', :by, :at)
ON CONFLICT ((true)) WHERE {ACTIVE} DO NOTHING RETURNING id
"""
CLAIM = f"""
UPDATE profiles SET state = 'running', started_at = :at, beat_at = :at, process_id = :process_id, host = :host,
       version = :version
 WHERE id = (SELECT id FROM profiles
              WHERE state = 'requested' AND target = ANY(:targets)
                AND (target <> 'job' OR job_name = :job_name) FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING {COLUMNS}
"""
BEAT = """
UPDATE profiles SET beat_at = :at, usage = CAST(:usage AS jsonb)
 WHERE id = :id AND state = 'running' AND stop_requested_at IS NULL
"""
END = """
UPDATE profiles SET state = :state, ended_at = :at, beat_at = :at, error_code = :error_code,
       overhead_ratio = :overhead_ratio, usage = CAST(:usage AS jsonb), result = CAST(:result AS jsonb)
 WHERE id = :id AND state = 'running'
"""
STOP = f"""
UPDATE profiles SET stop_requested_at = :at,
       state = CASE state WHEN 'requested' THEN 'failed' ELSE state END,
       error_code = CASE state WHEN 'requested' THEN 'stopped' END,
       ended_at = CASE state WHEN 'requested' THEN CAST(:at AS timestamptz) END
 WHERE id = :id AND {ACTIVE} AND stop_requested_at IS NULL
"""
# The process that was asked is not there, or it died while it measured.
GIVE_UP = """
UPDATE profiles SET state = 'failed', ended_at = :at,
       error_code = CASE WHEN state = 'running' THEN 'process_gone'
                         WHEN target = 'job' THEN 'no_run' ELSE 'no_answer' END
 WHERE (state = 'running' AND beat_at < :silent_since)
    OR (state = 'requested' AND requested_at < CASE WHEN target = 'job' THEN :no_run_since ELSE :silent_since END)
"""


@dataclass(frozen=True)
class ProfileRow:
    """One profile without its result; ``usage``: one look a second while it ran."""

    id: int
    target: str
    job_name: str | None
    kind: str
    seconds: int
    state: str
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    beat_at: datetime | None
    stop_requested_at: datetime | None
    ended_at: datetime | None
    process_id: int | None
    host: str | None
    version: str | None
    error_code: str | None
    overhead_ratio: float | None
    usage: list[Any] | None

    @property
    def is_active(self) -> bool:
        return self.state in ("requested", "running")


@dataclass(frozen=True)
class ProfileEnd:
    """How a profile ended; ``result`` is None when it failed."""

    state: str
    result: dict[str, Any] | None = None
    overhead_ratio: float | None = None
    error_code: str | None = None


def ask(
    connection: Connection, target: str, job_name: str | None, kind: str, seconds: int, *, by: str, at: datetime
) -> int | None:
    """Ask for a profile; None when one is asked for or runs already."""
    params = {"target": target, "job_name": job_name, "kind": kind, "seconds": seconds, "by": by, "at": at}
    return connection.execute(text(ASK), params).scalar()


def is_asked(connection: Connection, targets: Sequence[str]) -> bool:
    """Whether a profile of one of these targets waits; cheap, each process asks every second."""
    query = "SELECT EXISTS (SELECT FROM profiles WHERE state = 'requested' AND target = ANY(:targets))"
    return bool(connection.execute(text(query), {"targets": list(targets)}).scalar())


def claim(
    connection: Connection, targets: Sequence[str], job_name: str | None, *,
    process_id: int, host: str, version: str, at: datetime,
) -> ProfileRow | None:  # fmt: skip
    """Take the profile that waits for one of these targets; None when none does or another process was faster."""
    params = {
        "targets": list(targets), "job_name": job_name, "process_id": process_id, "host": host, "version": version,
        "at": at,
    }  # fmt: skip
    row = connection.execute(text(CLAIM), params).mappings().first()
    return ProfileRow(**row) if row else None


def beat(connection: Connection, profile_id: int, at: datetime, usage: Sequence[dict[str, Any]]) -> bool:
    """What was used so far; False when it is to stop."""
    done = connection.execute(text(BEAT), {"id": profile_id, "at": at, "usage": json.dumps(list(usage))})
    return done.rowcount == 1


def end(
    connection: Connection, profile_id: int, ended: ProfileEnd, at: datetime, usage: Sequence[dict[str, Any]]
) -> bool:
    """Write how it ended; False when somebody had given it up."""
    params = {
        "id": profile_id, "state": ended.state, "at": at, "error_code": ended.error_code,
        "overhead_ratio": ended.overhead_ratio, "usage": json.dumps(list(usage)),
        "result": None if ended.result is None else json.dumps(ended.result),
    }  # fmt: skip
    return connection.execute(text(END), params).rowcount == 1


def stop(connection: Connection, profile_id: int, at: datetime) -> bool:
    """Ask it to stop; one that waits has ended with that. False when it has ended or somebody was faster."""
    return connection.execute(text(STOP), {"id": profile_id, "at": at}).rowcount == 1


def give_up(connection: Connection, at: datetime, silent_since: datetime, no_run_since: datetime) -> int:
    """End those that nobody answered and those whose process fell silent; how many."""
    params = {"at": at, "silent_since": silent_since, "no_run_since": no_run_since}
    return connection.execute(text(GIVE_UP), params).rowcount


def newest(connection: Connection, limit: int) -> list[ProfileRow]:
    """The newest first."""
    query = f"SELECT {COLUMNS} FROM profiles ORDER BY requested_at DESC, id DESC LIMIT :limit"
    return [ProfileRow(**row) for row in connection.execute(text(query), {"limit": limit}).mappings()]


def one(connection: Connection, profile_id: int) -> tuple[ProfileRow, dict[str, Any] | None] | None:
    """A profile and its result."""
    query = f"SELECT {COLUMNS}, result FROM profiles WHERE id = :id"
    row = connection.execute(text(query), {"id": profile_id}).mappings().first()
    if row is None:
        return None
    values = dict(row)
    result = values.pop("result")
    return ProfileRow(**values), result


def delete(connection: Connection, profile_id: int) -> bool:
    """One that has ended."""
    query = f"DELETE FROM profiles WHERE id = :id AND NOT ({ACTIVE})"
    return connection.execute(text(query), {"id": profile_id}).rowcount == 1
