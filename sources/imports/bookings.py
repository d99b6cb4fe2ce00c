"""A real hotel from a file of bookings: which rooms it must have had, and a room for every stay."""

from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
import pandas as pd

from sources.imports.fields import Field, Kind

ROOMS_PER_FLOOR = 20
STAYED = "Check-Out"
BOOKINGS = Kind(
    "stays",
    (
        Field("source_row", "text", True, max_length=100),
        Field("arrival_date", "date", True),
        Field("departure_date", "date"),
        Field("adults", "integer", True, minimum=0, maximum=100),
        Field("children", "integer", minimum=0, maximum=100, default=0),
        Field("babies", "integer", minimum=0, maximum=100, default=0),
        Field("market_segment", "text"),
        Field("assigned_room_type", "text", True, max_length=64),
        Field("reservation_status", "text", True, max_length=64),
    ),
)


def stays_of(bookings: pd.DataFrame) -> pd.DataFrame:
    """The bookings that became a stay of at least one night, in order of arrival, as fields of our stays."""
    bookings = with_absent_columns(bookings)
    stayed = bookings["reservation_status"].eq(STAYED) & (bookings["departure_date"] > bookings["arrival_date"])
    rows = bookings[stayed.fillna(False)].sort_values(["arrival_date", "departure_date"], kind="stable")
    return pd.DataFrame(
        {
            "arrival_on": rows["arrival_date"],
            "departure_on": rows["departure_date"],
            "adults": rows["adults"],
            "children": rows["children"] + rows["babies"],
            "segment": rows["market_segment"],
            "room_type": rows["assigned_room_type"],
            "external_id": "booking:" + rows["source_row"].astype("str"),
        }
    )


def with_absent_columns(bookings: pd.DataFrame) -> pd.DataFrame:
    """Optional columns that the file does not have: no children, no segment, nobody known to have left."""
    absent = {
        "departure_date": pd.Series(pd.NaT, bookings.index, dtype="datetime64[us]"),
        "children": pd.Series(0, bookings.index, dtype="Int64"),
        "babies": pd.Series(0, bookings.index, dtype="Int64"),
        "market_segment": pd.Series(None, bookings.index, dtype="str"),
    }
    return bookings.assign(**{name: values for name, values in absent.items() if name not in bookings})


def peak_occupancy(stays: pd.DataFrame) -> int:
    """The most rooms taken at the same time; a departure frees its room for the same day's arrival."""
    if stays.empty:
        return 0
    change = pd.concat(
        [pd.Series(1, stays["arrival_on"]), pd.Series(-1, stays["departure_on"])]
    ).groupby(level=0).sum()  # fmt: skip
    return int(change.cumsum().max())


def rooms_of(stays: pd.DataFrame) -> pd.DataFrame:
    """Rooms (``number, floor, room_type``), as many as the busiest night took.

    Types share them in proportion to their own peaks (largest remainders, at least one each): the peaks fall on
    different nights, so their sum is more than the hotel can have had.
    """
    total = peak_occupancy(stays)
    peaks = pd.Series({kind: peak_occupancy(rows) for kind, rows in stays.groupby("room_type")}).sort_index()
    sizes = shares(peaks, total)
    types = np.repeat(sizes.index.to_numpy(), sizes.to_numpy())
    position = np.arange(total)
    floor = position // ROOMS_PER_FLOOR + 1
    numbers = (floor * 100 + position % ROOMS_PER_FLOOR + 1).astype(str)
    return pd.DataFrame({"number": numbers, "floor": floor, "room_type": types})


def shares(weights: pd.Series, total: int) -> pd.Series:
    """``total`` split in proportion to weights: whole numbers, at least one each (total ≥ number of weights)."""
    exact = weights.to_numpy(dtype=float) / float(weights.sum()) * total
    sizes = np.maximum(1, np.floor(exact)).astype(int)
    while sizes.sum() != total:
        step = 1 if sizes.sum() < total else -1
        gain = np.where((sizes > 1) | (step > 0), (exact - sizes) * step, -np.inf)
        sizes[np.argmax(gain)] += step
    return pd.Series(sizes, weights.index)


def assign_rooms(stays: pd.DataFrame, rooms: pd.DataFrame) -> pd.Series:
    """A room for each stay, in the order given: a free one of its type, else one of the type with most rooms free."""
    free: dict[str, list[str]] = {str(kind): list(rows["number"]) for kind, rows in rooms.groupby("room_type")}
    for numbers in free.values():
        heapify(numbers)
    type_of = dict(zip(rooms["number"], rooms["room_type"], strict=True))
    busy: list[tuple[pd.Timestamp, str]] = []
    chosen: list[str] = []
    for arrival, departure, kind in zip(stays["arrival_on"], stays["departure_on"], stays["room_type"], strict=True):
        while busy and busy[0][0] <= arrival:
            _, number = heappop(busy)
            heappush(free[type_of[number]], number)
        pool = free.get(kind) or max(free.values(), key=len)
        number = heappop(pool)
        heappush(busy, (departure, number))
        chosen.append(number)
    return pd.Series(chosen, stays.index, dtype="str")


def housed(stays: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """(stays with their ``room``, the hotel's rooms, what to report of them)."""
    rooms = rooms_of(stays)
    assigned = assign_rooms(stays, rooms)
    own_type = assigned.map(rooms.set_index("number")["room_type"]) == stays["room_type"]
    details = {"rooms": len(rooms), "stays": len(stays), "own_room_type_ratio": round(float(own_type.mean()), 4)}
    return stays.drop(columns="room_type").assign(room=assigned), rooms, details
