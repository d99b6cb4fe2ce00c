"""What is planted: an event table that never reaches the source files, and its effects on the days."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tests.benchmarks.other_hotel.guests import Guests
from tests.benchmarks.other_hotel.shape import PRODUCTS, Floats, Hotel

# events of each type in 400 rooms × 180 days
WANTED = {
    "theft_vacant": 10, "tenfold_entry": 10, "slow_shift_room": 3, "slow_shift_floor": 3, "stuck_room": 3,
    "stuck_staff": 2, "floor_not_served": 3, "floor_not_filled": 3, "case_as_piece": 3, "short_delivery": 2,
    "slow_stock_loss": 3, "visits_twice": 2, "movements_twice": 1, "custody_loss": 3, "attendant_slow": 3,
    "negative_stock": 2,
}  # fmt: skip
USE, STOCK, REFILL, CUSTODY = "tuketim_miktar", "stok_seviye", "dolum_sure", "zimmet_kullanim"
VACANT, REVENUE, WRITTEN_OFF = "bosta_tuketim", "gelir_oda", "zimmet_fire"


@dataclass
class Event:
    """One planted event. ``must`` names the coordinates an alert has to state; other ones must agree if stated."""

    kind: str
    first: int
    last: int
    size: float
    metrics: tuple[str, ...]
    must: tuple[str, ...]
    rooms: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    staff: tuple[int, ...] = ()
    grace_days: float = 1.0
    began: pd.Timestamp | None = None  # hotel-local; midnight of ``first`` when empty
    ended: pd.Timestamp | None = None


@dataclass
class Plan:
    """Events and what they do; arrays are days × rooms or days × staff unless said otherwise."""

    events: list[Event]
    more: Floats
    silent: np.ndarray
    unserved: np.ndarray
    unfilled: np.ndarray
    silent_staff: np.ndarray
    slowness: Floats
    leak: Floats
    forced: np.ndarray  # somebody looks into the room on this day
    thefts: dict[tuple[int, int], Floats] = field(default_factory=dict)  # (day, room) → units by product
    taken: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))  # room-days with an event

    def claim(self, first: int, last: int, rooms: np.ndarray) -> bool:
        """Whether the room-days were free of events; they are not afterwards."""
        if self.taken[first : last + 1, rooms].any():
            return False
        self.taken[first : last + 1, rooms] = True
        return True


def plant(hotel: Hotel, guests: Guests) -> Plan:
    """Everything that is known before the days are lived; entries and the store are planted where they arise."""
    days, rooms, staff = hotel.shape.days, len(hotel.rooms), len(hotel.staff)
    plan = Plan(
        [], np.ones((days, rooms)), np.zeros((days, rooms), bool), np.zeros((days, rooms), bool),
        np.zeros((days, rooms), bool), np.zeros((days, staff), bool), np.ones((days, staff)),
        np.zeros((days, staff)), np.zeros((days, rooms), bool), taken=np.zeros((days, rooms), bool),
    )  # fmt: skip
    rng = hotel.shape.rng(4)
    for kind, maker in MAKERS.items():
        made = 0
        for _ in range(400):
            if made >= wanted(hotel, kind):
                break
            event = maker(hotel, guests, plan, rng)
            if event is not None:
                event.kind = kind
                plan.events.append(event)
                made += 1
    return plan


def wanted(hotel: Hotel, kind: str) -> int:
    """How many events of a kind; at least one where anything is planted."""
    density = hotel.shape.density
    return 0 if density <= 0 else max(1, round(WANTED[kind] * density))


def warm_up(days: int) -> int:
    """The first day with events: detection needs something to learn from."""
    return min(35, days // 2)


def window(hotel: Hotel, rng: np.random.Generator, low: int, high: int) -> tuple[int, int]:
    """First and last day of an event of ``low`` to ``high`` days."""
    length = int(rng.integers(low, high + 1))
    start = warm_up(hotel.shape.days)
    first = int(rng.integers(start, max(start + 1, hotel.shape.days - length - 2)))
    return first, min(first + length - 1, hotel.shape.days - 2)


def _floor_of(hotel: Hotel, rng: np.random.Generator) -> np.ndarray:
    return np.flatnonzero(hotel.floor == rng.integers(0, int(hotel.floor.max()) + 1))


def _usable(hotel: Hotel, plan: Plan, first: int, last: int, rooms: np.ndarray) -> bool:
    return not hotel.closed[first : last + 1, rooms].any() and plan.claim(first, last, rooms)


def _theft(hotel: Hotel, guests: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    day = int(rng.integers(warm_up(hotel.shape.days), hotel.shape.days - 3))
    empty = np.flatnonzero(
        (guests.of_room[day - 2 : day + 2] < 0).all(axis=0) & ~hotel.closed[day - 2 : day + 2].any(axis=0)
    )
    if empty.size == 0:
        return None
    room = rng.choice(empty, 1)
    if not plan.claim(day - 2, day + 2, room):
        return None
    units = int(rng.choice((1, 2, 3, 5), p=(0.2, 0.3, 0.3, 0.2)))
    products = rng.choice(len(PRODUCTS) - 1, int(rng.integers(max(1, units // 2), units + 1)), replace=False)
    loot = np.bincount(rng.choice(products, units), minlength=len(PRODUCTS)).astype(float)
    loot = np.minimum(loot, hotel.par[room[0]])
    plan.thefts[day, int(room[0])] = loot
    plan.forced[day - 1, room] = plan.forced[day + 1, room] = True
    stolen = tuple(np.flatnonzero(loot).tolist())
    place, what = tuple(room.tolist()), float(loot.sum())
    return Event("", day, day + 2, what, (USE, VACANT), ("room",), place, stolen, grace_days=5.0)


def _shift(hotel: Hotel, plan: Plan, rng: np.random.Generator, rooms: np.ndarray) -> Event | None:
    first, last = window(hotel, rng, 21, 42)
    if not _usable(hotel, plan, first, last, rooms):
        return None
    size = float(rng.uniform(1.5, 2.5))
    plan.more[first : last + 1, rooms] = size
    return Event("", first, last, size, (USE,), ("room_or_floor",), tuple(rooms.tolist()), grace_days=2.0)


def _shift_room(hotel: Hotel, _: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    return _shift(hotel, plan, rng, rng.choice(len(hotel.rooms), 1))


def _shift_floor(hotel: Hotel, _: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    return _shift(hotel, plan, rng, _floor_of(hotel, rng))


def _stuck_room(hotel: Hotel, guests: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    first, last = window(hotel, rng, 14, 28)
    room = rng.choice(len(hotel.rooms), 1)
    nights = int((guests.of_room[first:last, room[0]] >= 0).sum())
    if nights < 8 or not _usable(hotel, plan, first, last, room):
        return None
    plan.silent[first : last + 1, room] = True
    return Event("", first, last, float(nights), (USE, REVENUE), ("room",), tuple(room.tolist()), grace_days=2.0)


def _stuck_staff(hotel: Hotel, _: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    first, last = window(hotel, rng, 14, 21)
    person = int(rng.integers(0, len(hotel.staff)))
    if plan.silent_staff[:, person].any():
        return None
    plan.silent_staff[first : last + 1, person] = True
    rooms = np.arange(len(hotel.rooms))
    home = rooms[(rooms * len(hotel.staff)) // rooms.size == person]
    return Event(
        "",
        first,
        last,
        float(last - first),
        (USE, CUSTODY),
        ("staff_or_room",),
        tuple(home.tolist()),
        (),
        (person,),
        2.0,
    )


def _not_served(hotel: Hotel, _: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    first, last = window(hotel, rng, 3, 6)
    rooms = _floor_of(hotel, rng)
    if not _usable(hotel, plan, first, last, rooms):
        return None
    plan.unserved[first : last + 1, rooms] = True
    size = float(last - first + 1)
    return Event("", first, last, size, (USE, REFILL), ("room_or_floor",), tuple(rooms.tolist()), grace_days=3.0)


def _not_filled(hotel: Hotel, _: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    first, last = window(hotel, rng, 3, 7)
    rooms = _floor_of(hotel, rng)
    if not _usable(hotel, plan, first, last, rooms):
        return None
    plan.unfilled[first : last + 1, rooms] = True
    size = float(last - first + 1)
    return Event("", first, last, size, (USE, REFILL), ("room_or_floor",), tuple(rooms.tolist()), grace_days=2.0)


def _slow_person(hotel: Hotel, _: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    first, last = window(hotel, rng, 10, 25)
    recording = np.flatnonzero(~hotel.staff["habit"].isin(["no_checks", "evening"]).to_numpy())
    person = int(rng.choice(recording))
    if (plan.slowness[:, person] > 1).any():
        return None
    size = float(rng.uniform(1.4, 2.3))
    plan.slowness[first : last + 1, person] = size
    return Event("", first, last, size, (REFILL,), ("staff",), staff=(person,), grace_days=2.0)


def _custody_loss(hotel: Hotel, _: Guests, plan: Plan, rng: np.random.Generator) -> Event | None:
    first, last = window(hotel, rng, 12, 28)
    person = int(rng.integers(0, len(hotel.staff)))
    if plan.leak[:, person].any() or plan.silent_staff[:, person].any():
        return None
    size = float(rng.uniform(0.25, 0.7))
    plan.leak[first : last + 1, person] = size
    return Event("", first, last, size, (CUSTODY, WRITTEN_OFF), ("staff",), staff=(person,), grace_days=4.0)


MAKERS = {
    "stuck_staff": _stuck_staff,
    "slow_shift_floor": _shift_floor,
    "floor_not_served": _not_served,
    "floor_not_filled": _not_filled,
    "slow_shift_room": _shift_room,
    "stuck_room": _stuck_room,
    "theft_vacant": _theft,
    "attendant_slow": _slow_person,
    "custody_loss": _custody_loss,
}
