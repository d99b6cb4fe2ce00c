"""Runs, requests and heartbeats of the machinery."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries import audit
from db.queries.claims import OF_THE_SIDECAR, Claims
from db.queries.hotel_scope import these_hotels
from db.queries.job_rows import (
    OF_HOTELS,
    REQUEST_COLUMNS,
    RUN_COLUMNS,
    Beat,
    JobHotel,
    NewRun,
    RequestRow,
    RunEnd,
    RunRow,
)  # fmt: skip

ALIVE_SECONDS = 60  # a run whose heartbeat is older has stopped beating


def hotels(connection: Connection) -> list[JobHotel]:
    rows = connection.execute(text("SELECT id, code, time_zone, simulated, created_at FROM hotels ORDER BY id"))
    return [JobHotel(**row) for row in rows.mappings()]


def installation(connection: Connection) -> JobHotel:
    """Since its first user or hotel; its nights are those of the first hotel."""
    row = connection.execute(
        text(
            "SELECT coalesce(least((SELECT min(created_at) FROM users), (SELECT min(created_at) FROM hotels)), now())"
            " AS created_at,"
            " coalesce((SELECT time_zone FROM hotels ORDER BY id LIMIT 1), 'UTC') AS time_zone"
        )
    ).one()
    return JobHotel(None, "", row.time_zone, False, row.created_at)


def begin_run(connection: Connection, run: NewRun) -> int | None:
    """The id of the new run; None when the job is running in that hotel already."""
    statement = text(
        "INSERT INTO job_runs (job_name, hotel_id, trigger, requested_by, arguments, state, started_at, heartbeat_at, "
        "timeout_seconds, host, process_id, retry_of) "
        "VALUES (:job_name, :hotel_id, :trigger, :requested_by, :arguments, 'running', "
        ":started_at, :started_at, :timeout_seconds, :host, :process_id, :retry_of) "
        "ON CONFLICT (job_name, hotel_id) WHERE state = 'running' DO NOTHING RETURNING id"
    ).bindparams(bindparam("arguments", type_=JSONB))
    run_id: int | None = connection.execute(statement, vars(run)).scalar()
    return run_id


def attach_process(connection: Connection, run_id: int, process_id: int, host: str) -> None:
    connection.execute(
        text("UPDATE job_runs SET process_id = :process_id, host = :host WHERE id = :run_id AND state = 'running'"),
        {"run_id": run_id, "process_id": process_id, "host": host},
    )


def beat_run(connection: Connection, run_id: int, at: datetime, ratio: float | None, note: str | None) -> Beat:
    """Say that the run lives and how far it is; not ours: it was taken away (lost, cancelled, timed out)."""
    row = connection.execute(
        text(
            "UPDATE job_runs SET heartbeat_at = :at, progress_ratio = :ratio, progress_note = :note "
            "WHERE id = :run_id AND state = 'running' RETURNING cancel_requested_at"
        ),
        {"run_id": run_id, "at": at, "ratio": ratio, "note": note},
    ).one_or_none()
    return Beat(row is not None, row.cancel_requested_at if row else None)


def finish_run(connection: Connection, run_id: int, end: RunEnd) -> bool:
    """Close a running run; False when it was closed before, whose word then stands."""
    statement = text(
        "UPDATE job_runs SET state = :state, finished_at = :finished_at, rows_in = :rows_in, rows_out = :rows_out, "
        "result = :result, error_code = :error_code, error_text = :error_text, "
        "progress_ratio = CASE WHEN :state = 'succeeded' THEN 1 ELSE progress_ratio END "
        "WHERE id = :run_id AND state = 'running'"
    ).bindparams(bindparam("result", type_=JSONB))
    return connection.execute(statement, {"run_id": run_id, **vars(end)}).rowcount == 1


def read_run(connection: Connection, run_id: int) -> RunRow | None:
    row = connection.execute(text(f"SELECT {RUN_COLUMNS} FROM job_runs WHERE id = :run_id"), {"run_id": run_id})
    found = row.mappings().one_or_none()
    return _run(found) if found else None


def running(connection: Connection) -> list[RunRow]:
    rows = connection.execute(text(f"SELECT {RUN_COLUMNS} FROM job_runs WHERE state = 'running' ORDER BY id"))
    return [_run(row) for row in rows.mappings()]


def recent_runs(
    connection: Connection, hotel_ids: Sequence[int] | None, limit: int, before: tuple[datetime, int] | None = None
) -> list[RunRow]:
    """The newest runs first, of some hotels or of all; ``before``: start and id of the row that the page follows."""
    if before is None:
        return _runs_of_hotels(connection, hotel_ids, "", limit)
    follows = "AND (started_at, id) < (:before_at, :before_id)"
    return _runs_of_hotels(connection, hotel_ids, follows, limit, before_at=before[0], before_id=before[1])


def run_by_id(connection: Connection, hotel_ids: Sequence[int] | None, run_id: int) -> RunRow | None:
    """One run of these hotels."""
    return next(iter(_runs_of_hotels(connection, hotel_ids, "AND id = :run_id", 1, run_id=run_id)), None)


def active_runs(connection: Connection, hotel_ids: Sequence[int] | None) -> list[RunRow]:
    return _runs_of_hotels(connection, hotel_ids, "AND state = 'running'", 1000)


def newest_runs(connection: Connection, job_name: str, hotel_id: int) -> list[RunRow]:
    """The run of a job that is running in a hotel, if any, and the newest that ended."""
    query = (
        f"SELECT DISTINCT ON (state = 'running') {RUN_COLUMNS} FROM job_runs "
        "WHERE job_name = :job_name AND hotel_id = :hotel_id ORDER BY state = 'running', started_at DESC, id DESC"
    )
    rows = connection.execute(text(query), {"job_name": job_name, "hotel_id": hotel_id})
    return [_run(row) for row in rows.mappings()]


def last_success(connection: Connection, job_name: str, with_result: dict[str, Any] | None = None) -> RunRow | None:
    """The newest run of a job of the installation that ended well, perhaps of those whose result has these fields."""
    query = text(
        f"SELECT {RUN_COLUMNS} FROM job_runs WHERE job_name = :job_name AND hotel_id IS NULL "
        "AND state = 'succeeded' AND result @> :with_result ORDER BY started_at DESC, id DESC LIMIT 1"
    ).bindparams(bindparam("with_result", type_=JSONB))
    values = {"job_name": job_name, "with_result": with_result or {}}
    row = connection.execute(query, values).mappings().one_or_none()
    return _run(row) if row else None


def _runs_of_hotels(
    connection: Connection, hotel_ids: Sequence[int] | None, condition: str, limit: int, **params: Any
) -> list[RunRow]:
    rows = connection.execute(
        text(
            f"SELECT {RUN_COLUMNS} FROM job_runs "
            f"WHERE {OF_HOTELS} {condition} "
            "ORDER BY started_at DESC, id DESC LIMIT :limit"
        ),
        {"hotel_ids": these_hotels(hotel_ids), "limit": limit, **params},
    )
    return [_run(row) for row in rows.mappings()]


def _run(row: RowMapping) -> RunRow:
    return RunRow(**row)


def last_done(connection: Connection) -> dict[tuple[str, int | None], datetime]:
    """{(job, hotel): start of its last run that ended well or that a person cancelled}; None for the installation."""
    rows = connection.execute(
        text(
            "SELECT job_name, hotel_id, max(started_at) AS started_at FROM job_runs "
            "WHERE state = 'succeeded' OR (state = 'cancelled' AND cancel_requested_by IS NOT NULL) "
            "GROUP BY job_name, hotel_id"
        )
    )
    return {(row.job_name, row.hotel_id): row.started_at for row in rows}


def ask(
    connection: Connection, actor: str, job_name: str, hotel_id: int | None, *, at: datetime,
    arguments: dict[str, Any] | None = None,
) -> int:  # fmt: skip
    """Ask for a run on somebody's behalf, which the audit log says too; the id of the request."""
    audit.record(connection, actor, "job_requested", hotel_id=hotel_id, entity=job_name, details=arguments)
    statement = text(
        "INSERT INTO job_requests (job_name, hotel_id, arguments, requested_by, requested_at) "
        "VALUES (:job_name, :hotel_id, :arguments, :actor, :at) RETURNING id"
    ).bindparams(bindparam("arguments", type_=JSONB))
    values = {"job_name": job_name, "hotel_id": hotel_id, "actor": actor, "at": at, "arguments": arguments or {}}
    return int(connection.execute(statement, values).scalar_one())


