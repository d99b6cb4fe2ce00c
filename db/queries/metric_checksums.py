"""Checksums of metric rows (SPEC A7.5): written with the row, compared by the verification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

CHUNK_ROWS = 20_000
# The fields in the order of the database's function ``metric_checksum``; ``id`` says nothing that was measured.
FIELDS = (
    "hotel_id", "metric_type", "entity_type", "entity_id", "interval_start", "timestamp", "metric_value", "exposure",
    "extra_data", "collected_at",
)  # fmt: skip


def checksum_of(alias: str, **other: str) -> str:
    """The SQL expression of a row's checksum; ``other``: fields that stand elsewhere than in ``alias``."""
    return f"metric_checksum({', '.join(other.get(name, f'{alias}.{name}') for name in FIELDS)})"


@dataclass(frozen=True)
class RowKey:
    """A row of a hotel, in the order of the unique index."""

    metric_type: str
    entity_id: int
    timestamp: datetime


@dataclass(frozen=True)
class ChangedRow:
    """A row that is not as it was written; ``is_sealed``: it has a checksum, but not this one."""

    metric_type: str
    entity_type: str
    entity_id: int
    timestamp: datetime
    metric_value: float
    is_sealed: bool


@dataclass(frozen=True)
class VerifiedRows:
    """How many rows were compared, which of them are wrong, and the last one; None: there are no more."""

    rows: int
    changed: tuple[ChangedRow, ...]
    last: RowKey | None


VERIFY = f"""
WITH chunk AS MATERIALIZED (
    SELECT {", ".join(FIELDS)}, checksum FROM ml_metrics
     WHERE hotel_id = :hotel_id {{follows}} ORDER BY metric_type, entity_id, timestamp LIMIT :limit
), compared AS (
    SELECT metric_type, entity_type, entity_id, timestamp, metric_value, checksum IS NOT NULL AS is_sealed,
           checksum IS DISTINCT FROM {checksum_of("chunk")} AS is_changed,
           row_number() OVER (ORDER BY metric_type, entity_id, timestamp) AS number
      FROM chunk
)
SELECT * FROM compared WHERE is_changed OR number = (SELECT count(*) FROM chunk) ORDER BY number
"""
FOLLOWS = "AND (metric_type, entity_id, timestamp) > (:metric_type, :entity_id, :timestamp)"


def verify_rows(connection: Connection, hotel_id: int, after: RowKey | None, limit: int = CHUNK_ROWS) -> VerifiedRows:
    """Compare the next rows of a hotel behind ``after`` with their checksums."""
    params = {"hotel_id": hotel_id, "limit": limit, **(vars(after) if after else {})}
    query = VERIFY.format(follows=FOLLOWS if after else "")
    found = connection.execute(text(query), params).all()
    if not found:
        return VerifiedRows(0, (), None)
    changed = tuple(ChangedRow(*row[:6]) for row in found if row.is_changed)
    last = found[-1]
    return VerifiedRows(last.number, changed, RowKey(last.metric_type, last.entity_id, last.timestamp))


def count(connection: Connection, hotel_id: int) -> int:
    """Rows of a hotel."""
    query = text("SELECT count(*) FROM ml_metrics WHERE hotel_id = :hotel_id")
    return int(connection.execute(query, {"hotel_id": hotel_id}).scalar_one())


def seal(connection: Connection, hotel_id: int, rows: Sequence[ChangedRow]) -> int:
    """Give the rows that have none the checksum of what they are; how many."""
    query = text(
        f"UPDATE ml_metrics m SET checksum = {checksum_of('m')} "
        "FROM unnest(CAST(:types AS text[]), CAST(:ids AS bigint[]), CAST(:times AS timestamptz[])) "
        "AS wanted(metric_type, entity_id, timestamp) WHERE m.hotel_id = :hotel_id AND m.checksum IS NULL "
        "AND m.metric_type = wanted.metric_type AND m.entity_id = wanted.entity_id AND m.timestamp = wanted.timestamp"
    )
    keys = {
        "types": [row.metric_type for row in rows], "ids": [row.entity_id for row in rows],
        "times": [row.timestamp for row in rows],
    }  # fmt: skip
    return connection.execute(query, {"hotel_id": hotel_id} | keys).rowcount
