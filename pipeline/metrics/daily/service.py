"""Collects the metric types of closed hotel-local days: only days that are new or that changed records touch."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from db.queries import collect_custody as custody_queries
from db.queries import collect_daily as queries
from db.queries import collect_revenue, collect_stays
from db.queries import collect_run_out as run_out_queries
from db.queries import collect_vacant as vacant_queries
from db.queries.watermarks import Window
from pipeline.metrics.collection.service import (
    BEGINNING,
    Activity,
    Collected,
    closed_until,
    replace,
    spans_since,
    whole_history,
)
from pipeline.metrics.custody_days import custody_days
from pipeline.metrics.day_rows import EPOCH, begin_days, day_rows, filled
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.occupancy import known_days
from pipeline.metrics.run_out_days import run_out_days
from sources.visit_types import names

COMPARED = timedelta(days=7)  # a moved record is looked for this far before its new time
STAYS_COMPARED = timedelta(days=31)


def day_number(day: date) -> int:
    return (day - EPOCH).days


def collect_custody(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Days of the attendants whose movements changed, of all when a day has closed; the type names the value.

    Of what was written off the exposure is what was in hand: carried over and issued.
    """
    until = closed_until(window.at, window.time_zone)
    again = activity.reopened(connection, window) is not None
    staff = custody_queries.touched_staff(connection, window, until, everything=again)
    if not staff and not window.is_first:
        return Collected()
    totals = custody_queries.daily_totals(connection, window, staff, until)
    last_day = day_number(local_date(until, window.time_zone)) - 1
    rows = custody_days(totals, last_day, window.time_zone)
    if metric.source.query == "written_off":
        left = rows["metric_value"] + rows["returned"] + rows["written_off"]
        rows = rows.assign(metric_value=rows["written_off"].astype(float), exposure=left.astype(float))
    seen = activity.observed_after(connection, window, BEGINNING).rows(rows)
    return replace(connection, window, metric, seen, whole_history(staff))


def _earliest(window: Window, until: datetime, changes: list[datetime | None]) -> datetime | None:
    """The local midnight from which days must be computed; None when nothing happened to any closed day."""
    if window.is_first or window.since_at is None:
        return BEGINNING
    closed = closed_until(window.since_at, window.time_zone)
    starts = [closed_until(change, window.time_zone) for change in changes if change is not None]
    if closed < until:
        starts.append(closed)
    return min(starts, default=None)


def collect_daily(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Records added up by entity and day."""
    records = queries.RECORDS[metric.source.query]
    until = closed_until(window.at, window.time_zone)
    changes: list[datetime | None] = []
    if not window.is_first:
        changed = (queries.earliest_change(connection, window, records, until), activity.reopened(connection, window))
        changes = [change - COMPARED for change in changed if change is not None]
    since = _earliest(window, until, changes)
    if since is None:
        return Collected()
    rows = queries.totals(connection, window, records, since, until)
    entities = queries.active_entities(connection, window, records)
    if records.fills:
        first, last = (day_number(local_date(instant, window.time_zone)) for instant in (since, until))
        stored = _stored_days(connection, window, entities["entity_id"].tolist())
        begins = begin_days(rows, entities, stored, first, together=records.starts_together)
        rows = filled(rows, begins, first, last - 1)
    if records.shared is not None:
        shared = queries.shared_exposure(connection, window, records, since, until)
        rows = rows.merge(shared, on="day", how="left").fillna({"exposure": 0.0})
    rows = activity.observed_after(connection, window, since).rows(day_rows(rows, window.time_zone))
    return replace(connection, window, metric, rows, spans_since(entities["entity_id"].tolist(), since))


def _stored_days(connection: Any, window: Window, entities: list[int]) -> pd.DataFrame:
    """entity_id, day: the hotel-local day of the first row stored of each entity."""
    stored = queries.first_stored(connection, window, entities)
    began = stored["began"].dt.tz_convert(window.time_zone).dt.tz_localize(None)
    return stored.assign(day=began.to_numpy(dtype="datetime64[D]").astype(np.int64))


def collect_room_days(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Revenue of the rooms with visits on closed days that are new or changed."""
    touched = collect_revenue.touched(connection, window)
    if touched.empty and not window.is_first:
        return Collected()
    rows = collect_revenue.rows(connection, window, touched, names(observes=True))
    return replace(connection, window, metric, rows, touched)


def collect_occupancy(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Occupied rooms over rooms of every closed day on which the hotel's stays were known."""
    until = closed_until(window.at, window.time_zone)
    last = local_date(until, window.time_zone) - timedelta(days=1)
    first = collect_stays.first_arrival(connection, window.hotel_id)
    if first is None:
        return replace(connection, window, metric, _no_days(), whole_history([window.hotel_id]))
    changed = None if window.is_first else collect_stays.earliest_change(connection, window)
    changes = [None if changed is None else local_midnight(changed - STAYS_COMPARED, window.time_zone)]
    since = _earliest(window, until, changes)
    if since is None:
        return Collected()
    began = max(first, local_date(since, window.time_zone))
    rows = _no_days()
    if began <= last:
        days = collect_stays.occupied_rooms(connection, window, began, last)
        known = known_days(collect_stays.arrivals(connection, window), day_number(began), day_number(last))
        rows = _occupancy_rows(window, days[known & (days["rooms"] > 0).to_numpy()])
    return replace(connection, window, metric, rows, spans_since([window.hotel_id], since))


def _occupancy_rows(window: Window, days: pd.DataFrame) -> pd.DataFrame:
    day = days["day"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    rooms = days["rooms"].to_numpy(float)
    frame = days[["occupied_rooms"]].assign(
        entity_id=window.hotel_id, day=day, metric_value=days["occupied_rooms"].to_numpy(float) / rooms, exposure=rooms
    )
    return day_rows(frame, window.time_zone)


def _no_days() -> pd.DataFrame:
    times = pd.Series([], dtype="datetime64[us, UTC]")
    numbers = {"entity_id": pd.Series([], dtype="int64"), "metric_value": pd.Series([], dtype="float64")}
    return pd.DataFrame({**numbers, "interval_start": times, "timestamp": times})


def collect_vacant(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Units gone from vacant rooms, by day, from the stored intervals of consumption."""
    until = closed_until(window.at, window.time_zone)
    changed = None if window.is_first else vacant_queries.earliest_change(connection, window, until)
    since = _earliest(window, until, [changed])
    if since is None:
        return Collected()
    days = vacant_queries.vacant_days(connection, window, since, until)
    rows = day_rows(days.assign(entity_id=window.hotel_id), window.time_zone)
    return replace(connection, window, metric, rows, spans_since([window.hotel_id], since))


def collect_run_out(connection: Any, window: Window, metric: MetricType, activity: Activity) -> Collected:
    """Days of stock left, of the products whose levels changed; of all when a day has closed."""
    until = closed_until(window.at, window.time_zone)
    closed = None if window.since_at is None else closed_until(window.since_at, window.time_zone)
    products = run_out_queries.touched_products(connection, window, until, closed)
    if not products and not window.is_first:
        return Collected()
    daily = run_out_queries.daily_stock(connection, window, products, until)
    rows = day_rows(run_out_days(daily), window.time_zone)
    return replace(connection, window, metric, rows, whole_history(products))
