"""The attendants' days: which rooms they look into, what they find, write down and put in, and when."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tests.benchmarks.other_hotel.guests import Guests, consumed
from tests.benchmarks.other_hotel.plan import Plan
from tests.benchmarks.other_hotel.shape import PRODUCTS, Floats, Hotel

MINUTE = np.timedelta64(60, "s")
MISCOUNT, LACKING, ON_REQUEST = 0.004, 0.012, 0.002


@dataclass
class Rounds:
    """``visits``: visit, room, staff, type, at (local), started, ended; ``lines``: visit, product, consumed, refilled.

    ``disturbed``: signs at the door.
    """

    visits: list[pd.DataFrame] = field(default_factory=list)
    lines: list[pd.DataFrame] = field(default_factory=list)
    disturbed: list[pd.DataFrame] = field(default_factory=list)  # rooms with a sign at the door: room, staff, at
    count: int = 0

    def add(self, visits: pd.DataFrame, consumed_units: Floats, refilled: Floats) -> None:
        at = np.argwhere((consumed_units > 0) | (refilled > 0))
        lines = {
            "visit": self.count + at[:, 0],
            "product": at[:, 1],
            "consumed": consumed_units[at[:, 0], at[:, 1]].astype(int),
            "refilled": refilled[at[:, 0], at[:, 1]].astype(int),
        }
        self.visits.append(visits.assign(visit=self.count + np.arange(len(visits))))
        self.lines.append(pd.DataFrame(lines))
        self.count += len(visits)

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return pd.concat(self.visits, ignore_index=True), pd.concat(self.lines, ignore_index=True)


@dataclass
class Bars:
    """What is in each minibar, what was there after the last look, and what a lazy attendant has not written yet."""

    content: Floats
    after: Floats
    unwritten: Floats


def live(hotel: Hotel, guests: Guests, plan: Plan) -> Rounds:
    """All days of the hotel."""
    rng, rounds = hotel.shape.rng(5), Rounds()
    bars = Bars(hotel.par.astype(float), hotel.par.astype(float), np.zeros(hotel.par.shape))
    start = hotel.days[0] + pd.Timedelta(hours=7)
    everything = np.arange(len(hotel.rooms))
    opening = _visits(everything, np.zeros(everything.size, int), "ilk_dolum", start.to_numpy() + everything * MINUTE)
    rounds.add(opening, np.zeros(hotel.par.shape), hotel.par.astype(float))
    for day in range(hotel.shape.days):
        looked, who, left = _walk(hotel, guests, plan, day, rng, rounds)
        for person in np.unique(who).tolist():
            mine = who == person
            order = np.argsort(left[mine], kind="stable")  # rooms of departing guests after the others
            _work(hotel, plan, bars, rounds, day, person, looked[mine][order], left[mine][order], rng)
        for (night, room), loot in plan.thefts.items():
            if night == day:
                bars.content[room] = np.maximum(bars.content[room] - loot, 0)
        bars.content -= consumed(guests, hotel, day, bars.content, plan.more[day], rng)
    return rounds


def _visits(rooms: np.ndarray, staff: np.ndarray | int, kind: str | np.ndarray, at: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"room": rooms, "staff": staff, "type": kind, "at": at, "started": pd.NaT, "ended": pd.NaT})


def _walk(
    hotel: Hotel, guests: Guests, plan: Plan, day: int, rng: np.random.Generator, rounds: Rounds
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rooms looked into, by whom, whether guests left: signs, two-day floors, absences, empty rooms every third day."""
    count = len(hotel.rooms)
    rooms = np.arange(count)
    before = guests.of_room[day - 1] if day else np.full(count, -1)
    now = guests.of_room[day]
    leaving, staying = (before >= 0) & (before != now), (before >= 0) & (before == now)
    skipped = hotel.two_day_floors[hotel.floor] & ((day + rooms) % 2 == 0)
    look = leaving & (rng.random(count) < 0.97)
    sign = staying & ~skipped & (rng.random(count) < 0.1)
    look |= staying & ~skipped & ~sign & (rng.random(count) < 0.95)
    look |= (before < 0) & (((day + rooms) % 3 == 0) | ((now >= 0) & (rng.random(count) < 0.5)))
    absent = rng.random(int(hotel.floor.max()) + 1) < 0.025
    for floor in np.flatnonzero(absent).tolist():
        look &= (hotel.floor != floor) | (rng.random(count) < 0.4)
        hotel.benign.append({"kind": "half-served floor", "day": day, "rooms": rooms[hotel.floor == floor].tolist()})
    look = (look | plan.forced[day]) & ~plan.unserved[day] & ~hotel.closed[day]
    if day == 0:
        look[:] = False
    who = _rota(hotel, day)
    seen = np.flatnonzero(sign & ~hotel.closed[day])
    morning = (hotel.days[day] + pd.Timedelta(hours=11)).to_numpy()
    at = morning + (rng.random(seen.size) * 200 * 60).astype("timedelta64[s]")
    rounds.disturbed.append(pd.DataFrame({"room": seen, "staff": who[seen], "at": at}))
    return np.flatnonzero(look), who[look], leaving[look]


