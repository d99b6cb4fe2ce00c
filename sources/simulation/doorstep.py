"""At the rooms' doors: what guests ask for, what attendants scan, and what is planted in both."""

import numpy as np

from sources.simulation import anomalies
from sources.simulation.anomalies import Label
from sources.simulation.house import House
from sources.simulation.parameters import REQUEST_LEAD_SECONDS, SMALL_REQUEST_SHARE
from sources.simulation.random import REQUESTS, SCANS, Ints, stream
from sources.simulation.records import DAY_SECONDS
from sources.simulation.rounds import Round

REQUEST_UNITS = 3  # so many units are missing before most guests ask


def begin_slow_answers(house: House, day: int) -> None:
    """Floors whose guests wait longer, from today on."""
    planting, at = house.planting, day * DAY_SECONDS
    able = np.flatnonzero(planting.slow_answers_until <= day)
    for place in planting.take(anomalies.SLOW_ANSWERS, len(able)):
        floor, until = int(able[place]), day + planting.lasting(anomalies.SLOW_ANSWERS)
        planting.slow_answers_until[floor] = until
        planting.labels.append(
            Label(anomalies.SLOW_ANSWERS, at, until * DAY_SECONDS, at, magnitude=anomalies.ANSWER_FACTOR,
                  details={"floor_id": int(house.layout.floor_ids[floor])})
        )  # fmt: skip


def begin_scan_failures(house: House, day: int) -> None:
    """Attendants whose scans begin to fail, from today on."""
    planting, at = house.planting, day * DAY_SECONDS
    able = np.flatnonzero(planting.scans_fail_until <= day)
    for place in planting.take(anomalies.SCAN_FAILURES, len(able)):
        attendant, until = int(able[place]), day + planting.lasting(anomalies.SCAN_FAILURES)
        planting.scans_fail_until[attendant] = until
        planting.labels.append(
            Label(anomalies.SCAN_FAILURES, at, until * DAY_SECONDS, at, attendant=attendant,
                  magnitude=anomalies.SCAN_FAILURE_SHARE)
        )  # fmt: skip


def write_scans(house: House, day: int, visits: Round, starts: Ints) -> None:
    """One scan at most of the doors; now and then one fails."""
    begin_scan_failures(house, day)
    draws = stream(house.seed, SCANS, day).random(house.layout.room_count)[visits.room]
    broken = house.planting.scans_fail_until[visits.attendant] > day
    succeeded = visits.scan_succeeded & ~(broken & (draws < anomalies.SCAN_FAILURE_SHARE))
    seen = visits.scanned
    house.records.add(
        "scans", room=visits.room[seen], attendant=visits.attendant[seen], at=starts[seen],
        succeeded=succeeded[seen].astype(int),
    )  # fmt: skip


def write_requests(house: House, day: int, visits: Round, starts: Ints, *, units: Ints, ended: Ints) -> None:
    """Requests that today's visits answered; guests who lack much ask as planned, some of the others too."""
    begin_slow_answers(house, day)
    asks, lead = stream(house.seed, REQUESTS, day).random((2, house.layout.room_count))[:, visits.room]
    low, high = REQUEST_LEAD_SECONDS
    much = (visits.requested > 0) & (units >= REQUEST_UNITS)
    staying = (house.last_night(day)[visits.room] >= 0) & ~visits.departing
    little = ~much & staying & (units > 0) & (asks < SMALL_REQUEST_SHARE)
    before = np.where(much, visits.requested, (low + lead * (high - low)).astype(np.int64))
    slow = house.planting.slow_answers_until[house.layout.floor[visits.room]] > day
    before = np.where(slow, before * anomalies.ANSWER_FACTOR, before).astype(np.int64)
    asked = much | little
    house.records.add(
        "requests", room=visits.room[asked], attendant=visits.attendant[asked], requested=(starts - before)[asked],
        completed=ended[asked], available=ended[asked],
    )  # fmt: skip
