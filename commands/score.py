"""``manage.py score``: any file of series, scored like a built-in metric; needs no server and no database."""

import csv
import os
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from commands.permission import NOTHING, stands_for
from core.errors import AppError

READERS = (".parquet", ".csv", ".csv.gz")
DELIMITERS = (",", ";", "\t")


@stands_for(NOTHING)
def score(
    series: Annotated[
        Path, typer.Argument(help="CSV or Parquet: timestamp, value and, for many series, file or entity.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the same rows go, with score, expected, lower, upper.")],
) -> None:
    """Score series: the same rows in the same order with score (above 1: an alarm begins), expected, lower, upper."""
    from pipeline.detection.series.table import score_table

    _suffix(out)
    write(score_table(read(series), workers=os.cpu_count() or 1), out)


def read(path: Path) -> pd.DataFrame:
    """The file's table as it is; raises ``score_file_…`` for what is no readable table."""
    suffix = _suffix(path)
    if not path.is_file():
        raise AppError("import_file_missing", 404, params={"file": path.name})
    try:
        table = pd.read_parquet(path) if suffix == ".parquet" else _read_csv(path)
    except pd.errors.EmptyDataError as error:
        raise AppError("import_file_empty", params={"file": path.name}) from error
    except (OSError, ValueError) as error:
        raise AppError("import_file_unreadable", params={"file": path.name, "reason": str(error)[:200]}) from error
    if table.empty:
        raise AppError("import_file_empty", params={"file": path.name})
    return table


def _read_csv(path: Path) -> pd.DataFrame:
    """Comma, semicolon (then with decimal commas) or tab, whichever the first line has most of."""
    headings = pd.read_csv(path, sep="\0", nrows=0, engine="python", quoting=csv.QUOTE_NONE).columns
    delimiter = max(DELIMITERS, key=str(headings[0]).count)
    return pd.read_csv(path, sep=delimiter, decimal="," if delimiter == ";" else ".")


def write(table: pd.DataFrame, path: Path) -> None:
    """By the suffix of the path; a folder that is not there or not writable is told."""
    try:
        if _suffix(path) == ".parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, index=False)
    except OSError as error:
        raise AppError("score_not_written", params={"file": str(path), "reason": str(error)[:200]}) from error


def _suffix(path: Path) -> str:
    found = next((suffix for suffix in READERS if path.name.casefold().endswith(suffix)), None)
    if found is None:
        raise AppError("import_file_type", params={"file": path.name, "known": ", ".join(READERS)})
    return found
