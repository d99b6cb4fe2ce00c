"""Collection: sources become metric rows, incrementally (SPEC A7.1, A7.2, P1)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import (
    collect_consumption,
    collect_custody,
    collect_refills,
    collect_stock,
    metric_writes,
    versions,
    watermarks,
)
from db.queries.metric_writes import Written
from db.queries.watermarks import Window
from db.session import Database
from pipeline.metrics.custody_days import EPOCH, custody_days
from pipeline.metrics.hourly import carried_levels, hourly_levels
from pipeline.metrics.intervals import differences, visit_intervals
from pipeline.metrics.occupancy import epoch_days, known_days, local_times, occupancy_of, room_days
from pipeline.metrics.registry import METRIC_TYPES
from sources import ledger
from sources.visit_types import classify, names

STAGE = "collect"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# A late or moved visit is looked for this far around its time; a changed stay re-opens its room's whole history.
SILENCE = timedelta(days=7)
VISITS_COMPARED = timedelta(days=31)


@dataclass(frozen=True)
class Collected:
    """Source rows read, metric rows written and deleted."""

    rows_in: int = 0
    written: Written = field(default_factory=Written)


@dataclass(frozen=True)
class MetricsService:
    """Collects the metric types of the registry from the hotel's records."""

    database: Database

    def collect(
        self,
        scope: Scope,
        hotel_id: int,
        at: datetime,
        progress: Progress = silent,
        metric_types: tuple[str, ...] | None = None,
    ) -> StageReport:
        """Bring ``ml_metrics`` up to ``at``; nothing after it is read. Each metric type is one transaction.

        Late and corrected rows re-open exactly the intervals they touch. Running it twice writes nothing new.
        """
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        wanted = metric_types or tuple(METRIC_TYPES)
        report = StageReport()
        for position, name in enumerate(wanted):
            progress(position / len(wanted), METRIC_TYPES[name].name_key)
            report += self._collect_one(hotel_id, name, at)
        progress(1.0, "stage.done")
        return report

    def compare_everything(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """Collect as if for the first time: the whole history is compared and only the differences are written."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.transaction() as connection:
            watermarks.reset(connection, hotel_id, STAGE)
        return self.collect(scope, hotel_id, at, progress)

    def _collect_one(self, hotel_id: int, name: str, at: datetime) -> StageReport:
        with self.database.transaction() as connection:
            window = watermarks.open_window(connection, hotel_id, STAGE, name, at)
            collected = COLLECTORS[name](connection, window)
            watermarks.close_window(connection, window)
            if collected.written.rows:
                versions.bump(connection, hotel_id, "metrics")
        details = {
            "read": collected.rows_in,
            "written": collected.written.changed,
            "deleted": collected.written.deleted,
        }
        return StageReport(collected.rows_in, collected.written.rows, {name: details})


def _replace(connection: Any, window: Window, rows: pd.DataFrame, spans: pd.DataFrame, rows_in: int) -> Collected:
    entity_type = METRIC_TYPES[window.metric_type].entity_type
    return Collected(rows_in, metric_writes.replace_metrics(connection, window, entity_type, rows, spans))


def _whole_history(entities: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"entity_id": pd.Series(entities, dtype="int64"), "since": BEGINNING})


def _observed_until(connection: Any, window: Window) -> datetime:
    """How far silence means that nothing happened. A hotel that records nothing at all for longer is not observed:
    its files have not come yet, or it is closed (DETECTION 3)."""
    newest = collect_stock.last_activity_at(connection, window)
    return window.at if newest is None else min(window.at, newest + SILENCE)


def collect_stock_levels(connection: Any, window: Window) -> Collected:
    """stok_seviye: products that moved are computed from their whole ledger, the others carry their level on."""
    products = collect_stock.touched_products(connection, window)
    moved = collect_stock.movements(connection, window, products)
    until = _observed_until(connection, window)
    carried = carried_levels(collect_stock.newest_levels(connection, window, products), until)
    rows = pd.concat([hourly_levels(ledger.levels(moved), until), carried], ignore_index=True)
    return _replace(connection, window, rows, _whole_history(products), len(moved))


def collect_custody_use(connection: Any, window: Window) -> Collected:
    """zimmet_kullanim: closed local days of the attendants whose movements changed, of all when a day has closed."""
    today = local_date(window.at, window.time_zone)
    until = local_midnight(today, window.time_zone)
    staff = collect_custody.touched_staff(connection, window, until)
    totals = collect_custody.daily_totals(connection, window, staff, until)
    seen = local_date(_observed_until(connection, window), window.time_zone)
    rows = custody_days(totals, (seen - EPOCH).days - 1, window.time_zone)
    return _replace(connection, window, rows, _whole_history(staff), len(totals))


def collect_refill_minutes(connection: Any, window: Window) -> Collected:
    """dolum_sure: the refills of the attendants whose checks changed, some days back."""
    touched = collect_refills.touched_staff(connection, window)
    if touched.empty:
        return Collected()
    rows = collect_refills.refills(connection, window, touched)
    return _replace(connection, window, rows, touched, len(rows))


def collect_consumed_units(connection: Any, window: Window) -> Collected:
    """tuketim_miktar: intervals that are new, or that a visit, a stay or a new slot changed; for every slot."""
    rooms = _rooms_to_read(connection, window, collect_consumption.ensure_slots(connection, window))
    if rooms.empty:
        return Collected()
    bounds = sorted({*names(observes=True), *names(initial=True)})
    visits = collect_consumption.visits(connection, window, rooms, bounds)
    kinds = {name: classify(name) for name in visits["visit_type"].unique()}
    visits["observes"] = visits["visit_type"].map({name: kind.observes for name, kind in kinds.items()}).astype(bool)
    visits["initial"] = visits["visit_type"].map({name: kind.initial for name, kind in kinds.items()}).astype(bool)
    intervals, members = visit_intervals(visits)
    intervals = _with_occupancy(connection, window, intervals, np.sort(rooms["room_id"].to_numpy(np.int64)))
    stored = collect_consumption.stored_intervals(connection, window, rooms)
    changed, gone = differences(intervals, stored, rooms)
    inside = members.merge(changed[["room_id", "timestamp"]], on=["room_id", "timestamp"])
    return Collected(len(visits), collect_consumption.write_intervals(connection, window, changed, inside, gone))


def _rooms_to_read(connection: Any, window: Window, with_new_slots: list[int]) -> pd.DataFrame:
    """room_id, since, visited_at: rooms to compare from ``since`` on; lines may differ since ``visited_at``."""
    if window.is_first:
        return _rooms(collect_consumption.all_rooms(connection, window.hotel_id), BEGINNING, BEGINNING)
    visited = collect_consumption.touched_by_visits(connection, window).rename(columns={"since": "visited_at"})
    visited["since"] = visited["visited_at"] - VISITS_COMPARED
    stayed = collect_consumption.touched_by_stays(connection, window)
    parts = [visited, _rooms(stayed, BEGINNING, None), _rooms(with_new_slots, BEGINNING, BEGINNING)]
    reopened = _reopened_by_arrivals(connection, window) if stayed else None
    if reopened is not None:
        parts.append(_rooms(collect_consumption.all_rooms(connection, window.hotel_id), reopened, None))
    together = pd.concat([part for part in parts if len(part)] or parts[:1])
    return together.groupby("room_id", as_index=False)[["since", "visited_at"]].min()


def _rooms(room_ids: list[int], since: datetime, visited_at: datetime | None) -> pd.DataFrame:
    instants = {"since": since, "visited_at": visited_at}
    columns = {name: pd.Series([at] * len(room_ids), dtype="datetime64[us, UTC]") for name, at in instants.items()}
    return pd.DataFrame({"room_id": pd.Series(room_ids, dtype="int64"), **columns})


def _reopened_by_arrivals(connection: Any, window: Window) -> datetime | None:
    """The start of the first day on which new stays turn "unknown" into "vacant", in any room."""
    arrivals = collect_consumption.arrivals(connection, window)
    first, last = int(epoch_days(arrivals["arrival_on"]).min()), (local_date(window.at, window.time_zone) - EPOCH).days
    if last < first:
        return None
    now = known_days(arrivals, first, last)
    before = known_days(arrivals[arrivals["was_known"].astype(bool)], first, last)
    changed = np.flatnonzero(now != before)
    return local_midnight(EPOCH + timedelta(days=first + int(changed[0])), window.time_zone) if len(changed) else None


def _with_occupancy(connection: Any, window: Window, intervals: pd.DataFrame, room_ids: np.ndarray) -> pd.DataFrame:
    ends = pd.concat([intervals["interval_start"], intervals["timestamp"]])
    days = epoch_days(local_times(ends, window.time_zone))
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    stays = collect_consumption.stays(connection, window, room_ids.tolist(), EPOCH + timedelta(days=first))
    arrivals = collect_consumption.arrivals(connection, window)
    return occupancy_of(intervals, room_days(stays, arrivals, room_ids, first, last), window.time_zone)


COLLECTORS: dict[str, Callable[[Any, Window], Collected]] = {
    "stok_seviye": collect_stock_levels,
    "tuketim_miktar": collect_consumed_units,
    "dolum_sure": collect_refill_minutes,
    "zimmet_kullanim": collect_custody_use,
}
