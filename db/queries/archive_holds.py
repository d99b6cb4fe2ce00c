"""Metric rows that were brought back from the archive, and until when they stay (SPEC A7.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from sqlalchemy import Connection, text

from core.errors import AppError
from db.bulk import copy_frame, quoted, refresh_statistics
from db.queries.archive import OF_METRIC, OF_SCORE

STAGED = "brought_rows"
KEYS = ("metric_type", "entity_id", "timestamp")
# In the database these columns are of another type than in the archive.
READ_AS = {"extra_data": "extra_data::jsonb", "checksum": "decode(checksum, 'hex')"}
STAGE = f"""
CREATE TEMP TABLE {STAGED} ON COMMIT DROP AS
SELECT {", ".join(f"m.{name}" for name in OF_METRIC if name not in READ_AS)},
       {", ".join(f"NULL::text AS {name}" for name in READ_AS)}, {", ".join(f"s.{name}" for name in OF_SCORE)}
  FROM ml_metrics m CROSS JOIN ml_scores s WITH NO DATA
"""
WRITE_METRICS = f"""
INSERT INTO ml_metrics (hotel_id, {", ".join(OF_METRIC)})
SELECT :hotel_id, {", ".join(READ_AS.get(name, name) for name in OF_METRIC)} FROM {STAGED}
    ON CONFLICT (hotel_id, metric_type, entity_id, timestamp) DO NOTHING
"""
WRITE_SCORES = f"""
INSERT INTO ml_scores (hotel_id, {", ".join(KEYS)}, {", ".join(OF_SCORE)})
SELECT :hotel_id, {", ".join(KEYS)}, {", ".join(OF_SCORE)} FROM {STAGED} WHERE detector IS NOT NULL
    ON CONFLICT (hotel_id, metric_type, entity_id, timestamp) DO NOTHING
"""


@dataclass(frozen=True)
class NewHold:
    """Rows of a hotel with ``since <= timestamp < until`` are to stay until ``kept_until``."""

    hotel_id: int
    since: datetime
    until: datetime
    kept_until: datetime
    brought_by: str
    brought_at: datetime


@dataclass(frozen=True)
class Hold:
    """What was brought back; ``row_count``: rows that came."""

    id: int
    hotel_id: int
    since: datetime
    until: datetime
    kept_until: datetime
    row_count: int
    brought_by: str
    brought_at: datetime
    hotel_name: str
    time_zone: str

    @property
    def last_at(self) -> datetime:
        """The last instant that is in it."""
        return self.until - timedelta(microseconds=1)


def add(connection: Connection, hold: NewHold) -> int:
    columns = list(vars(hold))
    statement = (
        f"INSERT INTO archive_holds ({', '.join(columns)}, row_count) "
        f"VALUES ({', '.join(':' + name for name in columns)}, 0) RETURNING id"
    )
    return int(connection.execute(text(statement), vars(hold)).scalar_one())


def note_rows(connection: Connection, hold_id: int, rows: int) -> None:
    connection.execute(text("UPDATE archive_holds SET row_count = :rows WHERE id = :id"), {"rows": rows, "id": hold_id})


def end(connection: Connection, hotel_id: int, hold_id: int, at: datetime) -> None:
    """Its rows may leave again; raises ``not_found`` for one that there is not, or that ended."""
    statement = "UPDATE archive_holds SET ended_at = :at WHERE id = :id AND hotel_id = :hotel_id AND ended_at IS NULL"
    if not connection.execute(text(statement), {"at": at, "id": hold_id, "hotel_id": hotel_id}).rowcount:
        raise AppError("not_found", 404, params={"what": f"hold {hold_id}"})


def standing(connection: Connection, hotel_ids: Sequence[int] | None, at: datetime) -> list[Hold]:
    """Those whose rows stay at ``at``, the newest first."""
    query = (
        "SELECT a.id, a.hotel_id, a.since, a.until, a.kept_until, a.row_count, a.brought_by, a.brought_at, "
        "h.name AS hotel_name, h.time_zone FROM archive_holds a JOIN hotels h ON h.id = a.hotel_id "
        "WHERE a.ended_at IS NULL AND a.kept_until > :at "
        "AND (CAST(:hotels AS bigint[]) IS NULL OR a.hotel_id = ANY(CAST(:hotels AS bigint[]))) ORDER BY a.id DESC"
    )
    params = {"at": at, "hotels": None if hotel_ids is None else list(hotel_ids)}
    return [Hold(**row) for row in connection.execute(text(query), params).mappings()]


def write_rows(connection: Connection, hotel_id: int, rows: pa.Table) -> int:
    """Put rows of the archive into the database, with their scores; those that stand there stay. How many came."""
    connection.execute(text(STAGE))
    copy_frame(connection, STAGED, rows)
    written = connection.execute(text(WRITE_METRICS), {"hotel_id": hotel_id}).rowcount
    connection.execute(text(WRITE_SCORES), {"hotel_id": hotel_id})
    connection.execute(text(f"DROP TABLE {quoted([STAGED])}"))
    refresh_statistics(connection, "ml_metrics", written)
    return written
