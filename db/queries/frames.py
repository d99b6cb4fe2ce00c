"""Reads of many rows: a SELECT leaves PostgreSQL through COPY and becomes a typed DataFrame."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, cast

import pandas as pd
import pyarrow as pa
from psycopg2 import extensions
from pyarrow import csv as arrow_csv
from sqlalchemy import Connection

# PostgreSQL type oid → arrow type; every other type arrives as text.
ARROW_TYPES = {
    16: pa.bool_(),
    20: pa.int64(), 21: pa.int64(), 23: pa.int64(),
    700: pa.float32(), 701: pa.float64(), 1700: pa.float64(),
    1082: pa.date32(), 1184: pa.timestamp("us", tz="UTC"),
}  # fmt: skip
KNOWN_QUERIES = 500
_KNOWN_TYPES: dict[str, dict[str, pa.DataType]] = {}


def copy_out(connection: Connection, query: str, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The rows of ``query`` (placeholders ``%(name)s``), about ten times faster than row by row.

    Instants are UTC, dates ``datetime64``, numbers int64 or float; a column of integers that holds a NULL is float64
    with NaN (so that its type does not depend on pandas' nullable extension types).
    """
    return _as_frame(copy_table(connection, query, params))


def copy_table(connection: Connection, query: str, params: Mapping[str, Any] | None = None) -> pa.Table:
    """The same as an Arrow table, whose integers may be NULL."""
    with cast(extensions.cursor, connection.connection.cursor()) as cursor:
        statement = cursor.mogrify(query, params).decode() if params else query
        types = _types_of(cursor, query, statement)
        buffer = BytesIO()
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv)", buffer)
    if not buffer.tell():
        return pa.table({name: pa.array([], kind) for name, kind in types.items()})
    buffer.seek(0)
    return arrow_csv.read_csv(
        buffer,
        read_options=arrow_csv.ReadOptions(column_names=list(types)),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _types_of(cursor: extensions.cursor, query: str, statement: str) -> dict[str, pa.DataType]:
    """The columns of a query; asked once for each of the last few hundred, whatever its parameters."""
    known = _KNOWN_TYPES.get(query)
    if known is None:
        cursor.execute(f"SELECT * FROM ({statement}) AS described LIMIT 0")
        known = {c.name: ARROW_TYPES.get(c.type_code, pa.string()) for c in cursor.description or ()}
        while len(_KNOWN_TYPES) >= KNOWN_QUERIES:
            _KNOWN_TYPES.pop(next(iter(_KNOWN_TYPES)), None)
        _KNOWN_TYPES[query] = known
    return known


def _as_frame(table: pa.Table) -> pd.DataFrame:
    """Dates become midnights, so that arithmetic on days is vectorised."""
    return cast(pd.DataFrame, table.to_pandas(date_as_object=False))
