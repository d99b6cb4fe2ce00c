"""Metric rows that were brought back from the archive, and until when they stay (SPEC A7.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from sqlalchemy import Connection, text

from core.errors import AppError
from db.bulk import copy_frame, quoted, refresh_statistics
from db.queries.archive import NOT_HELD, OF_METRIC, OF_SCORE
from db.queries.hotel_scope import of_hotels, these_hotels

Period = tuple[datetime, datetime]  # from the first on, before the second
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
class Hold(NewHold):
    """What was brought back; ``row_count``: rows of the archive that stand again, also those that did so before.

    ``overlapping``: others that stand and keep some of the same days.
    """

    id: int
    row_count: int
    hotel_name: str
    time_zone: str
    overlapping: int

    @property
    def last_at(self) -> datetime:
        """The last instant that is in it."""
        return self.until - timedelta(microseconds=1)


def add(connection: Connection, hold: NewHold) -> int:
    """The hold's id; one that stands for the same period goes on, and for longer if that is asked for."""
    query = (
        "UPDATE archive_holds SET kept_until = greatest(kept_until, :kept_until) WHERE id = (SELECT min(id) "
        "FROM archive_holds WHERE hotel_id = :hotel_id AND since = :since AND until = :until AND ended_at IS NULL "
        "AND kept_until > :brought_at) RETURNING id"
    )
    standing = connection.execute(text(query), vars(hold)).scalar()
    if standing is not None:
        return int(standing)
    columns = list(vars(hold))
    statement = (
        f"INSERT INTO archive_holds ({', '.join(columns)}, row_count) "
        f"VALUES ({', '.join(':' + name for name in columns)}, 0) RETURNING id"
    )
    return int(connection.execute(text(statement), vars(hold)).scalar_one())


def note_rows(connection: Connection, hold_id: int, rows: int) -> None:
    """So many stand by now; who begins again after a run that was killed comes past fewer first."""
    statement = "UPDATE archive_holds SET row_count = greatest(row_count, :rows) WHERE id = :id"
    connection.execute(text(statement), {"rows": rows, "id": hold_id})


def end(connection: Connection, hotel_id: int, hold_id: int, at: datetime) -> Period:
    """Its rows may leave again; raises ``not_found`` for one that there is not, or that ended."""
    statement = (
        "UPDATE archive_holds SET ended_at = :at WHERE id = :id AND hotel_id = :hotel_id AND ended_at IS NULL "
        "RETURNING since, until"
    )
    found = connection.execute(text(statement), {"at": at, "id": hold_id, "hotel_id": hotel_id}).first()
    if found is None:
        raise AppError("not_found", 404, params={"what": f"hold {hold_id}"})
    return found.since, found.until


def staying(connection: Connection, hotel_id: int, period: Period, at: datetime) -> int:
    """Rows of the period that others keep which stand at ``at``."""
    query = (
        "SELECT count(*) FROM ml_metrics m WHERE m.hotel_id = :hotel_id AND m.timestamp >= :since "
        f"AND m.timestamp < :until AND NOT {NOT_HELD.format(row='m', at=':at')}"
    )
    params = {"hotel_id": hotel_id, "since": period[0], "until": period[1], "at": at}
    return int(connection.execute(text(query), params).scalar_one())


def standing(connection: Connection, hotel_ids: Sequence[int] | None, at: datetime) -> list[Hold]:
    """Those whose rows stay at ``at``, the newest first."""
    query = (
        "SELECT a.id, a.hotel_id, a.since, a.until, a.kept_until, a.row_count, a.brought_by, a.brought_at, "
        "h.name AS hotel_name, h.time_zone, "
        "(SELECT count(*) FROM archive_holds o WHERE o.hotel_id = a.hotel_id AND o.id <> a.id "
        "AND o.ended_at IS NULL AND o.kept_until > :at AND o.since < a.until AND o.until > a.since) AS overlapping "
        "FROM archive_holds a JOIN hotels h ON h.id = a.hotel_id "
        "WHERE a.ended_at IS NULL AND a.kept_until > :at "
        f"AND {of_hotels('a.hotel_id')} ORDER BY a.id DESC"
    )
    params = {"at": at, "hotel_ids": these_hotels(hotel_ids)}
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