def claim_request(
    connection: Connection, busy_hotels: Sequence[int], claims: Claims = OF_THE_SIDECAR
) -> RequestRow | None:
    """Take the oldest request of a hotel that is not busy; two claimers never take the same one."""
    row = connection.execute(
        text(
            "UPDATE job_requests SET state = 'taken' WHERE id = ("
            "SELECT id FROM job_requests WHERE state = 'pending' AND (job_name = ANY(:names)) = :is_only "
            "AND NOT coalesce(hotel_id = ANY(CAST(:busy AS bigint[])), false) "
            "ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) "
            f"RETURNING {REQUEST_COLUMNS}"
        ),
        {"busy": list(busy_hotels), "names": list(claims.names), "is_only": claims.is_only},
    )
    found = row.mappings().one_or_none()
    return RequestRow(**found) if found else None


def give_request(connection: Connection, request_id: int, run_id: int | None) -> None:
    """Note the run of a taken request, or put the request back when it has none."""
    connection.execute(
        text(
            "UPDATE job_requests SET run_id = CAST(:run_id AS bigint), "
            "state = CASE WHEN CAST(:run_id AS bigint) IS NULL THEN 'pending' ELSE 'taken' END WHERE id = :request_id"
        ),
        {"request_id": request_id, "run_id": run_id},
    )


def reopen_request(connection: Connection, run_id: int) -> None:
    """A run that never began its work gives its request back."""
    connection.execute(
        text("UPDATE job_requests SET state = 'pending', run_id = NULL WHERE run_id = :run_id"), {"run_id": run_id}
    )


def pending_requests(connection: Connection, hotel_ids: Sequence[int] | None) -> list[RequestRow]:
    rows = connection.execute(
        text(f"SELECT {REQUEST_COLUMNS} FROM job_requests WHERE state = 'pending' AND {OF_HOTELS} ORDER BY id"),
        {"hotel_ids": these_hotels(hotel_ids)},
    )
    return [RequestRow(**row) for row in rows.mappings()]
