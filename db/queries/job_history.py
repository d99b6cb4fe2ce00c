"""What the runs of the past say: figures of a day, what is usual for a job, its newest ends, the runs of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.queries.hotel_scope import these_hotels
from db.queries.job_rows import OF_HOTELS, RUN_COLUMNS, RunKey, RunRow

USUAL_RUNS = 20  # of the newest that ended well are looked at
SAME = "(hotel_id = keys.hotel_id OR (hotel_id IS NULL AND keys.hotel_id IS NULL))"
KEYS = "unnest(CAST(:names AS text[]), CAST(:hotels AS bigint[])) AS keys(job_name, hotel_id)"


@dataclass(frozen=True)
class EndedFigures:
    """Runs that ended by themselves since an instant. ``mean_seconds`` of those that ended well."""

    ended: int
    succeeded: int
    mean_seconds: float | None

    @property
    def success_ratio(self) -> float | None:
        return self.succeeded / self.ended if self.ended else None


@dataclass(frozen=True)
class Usual:
    """The newest runs of a job in a hotel that ended well: a median, and what eight of ten lie between.

    ``filled_ratio``: the share of them that wrote anything.
    """

    runs: int
    median_seconds: float
    low_seconds: float
    high_seconds: float
    median_rows: float | None
    filled_ratio: float | None


@dataclass(frozen=True)
class Newest:
    """How a job ended last in a hotel, and when the last run began that ended well."""

    run_id: int | None
    state: str | None
    started_at: datetime | None
    error_code: str | None
    succeeded_at: datetime | None


@dataclass(frozen=True)
class DayRun:
    """A run as the day's chart shows it."""

    id: int
    job_name: str
    hotel_id: int | None
    trigger: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    rows_out: int | None


def ended_figures(connection: Connection, hotel_ids: Sequence[int] | None, since: datetime) -> EndedFigures:
    row = connection.execute(
        text(
            "SELECT count(*) AS ended, count(*) FILTER (WHERE state = 'succeeded') AS succeeded, "
            "CAST(avg(extract(epoch FROM finished_at - started_at)) FILTER (WHERE state = 'succeeded') "
            "AS double precision) AS mean_seconds "
            f"FROM job_runs WHERE started_at > :since AND state NOT IN ('running', 'cancelled') AND {OF_HOTELS}"
        ),
        {"since": since, "hotel_ids": these_hotels(hotel_ids)},
    )
    return EndedFigures(**row.mappings().one())


def ended_runs(
    connection: Connection, hotel_ids: Sequence[int] | None, states: Sequence[str], job_name: str | None, limit: int
) -> list[RunRow]:
    """The newest runs in these states, perhaps of one job."""
    rows = connection.execute(
        text(
            f"SELECT {RUN_COLUMNS} FROM job_runs WHERE state = ANY(:states) AND {OF_HOTELS} "
            "AND (CAST(:job_name AS text) IS NULL OR job_name = :job_name) "
            "ORDER BY started_at DESC, id DESC LIMIT :limit"
        ),
        {
            "hotel_ids": these_hotels(hotel_ids), "states": list(states), "job_name": job_name,
            "limit": limit,
        },
    )  # fmt: skip
    return [RunRow(**row) for row in rows.mappings()]


def usual(connection: Connection, keys: Sequence[RunKey]) -> dict[RunKey, Usual]:
    """What is usual for each of these jobs; those that never ended well have no entry."""
    rows = connection.execute(
        text(
            "SELECT keys.job_name, keys.hotel_id, count(*) AS runs, "
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_seconds, "
            "percentile_cont(0.1) WITHIN GROUP (ORDER BY seconds) AS low_seconds, "
            "percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS high_seconds, "
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(rows_out AS double precision)) AS median_rows, "
            "CAST(avg(CASE WHEN rows_out > 0 THEN 1 ELSE 0 END) AS double precision) AS filled_ratio "
            f"FROM {KEYS} CROSS JOIN LATERAL (SELECT rows_out, "
            "CAST(extract(epoch FROM finished_at - started_at) AS double precision) AS seconds FROM job_runs "
            f"WHERE job_runs.job_name = keys.job_name AND {SAME} AND state = 'succeeded' "
            "ORDER BY started_at DESC LIMIT :runs) AS lately GROUP BY keys.job_name, keys.hotel_id"
        ),
        {**_arrays(keys), "runs": USUAL_RUNS},
    )
    return {(row.pop("job_name"), row.pop("hotel_id")): Usual(**row) for row in map(dict, rows.mappings())}


def newest(connection: Connection, keys: Sequence[RunKey]) -> dict[RunKey, Newest]:
    """How each of these jobs ended last."""
    rows = connection.execute(
        text(
            "SELECT keys.job_name, keys.hotel_id, last.id AS run_id, last.state, last.started_at, last.error_code, "
            f"good.started_at AS succeeded_at FROM {KEYS} "
            "LEFT JOIN LATERAL (SELECT id, state, started_at, error_code FROM job_runs "
            f"WHERE job_runs.job_name = keys.job_name AND {SAME} AND state <> 'running' "
            "ORDER BY started_at DESC, id DESC LIMIT 1) AS last ON true "
            "LEFT JOIN LATERAL (SELECT started_at FROM job_runs "
            f"WHERE job_runs.job_name = keys.job_name AND {SAME} AND state = 'succeeded' "
            "ORDER BY started_at DESC LIMIT 1) AS good ON true"
        ),
        _arrays(keys),
    )
    return {(row.pop("job_name"), row.pop("hotel_id")): Newest(**row) for row in map(dict, rows.mappings())}


def runs_between(
    connection: Connection, hotel_ids: Sequence[int] | None, since: datetime, until: datetime, limit: int
) -> list[DayRun]:
    """Runs that were at work between two instants, the oldest first; one that began a day before is forgotten."""
    rows = connection.execute(
        text(
            "SELECT id, job_name, hotel_id, trigger, state, started_at, finished_at, rows_out FROM job_runs "
            "WHERE started_at >= CAST(:since AS timestamptz) - interval '1 day' AND started_at < :until "
            f"AND (finished_at IS NULL OR finished_at > :since) AND {OF_HOTELS} ORDER BY started_at, id LIMIT :limit"
        ),
        {
            "since": since, "until": until, "limit": limit,
            "hotel_ids": these_hotels(hotel_ids),
        },
    )  # fmt: skip
    return [DayRun(**row) for row in rows.mappings()]


def _arrays(keys: Sequence[RunKey]) -> dict[str, list[str] | list[int | None]]:
    return {"names": [name for name, _ in keys], "hotels": [hotel_id for _, hotel_id in keys]}
