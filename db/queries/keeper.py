"""Requests and runs of the keeper: work of the installation of which there is one at a time."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from db import locks
from db.queries.job_rows import RUN_COLUMNS, RequestRow, RunRow
from db.queries.jobs import pending_requests


def take_turns(connection: Connection) -> None:
    """Those who ask for work of which there is one at a time wait for one another until they commit."""
    locks.wait_for(connection, "keeper")


def of_installation(
    connection: Connection, job_names: Sequence[str], limit: int = 10
) -> tuple[RequestRow | None, list[RunRow]]:
    """Of these jobs of the installation: the oldest request that waits, and the newest runs."""
    waiting = [row for row in pending_requests(connection, None) if row.job_name in job_names]
    rows = connection.execute(
        text(
            f"SELECT {RUN_COLUMNS} FROM job_runs WHERE job_name = ANY(:names) AND hotel_id IS NULL "
            "ORDER BY started_at DESC, id DESC LIMIT :limit"
        ),
        {"names": list(job_names), "limit": limit},
    )
    return next(iter(waiting), None), [RunRow(**row) for row in rows.mappings()]
