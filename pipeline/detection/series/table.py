"""A table of series: checked, split, scored, put back in the order of its rows."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Literal

import numpy as np
import pandas as pd

from core.errors import AppError
from pipeline.detection.series.engine import score_series
from pipeline.training.exact import Floats, Ints

SERIES_COLUMNS = ("file", "series", "metric", "entity")  # those that are there tell series apart
SCORE_COLUMNS = ("score", "expected", "lower", "upper")
PARALLEL_FROM_ROWS = 20_000

Part = tuple[Ints, Floats]


def score_table(table: pd.DataFrame, workers: int = 1) -> pd.DataFrame:
    """``table`` with score, expected, lower and upper; every row, its order and its columns are kept.

    ``table``: timestamp (instants or texts), value (numbers; missing: not observed), and any of ``SERIES_COLUMNS``.
    Raises ``score_…`` errors that name the column, or the first row (counted from 1) that breaks a rule.
    """
    times, values = times_of(table), values_of(table)
    groups = list(_groups(table))
    parts = [(times[rows], values[rows]) for rows in groups]
    scored = np.full((len(table), len(SCORE_COLUMNS)), np.nan)
    for rows, columns in zip(groups, _scores(parts, workers, len(table)), strict=True):
        scored[rows] = columns
    return table.assign(**dict(zip(SCORE_COLUMNS, scored.T, strict=True)))


def _scores(parts: list[Part], workers: int, rows: int) -> Iterator[Floats]:
    """Score columns of each part, in order; the same numbers with any number of processes."""
    if workers < 2 or len(parts) < 2 or rows < PARALLEL_FROM_ROWS:
        yield from map(_score, parts)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_score, parts)


def _score(part: Part) -> Floats:
    times, values = part
    scores = score_series(times.astype("datetime64[us]"), values)
    return np.stack([scores.score, scores.expected, scores.lower, scores.upper], axis=1)


def _groups(table: pd.DataFrame) -> Iterator[Ints]:
    """Positions of the rows of each series, in the table's order."""
    names = [name for name in SERIES_COLUMNS if name in table]
    if not names:
        yield np.arange(len(table))
        return
    texts = [table[name].astype("str").fillna("").reset_index(drop=True) for name in names]
    number = pd.MultiIndex.from_arrays(texts).factorize()[0]
    order = np.argsort(number, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(number[order])) + 1)


def times_of(table: pd.DataFrame) -> Ints:
    """Microseconds since 1970; instants without a zone are taken as UTC, numbers as time since 1970 (see ``_unit``)."""
    column = _column(table, "timestamp")
    if pd.api.types.is_numeric_dtype(column):
        stamps = pd.to_datetime(column, errors="coerce", utc=True, unit=_unit(column))
    else:
        stamps = pd.to_datetime(column, errors="coerce", utc=True, format=None if _is_instant(column) else "ISO8601")
    _refuse(stamps.isna().to_numpy(), column, "score_timestamp_wrong")
    return np.asarray(stamps.to_numpy(dtype="datetime64[us]").astype(np.int64))


def _unit(column: pd.Series) -> Literal["s", "ms", "us", "ns"]:
    """Seconds, milli-, micro- or nanoseconds, by the size of the largest number: each reaches beyond the year 5000."""
    largest = float(np.nanmax(np.abs(column.to_numpy(dtype=np.float64, na_value=np.nan)), initial=0.0))
    units: tuple[Literal["s", "ms", "us", "ns"], ...] = ("s", "ms", "us")
    return next((unit for unit, limit in zip(units, (1e11, 1e14, 1e17), strict=True) if largest < limit), "ns")


def values_of(table: pd.DataFrame) -> Floats:
    """Numbers; NaN where the cell is empty or infinite: not observed."""
    column = _column(table, "value")
    numbers = pd.to_numeric(
        column.astype("str") if isinstance(column.dtype, pd.CategoricalDtype) else column, errors="coerce"
    )
    values = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse(np.isnan(values) & column.notna().to_numpy(), column, "score_value_wrong")
    return np.where(np.isinf(values), np.nan, values)


def _is_instant(column: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(column))


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        raise AppError(
            "score_column_missing", params={"column": name, "found": ", ".join(map(str, table.columns))[:300]}
        )
    if list(table.columns).count(name) > 1:
        raise AppError("import_column_twice", params={"column": name})
    return table[name].reset_index(drop=True)


def _refuse(wrong: np.ndarray, column: pd.Series, code: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        params = {"row": row + 1, "value": str(column.iloc[row])[:100], "rows": int(wrong.sum())}
        raise AppError(code, params=params)
