"""What people decide about jobs: runs and requests that shall end, runs that are repeated, jobs that pause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.hotel_scope import these_hotels
from db.queries.job_rows import OF_HOTELS, REQUEST_COLUMNS, RequestRow

PAUSE_COLUMNS = "id, job_name, hotel_id, reason, paused_by, paused_at, resumed_by, resumed_at"


@dataclass(frozen=True)
class PauseRow:
    """A job that the timetable leaves out; without a hotel: everywhere."""

    id: int
    job_name: str
    hotel_id: int | None
    reason: str
    paused_by: str
    paused_at: datetime
    resumed_by: str | None
    resumed_at: datetime | None


@dataclass(frozen=True)
class EndedRequest:
    """What became of a request, and who ended it."""

    state: str
    run_id: int | None
    cancelled_by: str | None


def ask_cancel(connection: Connection, run_id: int, by: str, at: datetime) -> bool:
    """Say that a running run shall end; False when it has ended, or somebody said so before."""
    done = connection.execute(
        text(
            "UPDATE job_runs SET cancel_requested_at = :at, cancel_requested_by = :by "
            "WHERE id = :run_id AND state = 'running' AND cancel_requested_at IS NULL"
        ),
        {"run_id": run_id, "by": by, "at": at},
    )
    return done.rowcount == 1


def cancelled(connection: Connection, run_ids: Sequence[int]) -> list[int]:
    """Those of these running runs that somebody wants to end."""
    rows = connection.execute(
        text(
            "SELECT id FROM job_runs WHERE id = ANY(CAST(:run_ids AS bigint[])) "
            "AND state = 'running' AND cancel_requested_at IS NOT NULL"
        ),
        {"run_ids": list(run_ids)},
    )
    return list(rows.scalars())


def cancel_request(connection: Connection, request_id: int, by: str, at: datetime) -> bool:
    """End a request that waits; False when its run has begun or somebody ended it before."""
    done = connection.execute(
        text(
            "UPDATE job_requests SET state = 'cancelled', cancelled_at = :at, cancelled_by = :by "
            "WHERE id = :request_id AND state = 'pending'"
        ),
        {"request_id": request_id, "by": by, "at": at},
    )
    return done.rowcount == 1


def request_by_id(connection: Connection, hotel_ids: Sequence[int] | None, request_id: int) -> RequestRow | None:
    """One request of these hotels, whatever became of it."""
    row = connection.execute(
        text(f"SELECT {REQUEST_COLUMNS} FROM job_requests WHERE id = :request_id AND {OF_HOTELS}"),
        {"request_id": request_id, "hotel_ids": these_hotels(hotel_ids)},
    )
    found = row.mappings().one_or_none()
    return RequestRow(**found) if found else None


def ended_request(connection: Connection, request_id: int) -> EndedRequest:
    row = connection.execute(
        text("SELECT state, run_id, cancelled_by FROM job_requests WHERE id = :request_id"), {"request_id": request_id}
    )
    return EndedRequest(**row.mappings().one())


def add_retry(
    connection: Connection, run_id: int, *, requested_by: str, at: datetime, arguments: dict[str, Any] | None
) -> int | None:
    """Ask for a run once more, with these arguments; None when somebody has asked before."""
    statement = text(
        "INSERT INTO job_requests (job_name, hotel_id, arguments, requested_by, requested_at, retry_of) "
        "SELECT job_name, hotel_id, :arguments, :requested_by, :at, id FROM job_runs WHERE id = :run_id "
        "ON CONFLICT (retry_of) WHERE state <> 'cancelled' DO NOTHING RETURNING id"
    ).bindparams(bindparam("arguments", type_=JSONB))
    values = {"run_id": run_id, "requested_by": requested_by, "at": at, "arguments": arguments or {}}
    request_id: int | None = connection.execute(statement, values).scalar()
    return request_id


def retry_asked_by(connection: Connection, run_id: int) -> str | None:
    """Who asked for a run once more, if anybody has."""
    query = text("SELECT requested_by FROM job_requests WHERE retry_of = :run_id AND state <> 'cancelled'")
    asked_by: str | None = connection.execute(query, {"run_id": run_id}).scalar()
    return asked_by


def add_pause(
    connection: Connection, job_name: str, hotel_id: int | None, *, reason: str, by: str, at: datetime
) -> int | None:
    """The id of the new pause; None when the job pauses there already."""
    row = connection.execute(
        text(
            "INSERT INTO job_pauses (job_name, hotel_id, reason, paused_by, paused_at) "
            "VALUES (:job_name, :hotel_id, :reason, :by, :at) "
            "ON CONFLICT (job_name, hotel_id) WHERE resumed_at IS NULL DO NOTHING RETURNING id"
        ),
        {"job_name": job_name, "hotel_id": hotel_id, "reason": reason, "by": by, "at": at},
    )
    pause_id: int | None = row.scalar()
    return pause_id


def end_pause(connection: Connection, pause_id: int, by: str, at: datetime) -> bool:
    """False when somebody has resumed the job before."""
    done = connection.execute(
        text("UPDATE job_pauses SET resumed_at = :at, resumed_by = :by WHERE id = :pause_id AND resumed_at IS NULL"),
        {"pause_id": pause_id, "by": by, "at": at},
    )
    return done.rowcount == 1


def pause_by_id(connection: Connection, pause_id: int) -> PauseRow | None:
    row = connection.execute(
        text(f"SELECT {PAUSE_COLUMNS} FROM job_pauses WHERE id = :pause_id"), {"pause_id": pause_id}
    )
    found = row.mappings().one_or_none()
    return PauseRow(**found) if found else None


def pauses_since(connection: Connection, hotel_ids: Sequence[int] | None, since: datetime) -> list[PauseRow]:
    """Of these hotels and of all hotels together: those that last, and those that ended after ``since``."""
    rows = connection.execute(
        text(
            f"SELECT {PAUSE_COLUMNS} FROM job_pauses WHERE (hotel_id IS NULL OR {OF_HOTELS}) "
            "AND (resumed_at IS NULL OR resumed_at > :since) ORDER BY paused_at, id"
        ),
        {"hotel_ids": these_hotels(hotel_ids), "since": since},
    )
    return [PauseRow(**row) for row in rows.mappings()]


def paused_keys(connection: Connection) -> set[tuple[str, int | None]]:
    """{(job, hotel)} that pause now; without a hotel: everywhere."""
    rows = connection.execute(text("SELECT job_name, hotel_id FROM job_pauses WHERE resumed_at IS NULL"))
    return {(row.job_name, row.hotel_id) for row in rows}
