"""What the other hotel is: its size, rooms, products, people and the factors of its days. Pure and seeded."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

Floats = np.ndarray
ROOM_TYPES = ("STD", "SUP", "FAM", "SUI")
HABITS = ("prompt", "rounder", "prompt", "evening", "lazy", "prompt", "no_checks", "prompt", "rounder", "prompt")
# code, name, group, case, cost, price, popularity, set-up in STD/SUP/FAM/SUI
PRODUCTS = (
    ("W33", "Still water 0.33 l", "water", 24, 0.4, 3.0, 0.24, (2, 3, 3, 4)),
    ("WSP", "Sparkling water", "water", 24, 0.5, 3.2, 0.07, (1, 2, 2, 2)),
    ("COL", "Cola", "soft", 24, 0.6, 3.5, 0.15, (2, 2, 3, 3)),
    ("COZ", "Cola zero", "soft", 24, 0.6, 3.5, 0.08, (1, 2, 2, 2)),
    ("OJU", "Orange juice", "soft", 12, 0.8, 3.8, 0.06, (1, 1, 3, 2)),
    ("TEA", "Iced tea", "soft", 24, 0.7, 3.8, 0.05, (1, 1, 2, 2)),
    ("LAG", "Lager", "beer", 24, 0.9, 4.8, 0.10, (2, 2, 1, 3)),
    ("WIN", "White wine", "wine", 6, 2.1, 8.5, 0.03, (1, 1, 1, 2)),
    ("GIN", "Gin 5 cl", "wine", 6, 2.0, 7.0, 0.015, (1, 1, 1, 2)),
    ("CHO", "Chocolate bar", "snack", 12, 0.7, 3.2, 0.10, (1, 2, 3, 2)),
    ("NUT", "Peanuts", "snack", 12, 0.9, 3.9, 0.07, (1, 1, 2, 2)),
    ("BAR", "Protein bar", "snack", 12, 1.1, 4.2, 0.04, (1, 1, 1, 1)),
)
GROUPS = ("water", "soft", "beer", "wine", "snack")


@dataclass(frozen=True)
class Shape:
    """Size and clock of one hotel; the seed decides everything else."""

    seed: int = 1
    rooms: int = 400
    days: int = 180
    first_on: date = date(2026, 4, 20)
    time_zone: str = "Europe/Istanbul"
    thirst: float = 1.0  # 0 makes a hotel that consumes nothing
    events: float | None = None  # how much to plant against 55 events in 400 × 180; None: by room-days

    def rng(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose])

    @property
    def density(self) -> float:
        return self.events if self.events is not None else self.rooms * self.days / 72_000


@dataclass(frozen=True)
class Hotel:
    """Rooms and people, and what kind of day each day is; arrays are by position."""

    shape: Shape
    rooms: pd.DataFrame  # number, floor, room_type
    floor: Floats  # position of the floor, by room
    kind: Floats  # position of the room type, by room
    par: Floats  # rooms × products
    staff: pd.DataFrame  # code, habit, skill
    closed: np.ndarray  # days × rooms: nobody stays, nobody looks
    occupancy: Floats  # wanted share of rooms, by day
    appetite: Floats  # factor on consumption, days × products
    conference: np.ndarray  # by day
    two_day_floors: np.ndarray  # floors whose stay-overs are looked at every second day
    benign: list[dict[str, object]] = field(default_factory=list)  # what looks odd and is not: to classify false alerts

    @property
    def days(self) -> pd.DatetimeIndex:
        return pd.date_range(self.shape.first_on, periods=self.shape.days)


def build(shape: Shape) -> Hotel:
    """The hotel of a shape."""
    rng = shape.rng(1)
    per_floor = 20 if shape.rooms >= 100 else 10
    floor = np.arange(shape.rooms) // per_floor
    number = [f"{f + 1}{i % per_floor + 1:02d}" for i, f in enumerate(floor)]
    kind = rng.choice(4, shape.rooms, p=(0.6, 0.24, 0.08, 0.08))
    rooms = pd.DataFrame({"number": number, "floor": floor + 1, "room_type": np.array(ROOM_TYPES)[kind]})
    par = np.array([product[7] for product in PRODUCTS]).T[kind]
    days = pd.date_range(shape.first_on, periods=shape.days)
    conference = _conferences(rng, days)
    two_day = rng.random(int(floor.max()) + 1) < 0.25
    hotel = Hotel(
        shape, rooms, floor, kind, par, _staff(rng, shape.rooms), _closed(rng, floor, shape.days),
        _occupancy(rng, days, conference), _appetite(rng, days, conference), conference, two_day,
    )  # fmt: skip
    for one in np.unique(floor).tolist():
        days_shut = np.flatnonzero(hotel.closed[:, floor == one].all(axis=1))
        for run in np.split(days_shut, np.flatnonzero(np.diff(days_shut) > 1) + 1) if days_shut.size else []:
            shut = {"kind": "closed floor", "day": int(run[0]), "until": int(run[-1]) + 2}
            hotel.benign.append({**shut, "rooms": np.flatnonzero(floor == one).tolist()})
    hotel.benign.extend({"kind": "conference day", "day": int(day)} for day in np.flatnonzero(conference))
    return hotel


def _staff(rng: np.random.Generator, rooms: int) -> pd.DataFrame:
    count = max(3, int(np.ceil(rooms / 34)))
    return pd.DataFrame(
        {
            "code": [f"K{i + 1:02d}" for i in range(count)],
            "habit": [HABITS[i % len(HABITS)] for i in range(count)],
            "skill": rng.normal(0.0, 0.15, count),
        }
    )


def _conferences(rng: np.random.Generator, days: pd.DatetimeIndex) -> np.ndarray:
    chosen = np.zeros(len(days), dtype=bool)
    for start in rng.choice(len(days), max(1, len(days) // 35), replace=False):
        chosen[start : start + int(rng.integers(1, 4))] = True
    return chosen


def _closed(rng: np.random.Generator, floor: Floats, days: int) -> np.ndarray:
    """A floor under works for two weeks and, in a long history, the whole hotel for six days."""
    closed = np.zeros((days, floor.size), dtype=bool)
    if days >= 50 and floor.max() > 2:
        start = int(rng.integers(25, days - 20))
        closed[start : start + 14, floor == rng.integers(0, floor.max() + 1)] = True
    if days >= 120:
        start = int(rng.integers(60, days - 40))
        closed[start : start + 6] = True
    return closed


def _occupancy(rng: np.random.Generator, days: pd.DatetimeIndex, conference: np.ndarray) -> Floats:
    season = 0.68 + 0.17 * np.sin(2 * np.pi * (days.day_of_year.to_numpy() - 100) / 365)
    weekday = np.array([-0.05, 0.0, 0.02, 0.02, 0.06, 0.08, -0.08])[days.day_of_week]
    wander = np.cumsum(rng.normal(0, 0.015, len(days)))
    wander -= np.linspace(0, wander[-1], len(days)) if len(days) else 0
    return np.clip(season + weekday + wander + 0.12 * conference, 0.15, 0.97)


def _appetite(rng: np.random.Generator, days: pd.DatetimeIndex, conference: np.ndarray) -> Floats:
    """Weekday, heat on cold drinks, shocks of a day for all, trends, a dearer product and a new one."""
    groups = np.array([GROUPS.index(product[2]) for product in PRODUCTS])
    weekday = np.array([0.95, 0.92, 0.95, 1.0, 1.12, 1.2, 0.95])[days.day_of_week]
    heat = np.maximum(np.sin(2 * np.pi * (days.day_of_year.to_numpy() - 110) / 365), 0)
    factor = np.outer(weekday * np.exp(rng.normal(0, 0.15, len(days))), np.ones(len(PRODUCTS)))
    factor *= np.exp(rng.normal(0, 0.12, (len(days), len(GROUPS))))[:, groups]
    factor[:, groups < 2] *= (1 + 0.5 * heat)[:, None]
    factor *= np.where(conference, 1.25, 1.0)[:, None]
    if len(days) >= 60:
        factor[int(len(days) * rng.uniform(0.4, 0.7)) :, int(rng.integers(2, 8))] *= 0.7  # dearer from this day on
        factor[: int(len(days) * rng.uniform(0.3, 0.5)), len(PRODUCTS) - 1] = 0.0  # introduced on this day
    return factor
