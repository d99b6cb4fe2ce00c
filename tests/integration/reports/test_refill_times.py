"""Refill times: key figures, trend, attendants, floors and rooms a day are those that are counted by hand."""

import math
from datetime import date, timedelta
from statistics import mean, median

import pytest

from core.errors import AppError
from core.scope import Scope
from db.session import Database
from reports.refill_times import RefillFilters
from tests.conftest import NOW
from tests.integration.reports.explored import TODAY
from tests.integration.reports.refilled import Refilled, refilled


@pytest.fixture
def house(database: Database) -> Refilled:
    return refilled(database)


def test_key_figures_are_of_closed_days_and_stand_beside_the_period_before(house: Refilled) -> None:
    for minutes, units, ago in ((4, 1, 1), (6, 3, 7), (11, 2, 7), (90, 9, 0)):
        house.refill(0, ago, minutes, units=units)
    for minutes, units, ago in ((5, 2, 8), (7, 1, 14), (90, 9, 15)):
        house.refill(0, ago, minutes, units=units)
    found = house.found()
    totals, before = found.totals, found.before
    assert (totals.refills, totals.units, totals.mean_minutes, totals.median_minutes) == (3, 6, 7, 6)
    assert before is not None
    assert (before.refills, before.units, before.mean_minutes, before.median_minutes) == (2, 3, 6, 6)
    assert found.change("mean_minutes") == pytest.approx(7 / 6 - 1)
    assert found.change("units") == 1.0
    assert (found.first_on, found.last_on) == (TODAY - timedelta(days=7), TODAY - timedelta(days=1))


def test_a_period_before_with_too_few_days_is_no_comparison(house: Refilled) -> None:
    for ago in (1, 2, 3, 8, 9):
        house.refill(0, ago, 5)
    assert house.found().before is None
    house.refill(0, 10, 5)
    assert house.found().before is not None


def test_without_refills_nothing_is_known_and_nothing_is_zero_minutes(house: Refilled) -> None:
    found = house.found()
    assert (found.totals.refills, found.totals.mean_minutes, found.totals.median_minutes) == (0, None, None)
    assert found.before is None
    assert found.deviation_ratio is None
    assert found.trend("week")["mean"].isna().all()
    assert found.attendants.empty
    assert found.rooms.empty


def test_the_trend_is_by_week_and_month_and_knows_where_nothing_was_refilled(house: Refilled) -> None:
    # The week from Monday 23 February holds the days 7 to 1; March begins yesterday.
    for minutes, ago in ((4, 7), (8, 2), (3, 1), (20, 8)):
        house.refill(0, ago, minutes, expected=minutes / 2)
    found = house.found(days=30)
    weeks = found.trend("week")
    assert weeks["mean"].tolist()[-2:] == [20, 5]
    assert weeks["expected"].tolist()[-2:] == [10, 2.5]
    assert weeks["refills"].tolist()[-3:] == [0, 1, 3]
    assert math.isnan(weeks["mean"].iloc[-3])
    months = found.trend("month")
    assert months["mean"].tolist()[1:] == [pytest.approx((4 + 8 + 20) / 3), 3]
    assert math.isnan(months["mean"].iloc[0])
    assert months["day"].dt.date.tolist() == [date(2026, 1, 31), date(2026, 2, 1), date(2026, 3, 1)]


def test_expected_values_count_where_they_are_stored_and_learned_alone(house: Refilled) -> None:
    for _ in range(19):
        house.refill(0, 1, 6, expected=5)
    assert house.found().deviation_ratio is None  # too few
    house.refill(0, 1, 6, expected=5)
    assert house.found().deviation_ratio == pytest.approx(0.2)
    for _ in range(2):
        house.refill(0, 1, 6, expected=1, score=None)  # still learning
    found = house.found()
    assert found.deviation_ratio is None
    assert found.trend("week")["expected"].isna().all()


def test_attendants_stand_by_name_and_few_refills_are_not_compared(house: Refilled) -> None:
    times = [*(float(2 + number) for number in range(19)), 60.0]
    for number, minutes in enumerate(times):
        house.refill(1, 1 + number % 5, minutes, units=1 + number % 2)
    for _ in range(19):
        house.refill(2, 1, 50)
        house.refill(0, 1, 1)
    house.refill(0, 2, 1)
    found = house.found().attendants.set_index("name")
    assert found.index.tolist() == ["Çağla", "İpek", "Zeynep"]
    zeynep = found.loc["Zeynep"]
    assert (zeynep["refills"], zeynep["median"], zeynep["mean"]) == (20, median(times), mean(times))
    assert (zeynep["low"], zeynep["high"]) == (pytest.approx(2 + 1.9), pytest.approx(2 + 17.1))
    assert zeynep["units_per_refill"] == 1.5
    assert zeynep["minutes_per_unit"] == pytest.approx(sum(times) / 30)
    assert found["is_few"].to_dict() == {"Çağla": False, "İpek": True, "Zeynep": False}
    assert found.loc["İpek", "refills"] == 19
    assert found.loc["İpek", ["median", "low", "high", "mean", "minutes_per_unit"]].isna().all()
    assert found.loc["İpek", ["expected", "deviation_ratio"]].isna().all()


