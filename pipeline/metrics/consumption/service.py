"""Visits, lines and stays become the intervals of every slot of a room."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from db.queries import collect_consumption, collect_stays
from db.queries.watermarks import Window
from pipeline.metrics.collection.service import BEGINNING, Activity, Collected
from pipeline.metrics.day_rows import EPOCH
from pipeline.metrics.intervals import differences, visit_intervals
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.occupancy import epoch_days, fresh_until, known_days, local_times, occupancy_of, room_days
from sources.visit_types import classify, names

# A late or moved visit is looked for this far around its time; a changed stay re-opens its room's whole history.
VISITS_COMPARED = timedelta(days=31)


def collect_looks(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Intervals that are new, or that a visit, a stay or a new slot changed; for every slot."""
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
    arrivals = collect_stays.arrivals(connection, window)
    first, last = int(epoch_days(arrivals["arrival_on"]).min()), (local_date(window.at, window.time_zone) - EPOCH).days
    if last < first:
        return None
    now = known_days(arrivals, first, last)
    earlier = arrivals.assign(stays=arrivals["stays_before"])
    before = known_days(earlier[earlier["stays"] > 0], first, last)
    changed = np.flatnonzero(now != before)
    return local_midnight(EPOCH + timedelta(days=first + int(changed[0])), window.time_zone) if len(changed) else None


def _with_occupancy(connection: Any, window: Window, intervals: pd.DataFrame, room_ids: np.ndarray) -> pd.DataFrame:
    ends = pd.concat([intervals["interval_start"], intervals["timestamp"]])
    days = epoch_days(local_times(ends, window.time_zone))
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    stays = collect_consumption.stays(connection, window, room_ids.tolist(), EPOCH + timedelta(days=first))
    arrivals = collect_stays.arrivals(connection, window)
    return occupancy_of(intervals, room_days(stays, arrivals, room_ids, first, last), window.time_zone)


def stays_fresh_until(connection: Any, hotel_id: int, at: datetime) -> date | None:
    """The last hotel-local day on which the hotel's stays are known as of ``at``; after it occupancy is "unknown".

    None for a hotel without stays; a day before that of ``at`` when their transfer has stopped (SPEC A2.6).
    """
    arrivals, today = collect_stays.arrival_days(connection, hotel_id, at)
    until = fresh_until(arrivals, (today - EPOCH).days)
    return None if until is None else EPOCH + timedelta(days=until)
