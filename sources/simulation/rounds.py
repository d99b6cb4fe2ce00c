"""The attendants' round of one day: which rooms, in which order, when, and how long each takes."""

from dataclasses import dataclass

import numpy as np

from sources.simulation.layout import Layout
from sources.simulation.parameters import (
    ATTENDANT_DAY_LOG_SD,
    ATTENDANT_SKILL_LOG,
    CHECK_MINUTES,
    DEPARTURE_WINDOW,
    DND_STAYOVER,
    DURATION_LOG_SD,
    ITEM_MINUTES,
    LATE_HOURS,
    LATE_SHARE,
    QR_SHARE,
    QR_SUCCESS,
    REFILL_EXTRA_MINUTES,
    REQUEST_SHARE,
    ROUND_SECONDS,
    ROUND_START_SECONDS,
    VACANT_ROUND_DAYS,
)
from sources.simulation.random import Bools, Floats, Ints

WALK_SECONDS = 30
LONG_DAY_SECONDS = 1_000_000  # longer than any day's work: keeps the attendants' clocks apart


@dataclass(frozen=True)
class Round:
    """The rooms of a day's round, one row each, by attendant and then by time."""

    room: Ints
    attendant: Ints
    planned: Ints  # seconds after local midnight
    disturbed: Bools  # the sign hung at the door: not observed
    vacant: Bools  # nobody slept there last night, nobody comes today
    departing: Bools
    noise: Floats  # log of the duration over its median, without skill
    recorded_late: Ints  # seconds from the visit to its record, mostly 0
    scanned: Bools
    scan_succeeded: Bools
    requested: Ints  # seconds before the visit at which a guest would have asked for it; 0: no guest asks

    def only(self, rows: Bools) -> "Round":
        return Round(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def section_attendants(layout: Layout, week: int) -> Ints:
    """(N) the attendant of each room: sections move on by one every Monday, so that people and floors do not merge."""
    return np.asarray((layout.section + week) % layout.attendant_count)


def plan_round(layout: Layout, day: int, week: int, before: Ints, tonight: Ints, *, rng: np.random.Generator) -> Round:
    """Who is visited today. ``before`` and ``tonight`` are the stays of last night and tonight by room, −1: empty.

    Rooms of guests who stay are visited at any time of the round unless the sign hangs at the door, rooms of guests
    who left after they left and before the next ones come, empty rooms once a week.
    """
    count = layout.room_count
    place, dnd, late, delay, scan, success, asks, lead = rng.random((8, count))
    noise = rng.standard_normal(count) * DURATION_LOG_SD
    day_effect = rng.standard_normal(layout.attendant_count) * ATTENDANT_DAY_LOG_SD
    departing = (before >= 0) & (before != tonight)
    empty = before < 0
    due = ~empty | ((np.arange(count) + day) % VACANT_ROUND_DAYS == 0)
    low, high = DEPARTURE_WINDOW
    place = np.where(departing, low + place * (high - low), np.where(empty, place * high, place))
    attendant = section_attendants(layout, week)
    delays = (LATE_HOURS[0] + delay * (LATE_HOURS[1] - LATE_HOURS[0])) * 3600
    whole = Round(
        room=np.arange(count),
        attendant=attendant,
        planned=(ROUND_START_SECONDS + place * ROUND_SECONDS).astype(np.int64),
        disturbed=~departing & ~empty & (dnd < DND_STAYOVER),
        vacant=empty & (tonight < 0),
        departing=departing,
        noise=noise + day_effect[attendant],
        recorded_late=np.where(late < LATE_SHARE, delays, 0).astype(np.int64),
        scanned=scan < QR_SHARE,
        scan_succeeded=success < QR_SUCCESS,
        requested=np.where(~departing & ~empty & (asks < REQUEST_SHARE), 1200 + lead * 5400, 0).astype(np.int64),
    )
    order = np.lexsort((whole.planned, attendant))
    ordered = Round(**{name: getattr(whole, name)[order] for name in whole.__dataclass_fields__})
    return ordered.only(due[order])


def durations(visits: Round, units: Ints, slowed: Floats) -> Ints:
    """Seconds of each visit: log-normal around the median of its work, by the attendant's skill and slowing factor."""
    skill = np.asarray(ATTENDANT_SKILL_LOG)[visits.attendant % len(ATTENDANT_SKILL_LOG)]
    median = CHECK_MINUTES + np.where(units > 0, REFILL_EXTRA_MINUTES + ITEM_MINUTES * units, 0.0)
    minutes = median * np.exp(visits.noise + skill) * slowed
    return np.asarray(np.maximum(np.round(minutes * 60), 10), dtype=np.int64)


def start_times(visits: Round, seconds: Ints) -> Ints:
    """When each visit begins: as planned, or when the attendant has finished the one before and walked over."""
    if not len(seconds):
        return seconds
    busy = np.cumsum(seconds + WALK_SECONDS)
    before = busy - (seconds + WALK_SECONDS)
    base = visits.attendant * LONG_DAY_SECONDS
    free_at = np.maximum.accumulate(visits.planned + base - before)
    return np.asarray(before + free_at - base, dtype=np.int64)