def test_who_refills_more_is_compared_with_others_at_that_load(house: Refilled) -> None:
    # Zeynep takes twice as long as Çağla on the whole, since she refills five products where Çağla refills one; for
    # five products Çağla takes 10 minutes, for one Zeynep takes 6.
    for number in range(20):
        house.refill(0, 1 + number % 5, 5, items=1)
        house.refill(1, 1 + number % 5, 10, items=5)
    for number in range(5):
        house.refill(0, 1 + number, 10, items=5)
        house.refill(1, 1 + number, 6, items=1)
    found = house.found().attendants.set_index("name")
    assert found["median"].to_dict() == {"Çağla": 5, "Zeynep": 10}
    assert found["expected"].to_dict() == {"Çağla": 6, "Zeynep": 10}
    assert found.loc["Zeynep", "deviation_ratio"] == 0
    assert found.loc["Çağla", "deviation_ratio"] == pytest.approx(5 / 6 - 1)


def test_nobody_is_compared_with_fewer_than_five_refills_of_others(house: Refilled) -> None:
    for _ in range(20):
        house.refill(0, 1, 5, items=3)
    for number in range(4):
        house.refill(1, 1, 9 + number, items=3)
    [cagla] = house.found().attendants.set_index("name").loc[["Çağla"]].to_dict("records")
    assert math.isnan(cagla["expected"])
    house.refill(1, 1, 13, items=3)
    [cagla] = house.found().attendants.set_index("name").loc[["Çağla"]].to_dict("records")
    assert (cagla["expected"], cagla["deviation_ratio"]) == (11, pytest.approx(5 / 11 - 1))


def test_floors_have_their_own_refills_and_filters_choose_floor_and_attendant(house: Refilled) -> None:
    for number in range(20):
        house.refill(0, 1, 4 + number % 2, floor=0)
    house.refill(0, 1, 30, floor=1)
    house.refill(1, 1, 40, floor=1)
    floors = house.found().floors.set_index("name")
    assert floors["refills"].to_dict() == {"1": 20, "2": 2}
    assert floors.loc["1", "median"] == 4.5
    assert floors["is_few"].to_dict() == {"1": False, "2": True}
    of_floor = house.found(floor="2")
    assert of_floor.totals.mean_minutes == 35
    assert of_floor.attendants["refills"].tolist() == [1, 1]
    of_attendant = house.found(floor="2", attendant="S1")
    assert (of_attendant.totals.refills, of_attendant.totals.mean_minutes) == (1, 40)
    assert of_attendant.attendants["refills"].tolist() == [1, 1]  # the comparison keeps everybody


def test_rooms_of_a_day_are_counted_on_all_floors(house: Refilled) -> None:
    for room in range(6):
        house.refill(0, 1, 10, room=room, floor=int(room > 0))
    house.refill(0, 1, 10, room=0)  # the same room again
    for room in range(5):
        house.refill(0, 2, 4, room=room)
    house.refill(1, 2, 4, room=0)
    rooms = house.found().rooms.set_index("name")
    assert rooms["refills"].to_dict() == {"1–5": 6, "6–10": 7}
    assert rooms["attendant_days"].to_dict() == {"1–5": 2, "6–10": 1}
    one_floor = house.found(floor="1").rooms.set_index("name")
    assert one_floor["refills"].to_dict() == {"1–5": 6, "6–10": 2}


def test_a_scope_keeps_other_hotels_out_and_an_unknown_filter_is_told(house: Refilled, database: Database) -> None:
    other = refilled(database)
    other.refill(0, 1, 99)
    house.refill(0, 1, 5)
    assert house.found().totals.mean_minutes == 5
    service, mine = house.service, Scope("ayse", frozenset({"metrics.read"}), frozenset({house.id}))
    assert service.explore(mine, RefillFilters(house.id, 7), NOW).totals.refills == 1
    with pytest.raises(AppError):
        service.explore(mine, RefillFilters(other.id, 7), NOW)
    with pytest.raises(AppError):
        service.places(Scope("bora", frozenset(), None), house.id)
    for filters in ({"floor": "9"}, {"attendant": "nobody"}, {"days": 5}):
        with pytest.raises(AppError):
            service.explore(mine, RefillFilters(house.id, **filters), NOW)
