"""Files to a frame of texts: CSV (also .gz), XLSX and Parquet; every cell keeps what the file says."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from math import isinf, isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet
from python_calamine import CalamineError, load_workbook

from core.errors import AppError
from sources.imports.report import RowError

MAX_BYTES = 512 * 1024 * 1024
ENCODINGS = ("utf-8-sig", "windows-1254")
DELIMITERS = (";", ",", "\t")
THOUSAND_DIGITS = 3


@dataclass(frozen=True)
class Table:
    """Texts by column, indexed by the row of the file (headings are row 1); blank cells are missing values."""

    frame: pd.DataFrame
    errors: list[RowError] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """Read one file; raises ``import_file_…`` for what is not a readable table."""
    name = path.name.casefold()
    readers: dict[str, Callable[[Path], Table]] = {
        ".csv": _read_csv,
        ".csv.gz": _read_csv,
        ".xlsx": _read_xlsx,
        ".parquet": _read_parquet,
    }
    reader = next((reader for suffix, reader in readers.items() if name.endswith(suffix)), None)
    if reader is None:
        raise AppError("import_file_type", params={"file": path.name, "known": ", ".join(readers)})
    if not path.is_file():
        raise AppError("import_file_missing", 404, params={"file": path.name})
    if path.stat().st_size > MAX_BYTES:
        raise AppError("import_file_too_large", 413, params={"file": path.name, "megabytes": MAX_BYTES >> 20})
    table = reader(path)
    blank = table.frame.isna().all(axis=1)
    if blank.all() and not table.errors:
        raise AppError("import_file_empty", params={"file": path.name})
    return Table(table.frame.loc[~blank], table.errors)


def _unreadable(path: Path, reason: str) -> AppError:
    return AppError("import_file_unreadable", params={"file": path.name, "reason": reason[:200]})


def _read_bytes(path: Path) -> bytes:
    if not path.name.casefold().endswith(".gz"):
        return path.read_bytes()
    try:
        with gzip.open(path) as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, str(error)) from error
    if len(content) > MAX_BYTES:
        raise AppError("import_file_too_large", 413, params={"file": path.name, "megabytes": MAX_BYTES >> 20})
    return content


def _decoded(path: Path, content: bytes) -> str:
    if b"\0" in content:
        raise _unreadable(path, "NUL")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AppError("import_file_encoding", params={"file": path.name, "known": ", ".join(ENCODINGS)})


def _read_csv(path: Path) -> Table:
    text = _decoded(path, _read_bytes(path))
    first = text.lstrip().split("\n", 1)[0]
    if not first:
        raise AppError("import_file_empty", params={"file": path.name})
    delimiter = max(DELIMITERS, key=first.count)
    errors: list[RowError] = []

    def refuse(row: arrow_csv.InvalidRow) -> str:
        params = {"expected": row.expected_columns, "found": row.actual_columns}
        errors.append(RowError(row.number, "", row.text or "", "wrong_column_count", params))
        return "skip"

    try:
        table = arrow_csv.read_csv(
            BytesIO(text.lstrip().encode()),
            arrow_csv.ReadOptions(use_threads=False, block_size=64 * 1024 * 1024),
            arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refuse
            ),
            arrow_csv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=True, null_values=[""]),
        )
    except pa.ArrowInvalid as error:
        raise _unreadable(path, str(error)) from error
    refused = {error.row for error in errors}
    rows = [number for number in range(2, table.num_rows + len(refused) + 2) if number not in refused]
    return Table(_texts(table, rows), errors)


def _texts(table: pa.Table, rows: list[int]) -> pd.DataFrame:
    headings = [name.strip() for name in table.column_names]
    columns = {position: column.to_pandas() for position, column in enumerate(table.columns)}
    frame = pd.DataFrame({position: _stripped(column) for position, column in columns.items()})
    frame.columns = pd.Index(headings)
    return frame.set_axis(rows, axis=0)


def _stripped(column: pd.Series) -> pd.Series:
    texts = column.astype("str").str.strip()
    return texts.where(texts != "")


def _read_xlsx(path: Path) -> Table:
    try:
        with path.open("rb") as stream:
            cells: list[list[Any]] = load_workbook(stream).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    heading_row = next((number for number, row in enumerate(cells) if any(cell != "" for cell in row)), None)
    if heading_row is None:
        raise AppError("import_file_empty", params={"file": path.name})
    named = [(position, _cell(cell)) for position, cell in enumerate(cells[heading_row]) if _cell(cell)]
    body = cells[heading_row + 1 :]
    columns = [pd.Series([_cell(row[position]) for row in body], dtype="str") for position, _ in named]
    frame = pd.DataFrame(dict(enumerate(map(_stripped, columns))))
    frame.columns = pd.Index([heading for _, heading in named])
    return Table(frame.set_axis(range(heading_row + 2, heading_row + 2 + len(body)), axis=0))


def _cell(value: Any) -> str | None:
    """A typed cell as text that the parsers read back exactly; six decimals cannot look like thousands."""
    if value is None or value == "" or value is pd.NaT:
        return None
    if isinstance(value, float):
        return None if isnan(value) else str(value) if isinf(value) else _decimal_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()


def _decimal_text(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    plain = format(Decimal(repr(value)), "f")
    return plain if len(plain.partition(".")[2]) > THOUSAND_DIGITS else f"{value:.6f}"


def _read_parquet(path: Path) -> Table:
    try:
        table = parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, str(error)) from error
    columns = []
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            columns.append(column.cast(pa.string()))
        else:
            columns.append(pa.array([_cell(value) for value in column.to_pylist()], pa.string()))
    return Table(_texts(pa.table(columns, names=table.column_names), list(range(2, table.num_rows + 2))))
