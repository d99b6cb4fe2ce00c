"""Stays of the sample hotel: lengths, parties, no room twice, the past independent of the future."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sources.simulation.parameters import PROFILES
from sources.simulation.stays import guest_traits, occupancy_grid, simulate_stays, stay_lengths

START = date(2025, 1, 1)


def two_years(code: str) -> pd.DataFrame:
    return simulate_stays(PROFILES[code], PROFILES[code].rooms, 3, START, 730)


def double_bookings(stays: pd.DataFrame) -> int:
    ordered = stays.sort_values(["room", "arrival"])
    previous = ordered.groupby("room")["departure"].shift()
    return int((ordered["arrival"] < previous).sum())


@pytest.mark.parametrize("code", PROFILES)
def test_stays_are_as_long_and_as_large_as_those_of_the_real_hotel(code: str) -> None:
    """Tolerance 5 %: about 25,000 stays a hotel; parties of the real hotels have 1.94 and 1.96 guests."""
    arrived = two_years(code).query("arrival >= 0")
    assert (arrived["departure"] - arrived["arrival"]).mean() == pytest.approx(PROFILES[code].los_mean, rel=0.05)
    assert (arrived["adults"] + arrived["children"]).mean() == pytest.approx(1.95, rel=0.05)


@pytest.mark.parametrize("code", PROFILES)
def test_the_house_is_as_full_as_the_real_hotel(code: str) -> None:
    """Real: 155 of 187 and 185 of 226 rooms; guests who find no room go elsewhere, so a little less (within 8 %)."""
    rooms = PROFILES[code].rooms
    grid = occupancy_grid(two_years(code), rooms, 730)
    assert (grid[1:] >= 0).mean() == pytest.approx(0.83, rel=0.08)


def test_the_first_night_is_as_full_as_the_others() -> None:
    grids = [occupancy_grid(simulate_stays(PROFILES["city"], 226, seed, START, 20), 226, 20) for seed in range(12)]
    first, later = (np.mean([(grid[night] >= 0).mean() for grid in grids]) for night in (1, 20))
    assert first == pytest.approx(later, abs=0.1)


def test_no_room_is_booked_twice() -> None:
    stays = two_years("resort")
    assert double_bookings(stays) == 0
    longer = stays.assign(departure=stays["departure"].where(stays.index != 500, stays["departure"] + 30))
    assert double_bookings(longer) > 0


def test_a_stay_occupies_its_nights_and_not_the_day_it_leaves() -> None:
    stays = pd.DataFrame({"room": [0, 0, 1], "arrival": [-3, 2, 1], "departure": [1, 4, 2]})
    assert occupancy_grid(stays, 2, 4).tolist() == [[0, -1], [0, -1], [-1, 2], [1, -1], [1, -1]]


def test_the_first_days_are_the_same_however_long_the_simulation_lasts() -> None:
    short, long = (simulate_stays(PROFILES["city"], 100, 9, START, days) for days in (20, 60))
    pd.testing.assert_frame_equal(short, long[long["arrival"] <= 20].reset_index(drop=True))
    users, thirst = guest_traits(short, 9)
    more_users, more_thirst = guest_traits(long, 9)
    assert np.array_equal(users, more_users[: len(short)])
    assert np.array_equal(thirst, more_thirst[: len(short)])


def test_another_seed_gives_another_hotel() -> None:
    first, second = (simulate_stays(PROFILES["city"], 100, seed, START, 20) for seed in (1, 2))
    assert not first.equals(second)


@pytest.mark.parametrize("code", PROFILES)
def test_lengths_are_probabilities_with_the_mean_of_the_profile(code: str) -> None:
    lengths = stay_lengths(PROFILES[code])
    assert lengths.sum() == pytest.approx(1)
    assert (lengths * np.arange(1, len(lengths) + 1)).sum() == pytest.approx(PROFILES[code].los_mean, abs=1e-6)
