"""What the simulated hotel writes down, collected day by day as integer columns, then shaped as the source tables."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from sources.simulation.anomalies import ANOMALY_TYPES, Label
from sources.simulation.random import Ints

DAY_SECONDS = 86_400
VISIT_TYPES = ("kontrol", "yeniden_dolum", "ilk_dolum")
MOVEMENT_TYPES = ("devir", "giris", "cikis", "transfer", "fire", "sayim")
CUSTODY_TYPES = ("zimmet", "kullanim", "iade", "fire")
TABLES = {
    "visits": ("key", "room", "attendant", "type", "at", "available"),
    "lines": ("key", "product", "consumed", "refilled", "available"),
    "checks": ("key", "room", "attendant", "started", "ended", "available"),
    "scans": ("room", "attendant", "at", "succeeded", "available"),
    "disturbed": ("room", "attendant", "at", "available"),
    "requests": ("room", "attendant", "requested", "completed", "available"),
    "movements": ("product", "attendant", "type", "quantity", "at", "available"),
    "custody": ("attendant", "product", "type", "quantity", "room", "at", "available"),
}


class Records:
    """Columns of each table, a list of arrays a day at a time."""

    def __init__(self) -> None:
        self.parts: dict[str, list[list[Ints]]] = {table: [] for table in TABLES}

    def add(self, table: str, **columns: Ints | int) -> None:
        """Rows of one table; single numbers are repeated. Without ``available`` a row is known from ``at`` on."""
        columns.setdefault("available", columns.get("at", 0))
        arrays = [np.atleast_1d(np.asarray(columns[name], dtype=np.int64)) for name in TABLES[table]]
        self.parts[table].append(list(np.broadcast_arrays(*arrays)))

    def frame(self, table: str) -> pd.DataFrame:
        parts = self.parts[table]
        names = TABLES[table]
        columns = (
            [np.concatenate([part[number] for part in parts]) for number in range(len(names))]
            if parts
            else [np.zeros(0, dtype=np.int64)] * len(names)
        )
        return pd.DataFrame(dict(zip(names, columns, strict=True)))


@dataclass(frozen=True)
class LocalTime:
    """Turns seconds of local time since day 0 into UTC instants (the offset of each day is that of its noon)."""

    started_on: date
    time_zone: str

    def instants(self, seconds: Ints) -> pd.DatetimeIndex:
        days = np.asarray(seconds) // DAY_SECONDS
        first = int(days.min(initial=0))
        starts = [self.day_start(first + number) for number in range(int(days.max(initial=0)) - first + 1)]
        epochs = np.asarray(starts)[days - first] + seconds % DAY_SECONDS
        return pd.to_datetime(epochs, unit="s", utc=True).as_unit("us")

    def day_start(self, day: int) -> int:
        """Epoch seconds from which a day's seconds count: right for every hour after a change of the clocks."""
        after = local_midnight(self.started_on + timedelta(days=day + 1), self.time_zone)
        return int(after.timestamp()) - DAY_SECONDS

    def seconds(self, instant: datetime) -> int:
        """Seconds of local time since day 0 at a UTC instant."""
        day = (local_date(instant, self.time_zone) - self.started_on).days
        return day * DAY_SECONDS + int(instant.timestamp()) - self.day_start(day)


@dataclass(frozen=True)
class Activity:
    """Everything that a simulation recorded, with indices of its layout and seconds of local time since day 0."""

    tables: dict[str, pd.DataFrame]
    stays: pd.DataFrame
    labels: list[Label]
    shelf: Ints  # (P) units really in the store at the end, which no record tells
    vanished: Ints  # (P) units that left it without a record


def known_between(frame: pd.DataFrame, after: int | None, until: int) -> pd.DataFrame:
    """The rows that became known in (after, until]; everything up to ``until`` when ``after`` is None."""
    known = frame["available"].to_numpy()
    inside = known <= until
    if after is not None:
        inside &= known > after
    return frame[inside].reset_index(drop=True)


def label_frame(labels: list[Label]) -> pd.DataFrame:
    """Labels as rows with indices; ``entity_type`` follows what the anomaly was planted in."""
    rows = [
        {
            "anomaly_type": label.anomaly_type,
            "metric_type": ANOMALY_TYPES[label.anomaly_type][0],
            "entity_type": "staff" if label.attendant >= 0 else ANOMALY_TYPES[label.anomaly_type][1],
            "room": label.room, "product": label.product, "attendant": label.attendant,
            "started": label.started, "ended": label.ended, "available": label.available,
            "magnitude": label.magnitude, "details": label.details,
        }
        for label in labels
    ]  # fmt: skip
    columns = ["anomaly_type", "metric_type", "entity_type", "room", "product", "attendant", "started", "ended"]
    return pd.DataFrame(rows, columns=[*columns, "available", "magnitude", "details"])
