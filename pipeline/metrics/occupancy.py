"""Who was in a room between two looks into its minibar: occupancy, guests, guest-nights of every interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CHECK_OUT_HOUR = 12  # until this hour a guest who departs may still be in the room
PARTIAL_NIGHT = 0.25  # exposure of a guest whose stay overlaps the interval without a whole night in it
# Stays of a hotel are known on a day as long as the arrivals that usually come since the last one are no more than
# could stay away by chance: five expected and none seen happens once in 150. Never longer than a week.
FRESH_DAYS = 7
MISSED_ARRIVALS = 5.0
ARRIVALS_REMEMBERED = 28  # days before the last arrival from which the usual number is taken
SHORTEST_PAST = 7  # days that a shorter past counts as


@dataclass(frozen=True)
class RoomDays:
    """Guests by room (row) and hotel-local day (column, from ``first_day``, days since 1970)."""

    room_ids: Ints
    first_day: int
    present: Ints  # arrival_on ≤ day < departure_on
    arriving: Ints
    departing: Ints
    known: npt.NDArray[np.bool_]  # by day: are the hotel's stays known


def epoch_days(dates: pd.Series) -> Ints:
    """Days since 1970 of dates or of naive local times."""
    return np.asarray(dates.to_numpy(dtype="datetime64[D]").astype(np.int64))


def local_times(instants: pd.Series, time_zone: str) -> pd.Series:
    """Naive hotel-local wall-clock times."""
    local: pd.Series = instants.dt.tz_convert(time_zone).dt.tz_localize(None)
    return local


def room_days(stays: pd.DataFrame, arrivals: pd.DataFrame, room_ids: Ints, first_day: int, last_day: int) -> RoomDays:
    """Guests of every room and day from ``first_day`` to ``last_day``, both included.

    ``stays``: room_id, arrival_on, departure_on, guests, of the rooms in ``room_ids`` (sorted). ``arrivals``: the days
    (arrival_on) on which anybody arrived in the hotel, and how many (stays).
    """
    days = last_day - first_day + 1
    ours = stays[stays["room_id"].isin(room_ids)]
    room = np.searchsorted(room_ids, ours["room_id"].to_numpy(np.int64))
    guests = ours["guests"].to_numpy(np.int64)
    arrival, departure = (epoch_days(ours[name]) - first_day for name in ("arrival_on", "departure_on"))
    changes = np.zeros((len(room_ids), days + 1), dtype=np.int64)
    np.add.at(changes, (room, arrival.clip(0, days)), guests)
    np.add.at(changes, (room, departure.clip(0, days)), -guests)

    def on_day(day: Ints) -> Ints:
        counted = np.zeros((len(room_ids), days), dtype=np.int64)
        inside = (day >= 0) & (day < days)
        np.add.at(counted, (room[inside], day[inside]), guests[inside])
        return counted

    return RoomDays(
        room_ids, first_day, changes[:, :days].cumsum(axis=1), on_day(arrival), on_day(departure),
        known_days(arrivals, first_day, last_day),
    )  # fmt: skip


def known_days(arrivals: pd.DataFrame, first_day: int, last_day: int) -> npt.NDArray[np.bool_]:
    """Whether the hotel's stays are known, by day: without an arrival for longer than chance allows nobody can tell.

    ``arrivals``: arrival_on, stays (how many began). A hotel to which twelve parties come every day is not empty on a
    day without any: its stays have not been transferred yet.
    """
    arrived, fresh = _fresh_days(arrivals)
    days = np.arange(first_day, last_day + 1)
    if not len(arrived):
        return np.zeros(len(days), dtype=bool)
    newest = np.searchsorted(arrived, days, side="right") - 1
    at = newest.clip(0)
    return np.asarray((newest >= 0) & (days - arrived[at] <= fresh[at]))


def _fresh_days(arrivals: pd.DataFrame) -> tuple[Ints, Ints]:
    """The days with arrivals, sorted, and for how many days after each the stays are known without another."""
    if arrivals.empty:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    arrived, place = np.unique(epoch_days(arrivals["arrival_on"]), return_inverse=True)
    total = np.concatenate([[0], np.cumsum(np.bincount(place, arrivals["stays"].to_numpy(float)))])
    oldest = np.searchsorted(arrived, arrived - ARRIVALS_REMEMBERED, side="right")
    span = np.minimum(np.maximum(arrived - arrived[0] + 1, SHORTEST_PAST), ARRIVALS_REMEMBERED)
    a_day = (total[1:] - total[oldest]) / span
    return arrived, np.floor(MISSED_ARRIVALS / a_day).clip(0, FRESH_DAYS).astype(np.int64)


def fresh_until(arrivals: pd.DataFrame, today: int) -> int | None:
    """The last day (since 1970) on which the stays known today tell who is in the house; None without any stay.

    It lies in the past when the transfer of stays has stopped. Bookings of days to come count once they arrive.
    """
    arrived, fresh = _fresh_days(arrivals)
    seen = int(np.searchsorted(arrived, today, side="right"))
    return int(arrived[seen - 1] + fresh[seen - 1]) if seen else None


def _before(by_day: Ints) -> Ints:
    """Sums of the days before each day: column d holds the sum of columns < d."""
    return np.concatenate([np.zeros((len(by_day), 1), dtype=np.int64), by_day.cumsum(axis=1)], axis=1)


def occupancy_of(intervals: pd.DataFrame, days: RoomDays, time_zone: str) -> pd.DataFrame:
    """``intervals`` (room_id, interval_start, timestamp) with occupancy, guests, nights and exposure.

    A stay overlaps when one of its days (arrival ≤ day < departure) lies in the interval's days, or when its guests
    depart on the interval's first day and the check before it was made before the check-out hour. Exposure counts
    guests × whole nights, and ``PARTIAL_NIGHT`` for guests without a whole night. With unknown occupancy guests,
    nights and exposure are missing, not zero.
    """
    started, ended = (local_times(intervals[name], time_zone) for name in ("interval_start", "timestamp"))
    room = np.searchsorted(days.room_ids, intervals["room_id"].to_numpy(np.int64))
    first, last = epoch_days(started) - days.first_day, epoch_days(ended) - days.first_day
    nights_before, guests_before = _before((days.present > 0).astype(np.int64)), _before(days.present)
    nights = nights_before[room, last] - nights_before[room, first]
    guest_nights = guests_before[room, last] - guests_before[room, first]
    present = days.present[room, last]
    leaving = np.where(started.dt.hour.to_numpy() < CHECK_OUT_HOUR, days.departing[room, first], 0)
    newly_in = np.where(first == last, present, days.arriving[room, last])
    unknown_before = np.concatenate([[0], np.cumsum(~days.known)])
    fresh = unknown_before[last + 1] == unknown_before[first]
    stayed = (present > 0) | (nights > 0) | (leaving > 0)
    occupancy = np.select([present > 0, stayed, fresh], ["occupied", "vacated", "vacant"], default="unknown")
    in_doubt = occupancy == "unknown"
    exposure = guest_nights + PARTIAL_NIGHT * (newly_in + leaving)
    guests = np.where(present > 0, present, np.where(nights > 0, _last_guests(days, room, last), leaving))
    return intervals.assign(
        occupancy=occupancy,
        guests=pd.array(guests, dtype="Int64").copy(),
        nights=pd.array(nights, dtype="Int64").copy(),
        exposure=np.where(in_doubt, np.nan, exposure),
    ).pipe(_missing_where, in_doubt)


def _missing_where(frame: pd.DataFrame, in_doubt: npt.NDArray[np.bool_]) -> pd.DataFrame:
    frame.loc[in_doubt, ["guests", "nights"]] = pd.NA
    return frame


def _last_guests(days: RoomDays, room: Ints, last: Ints) -> Ints:
    """Guests of the room's newest occupied night before the day ``last``."""
    columns = np.arange(days.present.shape[1])
    newest = np.maximum.accumulate(np.where(days.present > 0, columns, -1), axis=1)
    at = newest[room, (last - 1).clip(0)]
    return np.asarray(np.where(at >= 0, days.present[room, at.clip(0)], 0))
