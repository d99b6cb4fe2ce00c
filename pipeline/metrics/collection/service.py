"""Reads which time of a hotel was observed, and writes the rows that a collector computed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.clock import local_date, local_midnight
from db.queries import collect_activity, metric_writes
from db.queries.metric_writes import Written
from db.queries.watermarks import Window
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.silence import SILENCE_HOURS, Ints, closing_hours, first_reopened, observed

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SILENCE = timedelta(hours=SILENCE_HOURS)


@dataclass(frozen=True)
class Collected:
    """Source rows read, metric rows written and deleted."""

    rows_in: int = 0
    written: Written = field(default_factory=Written)


@dataclass(frozen=True)
class Observed:
    """The hours with records of a hotel, sorted."""

    active: Ints

    def rows(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows whose interval ends within ``SILENCE_HOURS`` of a record."""
        kept: npt.NDArray[np.bool_] = observed(closing_hours(rows["timestamp"]), self.active)
        return rows[kept].reset_index(drop=True)


def replace(connection: Any, window: Window, metric: MetricType, rows: pd.DataFrame, spans: pd.DataFrame) -> Collected:
    """Make the rows of ``spans`` (entity_id, since) equal to ``rows``; on a first run all rows that are stored, so that
    a comparison of everything also takes out those whose records are all gone."""
    if window.is_first:
        spans = whole_history(metric_writes.stored_entities(connection, window))
    return Collected(len(rows), metric_writes.replace_metrics(connection, window, metric.entity_type, rows, spans))


def whole_history(entities: list[int]) -> pd.DataFrame:
    return spans_since(entities, BEGINNING)


def spans_since(entities: list[int], since: datetime) -> pd.DataFrame:
    return pd.DataFrame({"entity_id": pd.Series(entities, dtype="int64"), "since": since})


def closed_until(at: datetime, time_zone: str) -> datetime:
    """The end of the last hotel-local day that is closed at ``at``."""
    return local_midnight(local_date(at, time_zone), time_zone)


@dataclass
class Activity:
    """The hours with records of a hotel as one run of collection sees them: read once for all metric types.

    What is recorded while the run is on is seen by the next run, which looks again at all that was recorded in the
    quarter of an hour before (``watermarks.OVERLAP``).
    """

    first: datetime | None = None  # the hours after it are known
    hours: pd.DataFrame = field(default_factory=pd.DataFrame)
    late: dict[datetime, tuple[datetime, datetime | None]] = field(default_factory=dict)

    def observed_after(self, connection: Any, window: Window, first: datetime) -> Observed:
        """What was observed after ``first``, up to the window's end."""
        return Observed(self._hours(connection, window, first)["hour"].to_numpy(np.int64))

    def reopened(self, connection: Any, window: Window) -> datetime | None:
        """From when on records that came late turn silence into observed time; None when they do not."""
        late = self._earliest_late(connection, window)
        if late is None or window.since_at is None or window.recorded_since is None:
            return None
        hours = self._hours(connection, window, late)
        known = (hours["recorded_at"] <= pd.Timestamp(window.recorded_since)).to_numpy(bool)
        last = int(window.since_at.timestamp() // 3600)
        hour = first_reopened(hours["hour"].to_numpy(np.int64), known, int(late.timestamp() // 3600), last)
        return None if hour is None else datetime.fromtimestamp((hour - 1) * 3600, UTC)

    def _hours(self, connection: Any, window: Window, first: datetime) -> pd.DataFrame:
        """More hours than asked for change nothing: whether one was observed is a matter of the 48 before it."""
        if self.first is None or first < self.first:
            since = max(first, BEGINNING + SILENCE) - SILENCE
            self.hours, self.first = collect_activity.active_hours(connection, window, since), first
        return self.hours

    def _earliest_late(self, connection: Any, window: Window) -> datetime | None:
        """Types that were last read at one instant share the oldest answer; it finds no less than their own would."""
        if window.since_at is None or window.recorded_since is None:
            return None
        known = self.late.get(window.since_at)
        if known is None or window.recorded_since < known[0]:
            late = collect_activity.earliest_late_record(connection, window)
            known = self.late[window.since_at] = (window.recorded_since, late)
        return known[1]
