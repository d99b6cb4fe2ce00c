"""One file of the archive: metric rows of a hotel's day with what was expected of them, as compressed Parquet."""

import struct
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as arrow_compute

VERSION = 1
INSTANT = pa.timestamp("us", tz="UTC")
KINDS: dict[str, pa.DataType] = {
    "metric_type": pa.string(), "entity_type": pa.string(), "entity_id": pa.int64(), "interval_start": INSTANT,
    "timestamp": INSTANT, "metric_value": pa.float64(), "exposure": pa.float64(), "extra_data": pa.string(),
    "collected_at": INSTANT, "checksum": pa.string(), "detector": pa.string(), "expected": pa.float64(),
    "lower": pa.float64(), "upper": pa.float64(), "score": pa.float64(), "observations": pa.int64(),
    "model_id": pa.int64(), "scored_at": INSTANT,
}  # fmt: skip
SCHEMA = pa.schema(list(KINDS.items()))
KEYS = ["metric_type", "entity_id", "timestamp"]
COMPRESSION, LEVEL = "zstd", 9
POSTGRES_EPOCH = 946_684_800_000_000  # its timestamps are microseconds since 2000-01-01
CHECKSUM_BYTES = 16


def packed(rows: pa.Table, hotel_id: int, day: date) -> bytes:
    """The file's content; the same rows give the same bytes."""
    from pyarrow import parquet

    told = {"hotel_id": str(hotel_id), "day": day.isoformat(), "version": str(VERSION)}
    buffer = BytesIO()
    parquet.write_table(
        rows.cast(SCHEMA).replace_schema_metadata(told), buffer, compression=COMPRESSION, compression_level=LEVEL
    )
    return buffer.getvalue()


def unpacked(content: bytes, columns: list[str] | None = None) -> pa.Table:
    """The rows of a file, perhaps some columns of them; raises ``ValueError`` for what is none of ours."""
    from pyarrow import parquet

    file = parquet.ParquetFile(BytesIO(content))
    told = file.schema_arrow.metadata or {}
    if file.schema_arrow.names != SCHEMA.names or int(told.get(b"version", b"0")) != VERSION:
        raise ValueError("not a file of this archive")
    return file.read(columns=columns).replace_schema_metadata(None)


def selected(
    rows: pa.Table, metric_type: str, since: datetime, until: datetime, entities: list[int] | None = None
) -> pa.Table:
    """Rows of a metric type with ``since <= timestamp < until``, of some entities or of all."""
    found = between(rows.filter(arrow_compute.equal(rows["metric_type"], metric_type)), since, until)
    if entities is None:
        return found
    return found.filter(arrow_compute.is_in(found["entity_id"], value_set=pa.array(entities, pa.int64())))


def between(rows: pa.Table, since: datetime, until: datetime) -> pa.Table:
    """Rows with ``since <= timestamp < until``."""
    is_late = arrow_compute.greater_equal(rows["timestamp"], pa.scalar(since, INSTANT))
    return rows.filter(arrow_compute.and_(is_late, arrow_compute.less(rows["timestamp"], pa.scalar(until, INSTANT))))


def behind(rows: pa.Table, after: tuple[datetime, int] | None) -> pa.Table:
    """Rows that follow (timestamp, entity_id)."""
    if after is None:
        return rows
    at = pa.scalar(after[0], INSTANT)
    is_later = arrow_compute.greater(rows["timestamp"], at)
    is_next = arrow_compute.and_(
        arrow_compute.equal(rows["timestamp"], at), arrow_compute.greater(rows["entity_id"], after[1])
    )
    return rows.filter(arrow_compute.or_(is_later, is_next))


def joined(older_first: list[pa.Table]) -> pa.Table:
    """Rows of several files by time and entity; of a row that lies in two of them the newer one's counts."""
    tables = [table for table in older_first if table.num_rows]
    if not tables:
        return SCHEMA.empty_table()
    kinds = pa.schema([SCHEMA.field(name) for name in tables[0].column_names])
    found = pa.concat_tables([table.cast(kinds) for table in tables])
    if len(tables) > 1:
        number = pa.array(range(found.num_rows), pa.int64())
        last = found.append_column("number", number).group_by(KEYS).aggregate([("number", "max")])["number_max"]
        found = found.take(last.combine_chunks())
    return found.sort_by([("timestamp", "ascending"), ("entity_id", "ascending")])


def without(rows: pa.Table, others: pa.Table) -> pa.Table:
    """Rows that are not among the others, whatever their values are."""
    return rows.join(others.select(KEYS), KEYS, join_type="left anti")


def checksums(rows: pa.Table, hotel_id: int) -> Iterator[str]:
    """What the database's ``metric_checksum`` says of each row, in hexadecimal digits."""
    instants = [
        (arrow_compute.subtract(rows[name].cast(pa.int64()), POSTGRES_EPOCH)).to_pylist()
        for name in ("interval_start", "timestamp", "collected_at")
    ]
    texts = [rows[name].to_pylist() for name in ("metric_type", "entity_type", "extra_data")]
    numbers = [rows[name].to_pylist() for name in ("entity_id", "metric_value", "exposure")]
    for begun, ended, collected, kind, entity, extra, entity_id, value, exposure in zip(
        *instants, *texts, *numbers, strict=True
    ):
        whole = b"".join((
            struct.pack(">5qd", hotel_id, entity_id, begun, ended, collected, value),
            b"\0" if exposure is None else struct.pack(">Bd", 1, exposure),
            kind.encode(), b"\0", entity.encode(), b"\0", (extra or "").encode(),
        ))  # fmt: skip
        yield sha256(whole).digest()[:CHECKSUM_BYTES].hex()


def changed(rows: pa.Table, hotel_id: int) -> list[dict[str, Any]]:
    """Rows that are not what their checksum says, or have none."""
    found = zip(rows["checksum"].to_pylist(), checksums(rows, hotel_id), strict=True)
    wrong = [number for number, (written, computed) in enumerate(found) if written != computed]
    return list(rows.take(pa.array(wrong, pa.int64())).to_pylist()) if wrong else []
