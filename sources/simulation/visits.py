"""The visits of one day: what attendants find, put in and write down, and what is planted in it."""

from dataclasses import dataclass

import numpy as np

from sources.simulation import anomalies, custody
from sources.simulation.anomalies import Label
from sources.simulation.doorstep import write_requests, write_scans
from sources.simulation.house import House
from sources.simulation.random import ROUND, Bools, Floats, Ints, stream
from sources.simulation.records import CUSTODY_TYPES, DAY_SECONDS
from sources.simulation.rounds import Round, durations, plan_round, start_times

TENFOLD = 10
TWICE_SECONDS = 60


def begin_long_anomalies(house: House, day: int) -> None:
    """Attendants who become slow, attendants and rooms that stop recording consumption."""
    planting, at = house.planting, day * DAY_SECONDS
    able = np.flatnonzero(planting.slow_until <= day)
    for place in planting.take(anomalies.ATTENDANT_SLOWING, len(able)):
        attendant, until = int(able[place]), day + planting.lasting(anomalies.ATTENDANT_SLOWING)
        planting.slow_until[attendant] = until
        planting.labels.append(
            Label(anomalies.ATTENDANT_SLOWING, at, until * DAY_SECONDS, at, attendant=attendant,
                  magnitude=anomalies.SLOWING_FACTOR)
        )  # fmt: skip
    staying = (house.last_night(day) >= 0) & (house.last_night(day) == house.tonight(day))
    rooms = np.flatnonzero(staying & (planting.stuck_room_until <= day))
    able = np.flatnonzero(planting.stuck_attendant_until <= day)
    for place in planting.take(anomalies.STUCK_AT_ZERO, min(len(rooms), len(able))):
        until = day + planting.lasting(anomalies.STUCK_AT_ZERO)
        if planting.rng.random() < 0.5:
            planting.stuck_attendant_until[able[place]] = until
            label = Label(anomalies.STUCK_AT_ZERO, at, until * DAY_SECONDS, at, attendant=int(able[place]), magnitude=0)
        else:
            room = int(rooms[int(planting.rng.integers(len(rooms)))])
            planting.stuck_room_until[room] = until
            label = Label(anomalies.STUCK_AT_ZERO, at, until * DAY_SECONDS, at, room=room, magnitude=0)
        planting.labels.append(label)


def rob_vacant_rooms(house: House, day: int, visits: Round, stuck: Bools) -> list[tuple[int, Ints]]:
    """Units vanish from rooms that no stay overlaps since their previous visit; [(row of the round, units)].

    A stay that ended on the day of that visit does not: rooms of departing guests are visited after they left.
    """
    empty_since = house.looked_at[visits.room] // DAY_SECONDS
    vacant = np.flatnonzero(visits.vacant & ~stuck)
    nights = [house.grid[empty_since[row] + 1 : day + 2, visits.room[row]] for row in vacant]
    candidates = [int(row) for row, stays in zip(vacant, nights, strict=True) if (stays < 0).all()]
    robbed = []
    for place in house.planting.take(anomalies.VACANT_THEFT, len(candidates)):
        row = candidates[place]
        content = house.layout.par[visits.room[row]] - house.missing[visits.room[row]]
        held = np.flatnonzero(content)
        gone = house.planting.rng.choice(held, min(int(house.planting.rng.integers(2, 5)), len(held)), replace=False)
        units = np.zeros_like(content)
        units[gone] = np.minimum(house.planting.rng.integers(1, 3, len(gone)), content[gone])
        house.missing[visits.room[row]] += units
        robbed.append((row, units))
    return robbed


def label_thefts(house: House, visits: Round, ended: Ints, robbed: list[tuple[int, Ints]]) -> None:
    codes = house.layout.product_codes
    for row, units in robbed:
        room, at = int(visits.room[row]), int(ended[row])
        taken = {codes[product]: int(units[product]) for product in np.flatnonzero(units)}
        available = at + int(visits.recorded_late[row])
        house.planting.labels.append(
            Label(anomalies.VACANT_THEFT, int(house.looked_at[room]), at, available, room=room,
                  magnitude=float(units.sum()), details={"units": taken})
        )  # fmt: skip


def mistype(house: House, visits: Round, ended: Ints, lines: dict[str, Ints], hidden: Bools) -> None:
    """One or two units typed as ten or twenty; nothing else of the visit changes."""
    small = np.flatnonzero((lines["consumed"] >= 1) & (lines["consumed"] <= 2) & ~hidden)
    for place in house.planting.take(anomalies.TENFOLD_ENTRY, len(small)):
        line = small[place]
        row, product = int(lines["row"][line]), int(lines["product"][line])
        true = int(lines["consumed"][line])
        lines["consumed"][line] = true * TENFOLD
        at, room = int(ended[row]), int(visits.room[row])
        house.planting.labels.append(
            Label(anomalies.TENFOLD_ENTRY, int(house.looked_at[room]), at, at + int(visits.recorded_late[row]),
                  room=room, product=product, magnitude=float(TENFOLD),
                  details={"typed": true * TENFOLD, "consumed": true})
        )  # fmt: skip


