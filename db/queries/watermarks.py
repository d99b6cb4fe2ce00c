"""Watermarks: how far a stage has read a hotel, and what an incremental run must look at again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from core.errors import AppError
from db import locks

# Rows are read again for this long after they were recorded; writing the same rows twice changes nothing.
OVERLAP = timedelta(minutes=15)
KEPT = "kept"  # stage of the watermark that says from when on a hotel's metric rows are kept
VERIFIED = "verified"  # and that says when they were last compared with their checksums
RECORDED = "_recorded"  # suffix of the stage whose watermark is a recording time instead of an as-of instant


@dataclass(frozen=True)
class Window:
    """What one run of one stage reads: rows of ``since_at < time ≤ at``, and rows recorded after ``recorded_since``.

    Both limits are None on the first run, which reads everything up to ``at``.
    """

    hotel_id: int
    stage: str
    metric_type: str
    time_zone: str
    at: datetime
    since_at: datetime | None
    recorded_since: datetime | None
    recorded_until: datetime
    kept_since: datetime | None = None  # older metric rows went to the archive: they are not made again

    @property
    def is_first(self) -> bool:
        return self.since_at is None


def open_window(connection: Connection, hotel_id: int, stage: str, metric_type: str, at: datetime) -> Window:
    """Lock the watermark of a hotel's stage until the transaction ends, and say what to read.

    Nothing is lost to long transactions: the recording watermark never passes the start of the oldest transaction that
    is still writing, since its rows carry recording times from then on and become visible only later.
    """
    locks.wait_for(connection, f"{stage}/{metric_type}", hotel_id)
    row = connection.execute(
        text(
            "SELECT h.time_zone, w.read_until AS since_at, r.read_until AS recorded_since, "
            "(SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity "
            " WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()) "
            "AS recorded_until, k.read_until AS kept_since FROM hotels h "
            "LEFT JOIN pipeline_watermarks k ON (k.hotel_id, k.stage, k.metric_type) = (h.id, :kept, '') "
            "LEFT JOIN pipeline_watermarks w ON (w.hotel_id, w.stage, w.metric_type) = (h.id, :stage, :metric_type) "
            "LEFT JOIN pipeline_watermarks r ON (r.hotel_id, r.stage, r.metric_type) = (h.id, :recorded, :metric_type) "
            "WHERE h.id = :hotel_id"
        ),
        {"hotel_id": hotel_id, "stage": stage, "recorded": stage + RECORDED, "metric_type": metric_type, "kept": KEPT},
    ).one_or_none()
    if row is None:
        raise AppError("not_found", 404, params={"what": f"hotel {hotel_id}"})
    known = row.since_at is not None and row.recorded_since is not None
    return Window(
        hotel_id, stage, metric_type, row.time_zone, at,
        row.since_at if known else None, row.recorded_since - OVERLAP if known else None, row.recorded_until,
        row.kept_since,
    )  # fmt: skip


def close_window(connection: Connection, window: Window) -> None:
    """Remember how far the run has read. A run as of an earlier instant than before leaves the watermark alone."""
    if window.since_at is not None and window.at < window.since_at:
        return
    for stage, reached in ((window.stage, window.at), (window.stage + RECORDED, window.recorded_until)):
        connection.execute(
            text(
                "INSERT INTO pipeline_watermarks (hotel_id, stage, metric_type, read_until) "
                "VALUES (:hotel_id, :stage, :metric_type, :reached) ON CONFLICT (hotel_id, stage, metric_type) "
                "DO UPDATE SET read_until = EXCLUDED.read_until, updated_at = now() "
                "WHERE pipeline_watermarks.read_until <> EXCLUDED.read_until"
            ),
            {"hotel_id": window.hotel_id, "stage": stage, "metric_type": window.metric_type, "reached": reached},
        )


def move_on(connection: Connection, hotel_id: int, stage: str, reached: datetime) -> None:
    """A stage of all metric types together (KEPT, VERIFIED) reached that instant; it only ever moves on."""
    connection.execute(
        text(
            "INSERT INTO pipeline_watermarks (hotel_id, stage, metric_type, read_until) "
            "VALUES (:hotel_id, :stage, '', :reached) ON CONFLICT (hotel_id, stage, metric_type) DO UPDATE "
            "SET read_until = greatest(pipeline_watermarks.read_until, EXCLUDED.read_until), updated_at = now()"
        ),
        {"hotel_id": hotel_id, "stage": stage, "reached": reached},
    )


def reached(connection: Connection, hotel_id: int, stage: str) -> datetime | None:
    """How far such a stage is; None: it never ran."""
    query = text("SELECT read_until FROM pipeline_watermarks WHERE hotel_id = :hotel_id AND stage = :stage")
    found: datetime | None = connection.execute(query, {"hotel_id": hotel_id, "stage": stage}).scalar()
    return found


def kept_since(connection: Connection, hotel_id: int) -> datetime | None:
    """From when on a hotel's metric rows are kept; None: none was ever deleted for its age."""
    return reached(connection, hotel_id, KEPT)


def reset(connection: Connection, hotel_id: int, stage: str) -> None:
    """Forget how far a stage has read, so that its next run compares everything."""
    connection.execute(
        text("DELETE FROM pipeline_watermarks WHERE hotel_id = :hotel_id AND stage IN (:stage, :recorded)"),
        {"hotel_id": hotel_id, "stage": stage, "recorded": stage + RECORDED},
    )