def _rota(hotel: Hotel, day: int) -> np.ndarray:
    """Whose each room is today: people work five days of seven, the others share what is left."""
    people = len(hotel.staff)
    working = np.array([person for person in range(people) if (day + 2 * person) % 7 < 5])
    home = (np.arange(len(hotel.rooms)) * people) // len(hotel.rooms)
    order = np.arange(len(hotel.rooms)) // 10 + day // 7
    substitute = working[order % working.size]
    return np.asarray(np.where(np.isin(home, working), home, substitute))


def _work(
    hotel: Hotel, plan: Plan, bars: Bars, rounds: Rounds, day: int, person: int, rooms: np.ndarray,
    left: np.ndarray,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """One person's day: find, fill, write."""
    habit = hotel.staff["habit"].iloc[person]
    found = np.maximum(bars.after[rooms] - bars.content[rooms], 0)
    lacking = rng.random(hotel.par.shape[1]) < LACKING
    fill = np.where(lacking, 0, np.maximum(hotel.par[rooms] - bars.content[rooms], 0))
    unfilled = plan.unfilled[day, rooms]
    fill[unfilled] = 0
    written = found + bars.unwritten[rooms]
    bars.unwritten[rooms] = 0
    if habit == "lazy":
        late = (rng.random(rooms.size) < 0.12) & (written.sum(axis=1) > 0) & ~left
        bars.unwritten[rooms[late]] = written[late]
        written[late] = 0
    bars.content[rooms] += fill
    bars.after[rooms] = bars.content[rooms]
    wrong = (rng.random(written.shape) < MISCOUNT) & (written > 0)
    written = np.maximum(written + wrong * rng.choice((-1, 1), written.shape), 0)
    silent = plan.silent[day, rooms] | plan.silent_staff[day, person]
    written[silent] = 0
    shown_fill = np.where(silent[:, None], 0, fill)
    visits = _timed(hotel, plan, day, person, rooms, fill, rng)
    visits["type"] = np.where(shown_fill.sum(axis=1) > 0, "yeniden_dolum", "kontrol")
    rounds.add(visits, written, shown_fill)
    _requests(hotel, bars, rounds, day, person, rooms, rng)


def _timed(
    hotel: Hotel, plan: Plan, day: int, person: int, rooms: np.ndarray, fill: Floats, rng: np.random.Generator
) -> pd.DataFrame:
    """Times of the visits and of the checks as the person's habit records them."""
    habit, skill = hotel.staff["habit"].iloc[person], float(hotel.staff["skill"].iloc[person])
    units = fill.sum(axis=1)
    pace = np.exp(skill + rng.normal(0, 0.14) + rng.normal(0, 0.37, rooms.size)) * plan.slowness[day, person]
    minutes = (1.2 + 0.5 * units + 0.6 * (units > 0)) * pace
    walk = 1.0 + rng.exponential(1.5, rooms.size) + 25 * (rng.random(rooms.size) < 0.02)
    ended = rng.normal(0, 12) + np.cumsum(minutes + walk)
    started = ended - minutes
    if habit == "evening":
        ended = 420 + np.cumsum(0.3 + 0.3 * rng.random(rooms.size))
        started = ended - 0.25
    elif habit == "rounder":
        ended, started = np.round(ended / 5) * 5, np.round(started / 5) * 5
    base = (hotel.days[day] + pd.Timedelta(hours=9)).to_numpy()
    clock = [base + np.round(value * 60).astype("timedelta64[s]") for value in (started, ended)]
    visits = _visits(rooms, person, "kontrol", clock[1])
    if habit != "no_checks":
        visits["started"], visits["ended"] = clock
    return visits


def _requests(
    hotel: Hotel, bars: Bars, rounds: Rounds, day: int, person: int, rooms: np.ndarray, rng: np.random.Generator
) -> None:
    """A guest asks for more: units put in without a look."""
    asked = rooms[rng.random(rooms.size) < ON_REQUEST]
    if asked.size == 0:
        return
    extra = np.zeros((asked.size, len(PRODUCTS)))
    extra[np.arange(asked.size), rng.integers(0, 5, asked.size)] = 2
    bars.content[asked] += extra
    bars.after[asked] += extra
    at = (hotel.days[day] + pd.Timedelta(hours=19)).to_numpy() + asked * MINUTE // 10
    rounds.add(_visits(asked, person, "ek_dolum", at), np.zeros(extra.shape), extra)
