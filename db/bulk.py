"""Bulk writes: COPY into a table, and upsert through a temporary table."""

from collections.abc import Sequence
from io import BytesIO
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as arrow_compute
from psycopg2 import extensions
from pyarrow import csv as arrow_csv
from sqlalchemy import Connection

ANALYZE_FROM_ROWS = 10_000


def _as_csv(rows: pd.DataFrame | pa.Table) -> BytesIO:
    """Empty unquoted fields are NULL; every text is quoted, so an empty text stays a text."""
    buffer = BytesIO()
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)
    for position, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            wide = table.column(position).cast(pa.timestamp("us", tz="UTC"), safe=False)
            table = table.set_column(position, field.name, _instant_texts(wide.combine_chunks()))
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
    arrow_csv.write_csv(table, buffer, options)
    buffer.seek(0)
    return buffer


def _instant_texts(instants: pa.TimestampArray) -> pa.Array:
    """ISO 8601; every different instant is formatted once, and a table of a hotel has few of them."""
    encoded = instants.dictionary_encode()
    texts = arrow_compute.strftime(encoded.dictionary, format="%Y-%m-%dT%H:%M:%SZ")
    return texts.take(encoded.indices)


def _cursor(connection: Connection) -> extensions.cursor:
    return cast(extensions.cursor, connection.connection.cursor())


def quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def copy_frame(connection: Connection, table: str, rows: pd.DataFrame | pa.Table) -> int:
    """COPY a frame (or an Arrow table) whose columns are named as the table's; returns the number of rows."""
    if not len(rows):
        return 0
    columns = rows.column_names if isinstance(rows, pa.Table) else list(rows.columns)
    with _cursor(connection) as cursor:
        cursor.copy_expert(f'COPY "{table}" ({quoted(columns)}) FROM STDIN WITH (FORMAT csv)', _as_csv(rows))
        written = int(cursor.rowcount)
    refresh_statistics(connection, table, written)
    return written


def upsert_frame(
    connection: Connection, table: str, frame: pd.DataFrame, keys: Sequence[str], refresh: Sequence[str] = ()
) -> int:
    """Insert rows, or update the rows of the same key where a value differs; returns the rows written.

    ``refresh`` names columns set to ``now()`` on every row that is written. Two rows of one key in ``frame`` are an
    error of the caller (PostgreSQL refuses to update a row twice in one statement).
    """
    if frame.empty:
        return 0
    columns = list(frame.columns)
    values = [column for column in columns if column not in keys]
    staging = f"staging_{table}"
    changes = ", ".join([f'"{c}" = EXCLUDED."{c}"' for c in values] + [f'"{c}" = now()' for c in refresh])
    differs = f"({quoted_of(table, values)}) IS DISTINCT FROM ({quoted_of('excluded', values)})"
    action = f"DO UPDATE SET {changes} WHERE {differs}" if values else "DO NOTHING"
    with _cursor(connection) as cursor:
        cursor.execute(
            f'CREATE TEMP TABLE "{staging}" ON COMMIT DROP AS SELECT {quoted(columns)} FROM "{table}" WITH NO DATA'
        )
        cursor.copy_expert(f'COPY "{staging}" ({quoted(columns)}) FROM STDIN WITH (FORMAT csv)', _as_csv(frame))
        cursor.execute(
            f'INSERT INTO "{table}" ({quoted(columns)}) SELECT {quoted(columns)} FROM "{staging}" '
            f"ON CONFLICT ({quoted(list(keys))}) {action}"
        )
        written = int(cursor.rowcount)
        cursor.execute(f'DROP TABLE "{staging}"')
    refresh_statistics(connection, table, written)
    return written


def refresh_statistics(connection: Connection, table: str, written: int) -> None:
    """ANALYZE after a bulk write: until autovacuum comes by, the planner would take the table for empty."""
    if written >= ANALYZE_FROM_ROWS:
        with _cursor(connection) as cursor:
            cursor.execute(f'ANALYZE "{table}"')


def quoted_of(table: str, names: Sequence[str]) -> str:
    return ", ".join(f'"{table}"."{name}"' for name in names)
