"""Occupancy of an interval between two checks: occupied, vacated, vacant or unknown (SPEC A2.6)."""

import numpy as np
import pandas as pd
import pytest

from pipeline.metrics.occupancy import epoch_days, fresh_until, known_days, occupancy_of, room_days

ZONE = "Europe/Istanbul"  # UTC+3 all year


def occupancy(
    start: str, end: str, stays: list[tuple[str, str, int]], arrivals: list[str] | None = None
) -> tuple[str, float, float, float]:
    """(occupancy, guests, nights, exposure) of one interval of room 7, local wall-clock times."""
    interval = pd.DataFrame({"room_id": [7], "interval_start": [start], "timestamp": [end]})
    for name in ("interval_start", "timestamp"):
        interval[name] = pd.to_datetime(interval[name]).dt.tz_localize(ZONE).dt.tz_convert("UTC")
    frame = pd.DataFrame(stays, columns=["arrival_on", "departure_on", "guests"]).assign(room_id=7)
    frame = frame.astype({"arrival_on": "datetime64[s]", "departure_on": "datetime64[s]", "guests": "int64"})
    arrived = pd.DataFrame({"arrival_on": pd.to_datetime(arrivals or [start[:10], end[:10]]), "stays": 1})
    days = epoch_days(pd.Series(pd.to_datetime([start, end])))
    found = occupancy_of(interval, room_days(frame, arrived, np.array([7]), days[0], days[1]), ZONE).iloc[0]
    return found["occupancy"], found["guests"], found["nights"], found["exposure"]


@pytest.mark.parametrize(
    ("start", "end", "stays", "expected"),
    [
        # two whole nights of two guests, still in
        ("2026-01-10 11:00", "2026-01-12 11:00", [("2026-01-09", "2026-01-14", 2)], ("occupied", 2, 2, 4.0)),
        # departure on the day of the check: left
        ("2026-01-10 11:00", "2026-01-12 11:00", [("2026-01-09", "2026-01-12", 2)], ("vacated", 2, 2, 4.0)),
        # arrival on the day of the check: may be in already
        ("2026-01-10 13:00", "2026-01-12 13:00", [("2026-01-12", "2026-01-15", 2)], ("occupied", 2, 0, 0.5)),
        # left on the day of the check before, which was made at 11:00: may have stayed until noon
        ("2026-01-10 11:00", "2026-01-12 11:00", [("2026-01-08", "2026-01-10", 2)], ("vacated", 2, 0, 0.5)),
        # the same, but that check was made after the check-out hour
        ("2026-01-10 12:00", "2026-01-12 11:00", [("2026-01-08", "2026-01-10", 2)], ("vacant", 0, 0, 0.0)),
        # one party leaves, the next comes
        (
            "2026-01-10 13:00", "2026-01-12 13:00",
            [("2026-01-09", "2026-01-11", 3), ("2026-01-11", "2026-01-14", 1)], ("occupied", 1, 2, 4.0),
        ),
        # two checks on one day
        ("2026-01-10 09:00", "2026-01-10 18:00", [("2026-01-09", "2026-01-14", 2)], ("occupied", 2, 0, 0.5)),
        # nobody
        ("2026-01-10 11:00", "2026-01-12 11:00", [], ("vacant", 0, 0, 0.0)),
        ("2026-01-10 11:00", "2026-01-12 11:00", [("2026-01-13", "2026-01-15", 2)], ("vacant", 0, 0, 0.0)),
    ],
)  # fmt: skip
def test_occupancy_follows_the_stays_that_overlap(
    start: str, end: str, stays: list[tuple[str, str, int]], expected: tuple[str, int, int, float]
) -> None:
    assert occupancy(start, end, stays) == expected


def test_without_an_arrival_in_the_hotel_for_a_week_the_answer_is_unknown() -> None:
    known = occupancy("2026-01-10 13:00", "2026-01-12 13:00", [], ["2026-01-05"])
    unknown = occupancy("2026-01-10 13:00", "2026-01-13 13:00", [], ["2026-01-05"])
    assert known[0] == "vacant"
    assert unknown[0] == "unknown"
    assert all(pd.isna(value) for value in unknown[1:])


def test_the_local_day_decides_and_not_the_day_of_utc() -> None:
    """01:00 in Istanbul is still the day before in UTC."""
    stays = [("2026-01-09", "2026-01-11", 2)]
    assert occupancy("2026-01-10 01:00", "2026-01-11 01:00", stays)[:3] == ("vacated", 2, 1)


def test_no_arrival_at_all_means_nothing_is_known() -> None:
    none = pd.DataFrame({"arrival_on": pd.to_datetime([])})
    assert not known_days(none, 20_000, 20_010).any()


def arrivals(*days: int, stays: int = 1) -> pd.DataFrame:
    """So many arrivals on each of some days since 1970."""
    return pd.DataFrame({"arrival_on": pd.to_datetime(np.array(days), unit="D"), "stays": stays})


@pytest.mark.parametrize(("stays", "days"), [(12, 0), (4, 1), (2, 2), (1, 5)])
def test_the_busier_a_hotel_the_sooner_it_is_unknown_without_arrivals(stays: int, days: int) -> None:
    """SPEC A2.6: a transfer of stays that stops must not make a full hotel look vacant."""
    every_day = arrivals(*range(100, 140), stays=stays)
    known = [True] * (days + 1) + [False] * (8 - days)
    assert known_days(every_day, 139, 147).tolist() == known
    assert fresh_until(every_day, 200) == 139 + days


def test_a_small_hotel_may_wait_for_its_guests_but_no_longer_than_a_week() -> None:
    assert known_days(arrivals(*range(100, 200, 14)), 198, 207).tolist() == [True] * 8 + [False] * 2


def test_the_first_days_of_a_hotel_are_not_yet_usual() -> None:
    assert known_days(arrivals(100, 101), 101, 110).tolist() == [True] * 8 + [False] * 2


def test_stays_that_ended_a_month_ago_make_rooms_unknown_and_not_vacant() -> None:
    old = [("2026-01-09", "2026-01-12", 2)]
    assert occupancy("2026-02-11 11:00", "2026-02-13 11:00", old, ["2026-01-09"])[0] == "unknown"
    assert occupancy("2026-01-13 11:00", "2026-02-13 11:00", old, ["2026-01-09"])[0] == "unknown"
    assert occupancy("2026-01-13 11:00", "2026-01-15 11:00", old, ["2026-01-09"])[0] == "vacant"


def test_later_arrivals_do_not_change_what_was_known_and_bookings_ahead_do_not_count() -> None:
    gone = arrivals(*range(100, 140), 170)
    assert known_days(gone, 139, 172).tolist() == [True] * 6 + [False] * 25 + [True] * 3
    assert fresh_until(gone, 150) == 144
    assert fresh_until(arrivals(), 150) is None
