"""One file of the archive: metric rows of a hotel's day with what was expected of them, as compressed Parquet."""

import struct
from collections.abc import Collection, Iterator, Sequence
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
GROUP_ROWS = 4_096  # rows come sorted by metric type, so that who reads one type reads few of the groups
POSTGRES_EPOCH = 946_684_800_000_000  # its timestamps are microseconds since 2000-01-01
CHECKSUM_BYTES = 16


def packed(rows: pa.Table, hotel_id: int, day: date) -> bytes:
    """The file's content; the same rows give the same bytes."""
    from pyarrow import parquet

    told = {"hotel_id": str(hotel_id), "day": day.isoformat(), "version": str(VERSION)}
    buffer = BytesIO()
    parquet.write_table(
        rows.cast(SCHEMA).replace_schema_metadata(told), buffer, compression=COMPRESSION, compression_level=LEVEL,
        row_group_size=GROUP_ROWS,
    )  # fmt: skip
    return buffer.getvalue()


def unpacked(content: bytes, columns: Sequence[str] | None = None, metric_type: str | None = None) -> pa.Table:
    """The rows of a file, or some columns of them; of a metric type: without groups of rows that hold none of it.

    Raises ``ValueError`` for what is none of ours.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(pa.BufferReader(content)) as source:
        told = source.schema_arrow.metadata or {}
        if source.schema_arrow.names != SCHEMA.names or int(told.get(b"version", b"0")) != VERSION:
            raise ValueError("not a file of this archive")
        groups = [number for number in range(source.num_row_groups) if _holds(source.metadata, number, metric_type)]
        table = source.read_row_groups(groups, columns=None if columns is None else list(columns), use_threads=False)
    return table.replace_schema_metadata(None)


def _holds(metadata: Any, group: int, metric_type: str | None) -> bool:
    told = metadata.row_group(group).column(SCHEMA.names.index("metric_type")).statistics
    if metric_type is None or told is None or not told.has_min_max:
        return True
    return bool(told.min <= metric_type <= told.max)


def selected(
    rows: pa.Table, metric_type: str, since: datetime, until: datetime, entities: Collection[int] | None = None
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


def parted(rows: pa.Table, at: datetime) -> tuple[pa.Table, pa.Table]:
    """Rows before an instant, and the others."""
    is_early = arrow_compute.less(rows["timestamp"], pa.scalar(at, INSTANT))
    return rows.filter(is_early), rows.filter(arrow_compute.invert(is_early))


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


def without(rows: pa.Table, keys: pa.Table) -> pa.Table:
    """Rows of a metric type but those of ``keys``: entity_id, timestamp; in the order of time."""
    left = rows.join(keys, ["entity_id", "timestamp"], join_type="left anti", use_threads=False)
    return left.sort_by("timestamp")


def joined(older_first: list[pa.Table]) -> pa.Table:
    """Rows of several files by time and entity; of a row that lies in two of them the newer one's counts."""
    tables = [table for table in older_first if table.num_rows]
    if not tables:
        return older_first[0].slice(0, 0) if older_first else SCHEMA.empty_table()
    kinds = pa.schema([SCHEMA.field(name) for name in tables[0].column_names])
    found = pa.concat_tables([table.cast(kinds) for table in tables])
    if len(tables) > 1:
        number = pa.array(range(found.num_rows), pa.int64())
        last = found.append_column("number", number).group_by(KEYS).aggregate([("number", "max")])["number_max"]
        found = found.take(last.combine_chunks())
    return found.sort_by([("timestamp", "ascending"), ("entity_id", "ascending")])


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
