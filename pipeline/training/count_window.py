"""The memory of the count model: integer statistics of the last days, to which days are added and taken away."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.training.exact import EXPOSURE_UNIT, Floats, Ints, to_fixed

STATES = ("occupied", "vacated", "vacant", "unknown")
VACANT = STATES.index("vacant")
UNKNOWN = STATES.index("unknown")
WINDOW_DAYS = 56  # eight of each weekday
LEVEL_DAYS = 7
BUCKETS = 13  # exposures 0 … 12 and more, for the moments of equal expectation
LEARNED_UNITS = 8  # of a product at one check: an entry error must not teach what is usual
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class CountRows:
    """Consumption rows as arrays, sorted by day and visit; ``visit`` numbers the checks of a room."""

    day: Ints
    room: Ints
    product: Ints
    state: Ints
    visit: Ints
    units: Ints
    exposure: Floats
    room_ids: Ints
    product_ids: Ints

    def only(self, at: Ints) -> "CountRows":
        """Some of the rows, in order; codes and numbers stay."""
        return CountRows(
            self.day[at], self.room[at], self.product[at], self.state[at], self.visit[at], self.units[at],
            self.exposure[at], self.room_ids, self.product_ids,
        )  # fmt: skip

    @property
    def bucket(self) -> Ints:
        return np.clip(np.rint(self.exposure), 0, BUCKETS - 1).astype(np.int64)


def count_rows(frame: pd.DataFrame) -> CountRows:
    """Arrays of a prepared frame. Occupied nights are measured in guest-nights, the other states in days."""
    states = pd.Categorical(frame["occupancy"].fillna("unknown"), categories=list(STATES)).codes.astype(np.int64)
    states = np.where(states < 0, UNKNOWN, states)
    days = (frame["timestamp"] - frame["interval_start"]).dt.total_seconds().to_numpy() / 86_400
    guest_nights = frame["exposure"].to_numpy(dtype=float)
    stayed = (states < VACANT) & np.isfinite(guest_nights) & (guest_nights > 0)
    room_ids, rooms = np.unique(frame["room_id"].to_numpy(np.int64), return_inverse=True)
    product_ids, products = np.unique(frame["product_id"].to_numpy(np.int64), return_inverse=True)
    visit = np.asarray(frame.groupby(["timestamp", "room_id"], sort=True).ngroup(), dtype=np.int64)
    units: Ints = np.rint(frame["metric_value"].to_numpy(dtype=float)).astype(np.int64)
    return CountRows(
        frame["day"].to_numpy(np.int64), rooms.astype(np.int64), products.astype(np.int64), states, visit,
        units, np.where(stayed, guest_nights, np.clip(days, 0.25, 60.0)), room_ids.astype(np.int64),
        product_ids.astype(np.int64),
    )  # fmt: skip


def joined(before: CountRows, rows: CountRows) -> CountRows:
    """``before`` (earlier days) and ``rows`` with codes of one set of rooms and products, checks numbered on."""
    rooms, products = (
        np.unique(np.concatenate([getattr(part, name) for part in (before, rows)]))
        for name in ("room_ids", "product_ids")
    )
    room, product = (
        np.concatenate(
            [np.searchsorted(ids, getattr(part, f"{name}_ids")[getattr(part, name)]) for part in (before, rows)]
        )
        for name, ids in (("room", rooms), ("product", products))
    )
    checks = int(before.visit.max(initial=-1)) + 1
    rest = {
        name: np.concatenate([getattr(before, name), getattr(rows, name)])
        for name in ("day", "state", "units", "exposure")
    }
    visit = np.concatenate([before.visit, rows.visit + checks])
    return CountRows(room=room, product=product, visit=visit, room_ids=rooms, product_ids=products, **rest)


def of_days(rows: CountRows, first: int, end: int) -> CountRows:
    """The rows of the days in [first, end); codes stay, checks are numbered from 0."""
    part = slice(*np.searchsorted(rows.day, [first, end]).tolist())
    visit = rows.visit[part]
    return CountRows(
        rows.day[part], rows.room[part], rows.product[part], rows.state[part], visit - visit.min(initial=0),
        rows.units[part], rows.exposure[part], rows.room_ids, rows.product_ids,
    )  # fmt: skip


def _accumulate(shape: tuple[int, ...], index: tuple[Ints, ...], weights: Ints) -> Ints:
    """Integer bincount over several indexes (float64 weights are exact below 2^53)."""
    flat = np.ravel_multi_index(index, shape)
    return np.bincount(flat, weights=weights, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)


def _zeros(*shape: int) -> Ints:
    return np.zeros(shape, dtype=np.int64)


@dataclass
class CountWindow:
    """Sums over the days in the window; every field is an integer array, so adding and taking away is exact."""

    rooms: int
    products: int
    cells: Ints = field(init=False)  # product × state × exposure bucket × (rows, units, units²)
    exposure: Ints = field(init=False)  # product × state
    room_exposure: Ints = field(init=False)  # room × product × state
    room_units: Ints = field(init=False)  # room, outside vacant intervals
    room_visits: Ints = field(init=False)
    weekday_exposure: Ints = field(init=False)  # weekday × product × state
    weekday_units: Ints = field(init=False)
    visits: Ints = field(init=False)  # state × exposure bucket × (visits, units, units²)
    recent: list[tuple[int, Ints, Ints]] = field(default_factory=list)  # last days: day, exposure, units
    days: int = 0

    def __post_init__(self) -> None:
        states = len(STATES)
        self.cells = _zeros(self.products, states, BUCKETS, 3)
        self.exposure = _zeros(self.products, states)
        self.room_exposure = _zeros(self.rooms, self.products, states)
        self.room_units, self.room_visits = _zeros(self.rooms), _zeros(self.rooms)
        self.weekday_exposure, self.weekday_units = _zeros(7, self.products, states), _zeros(7)
        self.visits = _zeros(states, BUCKETS, 3)

    def move(self, rows: CountRows, part: slice, sign: int) -> None:
        """Add (+1) or take away (−1) one whole day of rows."""
        day = int(rows.day[part][0])
        product, state, room = rows.product[part], rows.state[part], rows.room[part]
        units = np.minimum(rows.units[part], LEARNED_UNITS)
        bucket, exposure = rows.bucket[part], to_fixed(rows.exposure[part], EXPOSURE_UNIT)
        states, ones = len(STATES), np.ones_like(units)
        shape = (self.products, states, BUCKETS)
        for position, weight in enumerate((ones, units, units * units)):
            self.cells[..., position] += sign * _accumulate(shape, (product, state, bucket), weight)
        added = _accumulate(shape[:2], (product, state), exposure)
        self.exposure += sign * added
        self.room_exposure += sign * _accumulate((self.rooms, *shape[:2]), (room, product, state), exposure)
        busy = state != VACANT
        self.room_units += sign * _accumulate((self.rooms,), (room,), units * busy)
        weekday = (day + EPOCH_WEEKDAY) % 7
        self.weekday_exposure[weekday] += sign * added
        self.weekday_units[weekday] += sign * int(units[busy].sum())
        self.days += sign
        self._move_visits(rows, part, sign)
        if sign > 0:
            self.recent.append((day, added, np.asarray([units[busy].sum()], dtype=np.int64)))

    def fill(self, rows: CountRows, end: int) -> None:
        """Add the first ``end`` rows, which are whole days, at once: the same sums as day by day."""
        days, starts = np.unique(rows.day[:end], return_index=True)
        bounds = [*starts.tolist(), end]
        recent = int(np.searchsorted(days, days.max(initial=0) - LEVEL_DAYS))
        for weekday in range(7):
            chosen = [at for at in range(recent) if (days[at] + EPOCH_WEEKDAY) % 7 == weekday]
            if chosen:
                self._fill_weekday(rows, [slice(bounds[at], bounds[at + 1]) for at in chosen])
        for at in range(recent, days.size):
            self.move(rows, slice(bounds[at], bounds[at + 1]), +1)

    def _fill_weekday(self, rows: CountRows, parts: list[slice]) -> None:
        at = np.concatenate([np.arange(part.start, part.stop) for part in parts])
        self.move(rows.only(at), slice(0, at.size), +1)
        self.days += len(parts) - 1
        self.recent.clear()

    def _move_visits(self, rows: CountRows, part: slice, sign: int) -> None:
        visit, first = np.unique(rows.visit[part], return_index=True)
        units = np.minimum(rows.units[part], LEARNED_UNITS)
        totals = np.bincount(rows.visit[part] - visit[0], weights=units)[visit - visit[0]].astype(np.int64)
        state, bucket, room = rows.state[part][first], rows.bucket[part][first], rows.room[part][first]
        for position, weight in enumerate((np.ones_like(totals), totals, totals * totals)):
            self.visits[..., position] += sign * _accumulate((len(STATES), BUCKETS), (state, bucket), weight)
        self.room_visits += sign * _accumulate((self.rooms,), (room,), np.ones_like(room))

    def recent_sums(self, day: int) -> tuple[Ints, int]:
        """Exposure and units of the last ``LEVEL_DAYS`` days before ``day``."""
        self.recent = [entry for entry in self.recent if entry[0] >= day - LEVEL_DAYS]
        exposure = np.zeros_like(self.exposure)
        for _, added, _ in self.recent:
            exposure += added
        return exposure, int(sum(int(units[0]) for _, _, units in self.recent))
