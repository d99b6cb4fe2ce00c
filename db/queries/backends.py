"""What the server does now in our own database: statements, who waits for whom, ending one (C2).

https://www.postgresql.org/docs/18/monitoring-stats.html, #MONITORING-PG-STAT-ACTIVITY-VIEW.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db import locks

# Whose statement we may end: our own role's, or with pg_signal_backend anybody's but an administrator's.
MAY_CANCEL = """
state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND (pg_has_role(usesysid, 'USAGE')
    OR (pg_has_role('pg_signal_backend', 'USAGE') AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = usesysid)))
"""
RUNNING = f"""
SELECT pid, backend_start, query_start, xact_start, CASE WHEN state = 'active' THEN query_start ELSE state_change END
       AS since, usename AS role, application_name AS application, host(client_addr) AS client, state, wait_event_type,
       wait_event, query AS text, coalesce({MAY_CANCEL}, false) AS may_cancel,
       extract(epoch FROM clock_timestamp() - CASE WHEN state = 'active' THEN query_start ELSE state_change END)::float8
       AS seconds
  FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IS DISTINCT FROM 'idle'
   AND backend_type IN ('client backend', 'parallel worker')
 ORDER BY since NULLS LAST, pid LIMIT :limit
"""
WAITS = """
SELECT w.pid AS waiting_pid, w.application_name AS waiting_application, w.query AS waiting_text,
       coalesce(l.waitstart, w.query_start) AS since, l.mode, l.locktype AS kind,
       coalesce(l.relation, l.of_row)::regclass::text AS relation, w.usename AS waiting_role,
       nullif(blocking.pid, 0) AS blocking_pid, b.application_name AS blocking_application, b.usename AS blocking_role,
       b.state AS blocking_state, b.query AS blocking_text, b.xact_start AS blocking_since,
       extract(epoch FROM clock_timestamp() - coalesce(l.waitstart, w.query_start))::float8 AS seconds
  FROM pg_stat_activity AS w
 CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocking(pid)
  LEFT JOIN pg_stat_activity AS b ON b.pid = blocking.pid
  LEFT JOIN LATERAL (
       SELECT waitstart, mode, locktype, relation,
              (SELECT relation FROM pg_locks WHERE pid = w.pid AND locktype = 'tuple' LIMIT 1) AS of_row
         FROM pg_locks WHERE pid = w.pid AND NOT granted LIMIT 1) AS l ON true
 WHERE w.datname = current_database() AND w.wait_event_type = 'Lock'
 ORDER BY since, w.pid, b.pid LIMIT :limit
"""
# In one statement: a process id that another connection has meanwhile, or another statement of it, is never hit.
CANCEL = f"""
SELECT query AS text, application_name AS application, query_start, pg_cancel_backend(pid) AS is_sent
  FROM (SELECT * FROM pg_stat_activity
         WHERE pid = :pid AND backend_start = :backend_start AND query_start = :query_start
           AND datname = current_database() AND {MAY_CANCEL} OFFSET 0) AS found
"""
# pg_stat_activity is remembered within a transaction until it is cleared.
STILL = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = :pid AND backend_start = :backend_start
                  AND query_start = :query_start AND state = 'active') AS is_active
  FROM (SELECT pg_stat_clear_snapshot() OFFSET 0) AS cleared
"""


@dataclass(frozen=True)
class Asked:
    """One statement of one connection: a process id alone may be another one's by now."""

    pid: int
    backend_start: datetime
    query_start: datetime


@dataclass(frozen=True)
class RunningRow:
    """``since``: of the statement; of a transaction that stands idle, since it does."""

    pid: int
    backend_start: datetime
    query_start: datetime | None
    xact_start: datetime | None
    since: datetime | None
    role: str | None
    application: str
    client: str | None
    state: str | None
    wait_event_type: str | None
    wait_event: str | None
    text: str
    may_cancel: bool
    seconds: float | None


@dataclass(frozen=True)
class WaitRow:
    """Who waits for whom; of a blocking prepared transaction there is no connection."""

    waiting_pid: int
    waiting_application: str
    waiting_text: str
    since: datetime | None
    mode: str | None
    kind: str | None
    relation: str | None
    blocking_pid: int | None
    blocking_application: str | None
    blocking_state: str | None
    blocking_text: str | None
    blocking_since: datetime | None
    seconds: float | None
    waiting_role: str | None = None
    blocking_role: str | None = None


def running(connection: Connection, limit: int) -> list[RunningRow]:
    """Everything but idle connections and our own, the longest first."""
    return [RunningRow(**row) for row in connection.execute(text(RUNNING), {"limit": limit}).mappings()]


def waits(connection: Connection, limit: int) -> list[WaitRow]:
    return [WaitRow(**row) for row in connection.execute(text(WAITS), {"limit": limit}).mappings()]


def take_turn(connection: Connection, pid: int) -> None:
    """Those who end the same statement go one after the other."""
    locks.wait_for(connection, "query_cancel", pid)


def cancel(connection: Connection, asked: Asked) -> tuple[str, str] | None:
    """Ask the server to end the statement; its (text, application), None when it does not run or is not ours to end."""
    row = connection.execute(text(CANCEL), vars(asked)).one_or_none()
    return (row.text, row.application) if row and row.is_sent else None


def is_active(connection: Connection, asked: Asked) -> bool:
    return bool(connection.execute(text(STILL), vars(asked)).scalar_one())
