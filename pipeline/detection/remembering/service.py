"""An hour of consumption: the memory of closed days from its file, the days after them from the database (P-4)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from core.clock import local_midnight
from db.queries import scores as score_queries
from db.queries.metrics import count_rows, read_consumption
from db.queries.watermarks import Window
from pipeline.detection.contract import Context, Detected
from pipeline.detection.counts import LOOKBACK_DAYS, continued
from pipeline.detection.decision import RANK_DAYS
from pipeline.detection.memory import Memory, load, save
from pipeline.training.count_window import WINDOW_DAYS
from pipeline.training.rows import local_days

EPOCH = date(1970, 1, 1)
LATE_DAYS = 3  # rows come so late without making the memory worthless
LAG_DAYS = LATE_DAYS + RANK_DAYS + 1  # decisions of a day look at the tests of the days before it
METRIC = "tuketim_miktar"


@dataclass(frozen=True)
class ConsumptionReader:
    """Reads and judges consumption; ``folder`` keeps one file a hotel that may be deleted at any time."""

    folder: Path

    def judged(
        self, connection: Any, window: Window, oldest: datetime | None, context: Context
    ) -> tuple[pd.DataFrame, Detected]:
        """The rows and what is to be said about those since ``oldest`` (None: the whole history, nothing is known).

        The memory is used where no row that waits, and none that the decisions look at, lies in its days, and where
        the database still has as many rows of them as were remembered.
        """
        path, signature = self.folder / f"consumption-{window.hotel_id}.npz", f"{window.hotel_id} {window.time_zone}"
        memory = load(path, signature) if oldest is not None and not window.is_first else None
        if memory is not None and not self._holds(connection, window, memory, oldest):
            memory = None
        since = BEGINNING if oldest is None else oldest - timedelta(days=LOOKBACK_DAYS + 1 + RANK_DAYS)
        if memory is not None:
            since = _midnight(memory.day, window.time_zone)
        rows = read_consumption(connection, window.hotel_id, since, window.at)
        staff = score_queries.visit_staff(connection, window.hotel_id, since, window.at)
        rows = rows.merge(staff, on="visit_id", how="left")
        detected, moved = continued(rows, context, memory, _day(window.at, window.time_zone) - LAG_DAYS)
        if moved is not None and moved is not memory:
            save(moved, path, signature)
        return rows, detected

    def _holds(self, connection: Any, window: Window, memory: Memory, oldest: datetime | None) -> bool:
        if oldest is None or _day(oldest, window.time_zone) - RANK_DAYS < memory.day:
            return False
        first, end = (_midnight(day, window.time_zone) for day in (memory.day - WINDOW_DAYS - 1, memory.day))
        return count_rows(connection, window.hotel_id, METRIC, first, end) == memory.rows.day.size


BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _day(instant: datetime, time_zone: str) -> int:
    """The hotel-local day (days since 1970) that an interval ending at ``instant`` belongs to."""
    return int(local_days(pd.Series([pd.Timestamp(instant)]), time_zone)[0])


def _midnight(day: int, time_zone: str) -> datetime:
    return local_midnight(EPOCH + timedelta(days=day), time_zone).astimezone(UTC)