def found_lines(house: House, visits: Round) -> dict[str, Ints]:
    """What each visit finds newly missing and puts in; the state of minibars and trolleys moves on."""
    gone = house.missing[visits.room]
    row, product = np.nonzero(gone)
    units = gone[row, product]
    room, attendant = visits.room[row], visits.attendant[row]
    consumed = units - house.noted[room, product]
    put_in = custody.refills(units, attendant, product, house.trolleys)
    np.subtract.at(house.trolleys, (attendant, product), put_in)
    house.missing[room, product] -= put_in
    house.noted[visits.room] = house.missing[visits.room]
    return {"row": row, "product": product, "consumed": consumed, "refilled": put_in}


@dataclass(frozen=True)
class Written:
    """The lines of a day that are written down, with the time at which each visit ended and became known."""

    key: Ints
    ended: Ints
    available: Ints
    row: Ints  # the visit of each line
    product: Ints
    consumed: Ints
    refilled: Ints

    def units(self) -> Ints:
        """Units put in by visit."""
        return np.bincount(self.row, self.refilled, len(self.key)).astype(np.int64)


def written_lines(
    house: House, day: int, visits: Round, ended: Ints, *, lines: dict[str, Ints], hidden: Bools
) -> Written:
    shown = ~hidden & ((lines["consumed"] > 0) | (lines["refilled"] > 0))
    return Written(
        day * house.layout.room_count + visits.room, ended, ended + visits.recorded_late, lines["row"][shown],
        lines["product"][shown], lines["consumed"][shown], lines["refilled"][shown],
    )  # fmt: skip


def write_visits(house: House, day: int, visits: Round, written: Written) -> None:
    """Visits and their lines; on a day that is imported twice once more, a minute later."""
    copies = [0]
    for _ in house.planting.take(anomalies.DAY_IMPORTED_TWICE, min(len(written.key), 1)):
        copies.append(TWICE_SECONDS)
        at, details = day * DAY_SECONDS, {"visits": len(written.key), "units": int(written.consumed.sum())}
        house.planting.labels.append(
            Label(anomalies.DAY_IMPORTED_TWICE, at, at + DAY_SECONDS, int(written.ended.min()) + TWICE_SECONDS,
                  magnitude=2.0, details=details)
        )  # fmt: skip
    for later in copies:
        key = -1 - written.key if later else written.key  # a copy has a key of its own: the complement
        house.records.add(
            "visits", key=key, room=visits.room, attendant=visits.attendant, type=(written.units() > 0).astype(int),
            at=written.ended + later, available=written.available + later,
        )  # fmt: skip
        house.records.add(
            "lines", key=key[written.row], product=written.product, consumed=written.consumed,
            refilled=written.refilled, available=written.available[written.row] + later,
        )  # fmt: skip


def write_work(house: House, day: int, visits: Round, starts: Ints, written: Written) -> None:
    """Checks, scans, requests and the custody that refills used."""
    records, room, attendant = house.records, visits.room, visits.attendant
    records.add(
        "checks", key=written.key, room=room, attendant=attendant, started=starts, ended=written.ended,
        available=written.available,
    )  # fmt: skip
    used = written.refilled > 0
    row = written.row[used]
    records.add(
        "custody", attendant=attendant[row], product=written.product[used], room=room[row],
        type=CUSTODY_TYPES.index("kullanim"), quantity=written.refilled[used], at=written.ended[row],
        available=written.available[row],
    )  # fmt: skip
    write_scans(house, day, visits, starts)
    write_requests(house, day, visits, starts, units=written.units(), ended=written.ended)


def walk_round(house: House, day: int) -> Ints:
    """One day's round, written down; returns the (P) units that were really put into minibars."""
    planting, layout = house.planting, house.layout
    begin_long_anomalies(house, day)
    rng = stream(house.seed, ROUND, day)
    whole = plan_round(layout, day, house.week(day), house.last_night(day), house.tonight(day), rng=rng)
    shut = whole.only(whole.disturbed)
    house.records.add("disturbed", room=shut.room, attendant=shut.attendant, at=day * DAY_SECONDS + shut.planned)
    visits = whole.only(~whole.disturbed)
    stuck = (planting.stuck_attendant_until[visits.attendant] > day) | (planting.stuck_room_until[visits.room] > day)
    robbed = rob_vacant_rooms(house, day, visits, stuck)
    lines = found_lines(house, visits)
    units = np.zeros(len(visits.room), dtype=np.int64)
    np.add.at(units, lines["row"], lines["refilled"])
    slowed: Floats = np.where(planting.slow_until[visits.attendant] > day, anomalies.SLOWING_FACTOR, 1.0)
    seconds = durations(visits, units, slowed)
    starts = day * DAY_SECONDS + start_times(visits, seconds)
    ended, hidden = starts + seconds, stuck[lines["row"]]
    label_thefts(house, visits, ended, robbed)
    mistype(house, visits, ended, lines, hidden)
    written = written_lines(house, day, visits, ended, lines=lines, hidden=hidden)
    write_visits(house, day, visits, written)
    write_work(house, day, visits, starts, written)
    house.looked_at[visits.room] = ended
    return np.bincount(lines["product"], lines["refilled"], layout.product_count).astype(np.int64)
