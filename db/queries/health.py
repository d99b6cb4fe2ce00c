"""What the health check and the doctor ask the database."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class HeartbeatRow:
    """The last sign of life of a service."""

    service: str
    process_id: int
    host: str
    version: str
    started_at: datetime
    beat_at: datetime


@dataclass(frozen=True)
class ServerRow:
    """The server as it describes itself."""

    version: str
    now: datetime
    preloaded: tuple[str, ...]


@dataclass(frozen=True)
class FreshnessRow:
    """When a hotel's metrics were last collected; None before the first time."""

    hotel_id: int
    code: str
    collected_at: datetime | None


def beat_service(connection: Connection, heartbeat: HeartbeatRow) -> None:
    connection.execute(
        text(
            "INSERT INTO heartbeats (service, process_id, host, version, started_at, beat_at) "
            "VALUES (:service, :process_id, :host, :version, :started_at, :beat_at) ON CONFLICT (service) DO UPDATE "
            "SET process_id = EXCLUDED.process_id, host = EXCLUDED.host, version = EXCLUDED.version, "
            "started_at = EXCLUDED.started_at, beat_at = EXCLUDED.beat_at"
        ),
        vars(heartbeat),
    )


def forget_service(connection: Connection, service: str, process_id: int, host: str) -> None:
    """A service that stops cleanly takes its sign of life away, but not its successor's."""
    connection.execute(
        text("DELETE FROM heartbeats WHERE service = :service AND process_id = :process_id AND host = :host"),
        {"service": service, "process_id": process_id, "host": host},
    )


def heartbeat(connection: Connection, service: str) -> HeartbeatRow | None:
    row = connection.execute(
        text("SELECT service, process_id, host, version, started_at, beat_at FROM heartbeats WHERE service = :service"),
        {"service": service},
    )
    found = row.mappings().one_or_none()
    return HeartbeatRow(**found) if found else None


def freshness(connection: Connection) -> list[FreshnessRow]:
    """Per hotel: the last successful collection, by a recorded run or by the watermark it left."""
    rows = connection.execute(
        text(
            "SELECT hotels.id AS hotel_id, hotels.code, greatest("
            "(SELECT max(finished_at) FROM job_runs WHERE job_runs.hotel_id = hotels.id AND job_name = 'collect' "
            "AND state = 'succeeded'), "
            "(SELECT max(updated_at) FROM pipeline_watermarks WHERE pipeline_watermarks.hotel_id = hotels.id "
            "AND stage = 'collect')) AS collected_at FROM hotels ORDER BY hotels.id"
        )
    )
    return [FreshnessRow(**row) for row in rows.mappings()]


def server(connection: Connection) -> ServerRow:
    row = connection.execute(
        text(
            "SELECT current_setting('server_version') AS version, clock_timestamp() AS now, "
            "CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') "
            "THEN current_setting('shared_preload_libraries') ELSE '' END AS preloaded"
        )
    ).one()
    names = tuple(name.strip() for name in row.preloaded.split(",") if name.strip())
    return ServerRow(row.version, row.now, names)
