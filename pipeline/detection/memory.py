"""What consumption detection remembers of closed days, so that an hour reads and judges only the days after them.

Everything in it follows from the rows of those days alone: judging on from a memory gives exactly what judging the
whole history gives. A row that changes within the remembered days makes it worthless; ``service`` then reads again.
"""

import io
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from pipeline.detection.ledger import Ledger
from pipeline.training.count_window import STATES, WINDOW_DAYS, CountRows, of_days

VERSION = 2  # of what is remembered; another one is not read
VISIT_DAYS = 92  # checks: gaps of a month, measured over a month, given a month of floors
GROUP_DAYS = 58  # spans of four weeks, measured over four weeks
INSTANTS = ("timestamp", "interval_start")
VISIT_COLUMNS = (
    "room_id", "floor_id", "staff_id", "entity_id", "product_id", "visit_id", *INSTANTS, "day", "state", "guests",
    "nights", "value", "thirst", "base", "means", "today", "visit_dispersion", "ready", "mixed", "repeated",
    "observations", "stay_units", "stay_means", "frailty", "expected", "lower", "upper", "dispersion",
    "deviation_ratio", "effect", "score", "found", "unfilled",
)  # fmt: skip
FLAGS = ("ready", "mixed", "repeated")


@dataclass(frozen=True)
class Memory:
    """The state at the beginning of ``day`` (days since 1970), of rows of strictly earlier days."""

    day: int
    rows: CountRows
    ledger: Ledger
    visits: pd.DataFrame
    groups: dict[str, pd.DataFrame]

    def last_units(self) -> pd.Series:
        """The newest units of every slot, by room and product."""
        index = pd.MultiIndex.from_arrays(
            [self.rows.room_ids[self.rows.room], self.rows.product_ids[self.rows.product]], names=["room", "product"]
        )
        units = pd.Series(self.rows.units.astype(np.float64), index=index)
        newest: pd.Series = units[~index.duplicated(keep="last")]
        return newest


def remembered(
    day: int, rows: CountRows, ledger: Ledger, visits: pd.DataFrame, groups: dict[str, pd.DataFrame]
) -> Memory:
    """What has to be kept to go on with ``day``."""
    since = visits["day"].between(day - VISIT_DAYS, day - 1)
    kept = visits.loc[since, [name for name in VISIT_COLUMNS if name in visits]].reset_index(drop=True)
    sums = {
        name: frame[frame["day"].between(day - GROUP_DAYS, day - 1)].reset_index(drop=True)
        for name, frame in groups.items()
    }
    return Memory(day, of_days(rows, day - WINDOW_DAYS - 1, day), ledger.until(day), kept, sums)


def with_occupancy(visits: pd.DataFrame) -> pd.DataFrame:
    """The name of the state, which is not stored beside its code."""
    return visits.assign(occupancy=np.asarray(STATES, dtype=object)[visits["state"].to_numpy(np.int64)])


def save(memory: Memory, path: Path, signature: str) -> None:
    """Write it whole or not at all. ``signature``: what a reader must ask for to get it."""
    parts: dict[str, np.ndarray] = {"about": np.asarray([VERSION, memory.day]), "signature": np.asarray(signature)}
    parts |= {f"rows.{field.name}": getattr(memory.rows, field.name) for field in fields(CountRows)}
    for name, (begin, table) in memory.ledger.closed.items():
        parts |= {f"ledger.{name}": table, f"begin.{name}": np.asarray(begin)}
    for name, frame in {"visits": memory.visits, **memory.groups}.items():
        parts |= {f"frame.{name}.{column}": _array(frame[column]) for column in frame}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(buffer.getvalue())
    fresh.replace(path)


def load(path: Path, signature: str) -> Memory | None:
    """The stored memory; None where there is none, it is damaged, or of another version or signature."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            parts = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        return None
    if "about" not in parts or int(parts["about"][0]) != VERSION or str(parts["signature"]) != signature:
        return None
    rows = CountRows(**{field.name: parts[f"rows.{field.name}"] for field in fields(CountRows)})
    closed = {
        name.removeprefix("ledger."): (int(parts["begin." + name.removeprefix("ledger.")]), table)
        for name, table in parts.items()
        if name.startswith("ledger.")
    }
    frames: dict[str, dict[str, np.ndarray]] = {}
    for name, values in parts.items():
        if name.startswith("frame."):
            _, frame, column = name.split(".")
            frames.setdefault(frame, {})[column] = values
    loaded = {name: _frame(columns) for name, columns in frames.items()}
    return Memory(int(parts["about"][1]), rows, Ledger(closed), loaded.pop("visits"), loaded)


def _array(column: pd.Series) -> np.ndarray:
    if column.name in INSTANTS:
        return np.asarray(column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64))
    if column.name in FLAGS:
        return column.to_numpy(dtype=bool)
    if pd.api.types.is_integer_dtype(column.dtype) and not column.hasnans:
        return column.to_numpy(dtype=np.int64)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _frame(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    for name in set(INSTANTS) & set(columns):
        frame[name] = pd.to_datetime(frame[name], unit="us", utc=True).astype("datetime64[us, UTC]")
    return frame
