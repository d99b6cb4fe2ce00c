"""How long visits take, refills and trolleys, hours of the day in two time zones, figures carried from the fit."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sources.simulation import parameters
from sources.simulation.consumption import taken_in_night
from sources.simulation.custody import days_covered, issue, refills
from sources.simulation.records import LocalTime

Hotel = Callable[..., Any]


def test_durations_follow_the_work_and_the_attendants_skill(hotel: Hotel) -> None:
    """Median 1.2 min for a look (mean skill within 12 %), log sd about .37 within and .14 between days."""
    checks, lines = hotel(226, 365, 11).table("checks"), hotel(226, 365, 11).table("lines")
    units = lines.groupby("key")["refilled"].sum().reindex(checks["key"], fill_value=0).to_numpy()
    minutes = ((checks["ended"] - checks["started"]) / 60).to_numpy()
    looks = np.log(minutes[units == 0])
    assert np.exp(np.median(looks)) == pytest.approx(parameters.CHECK_MINUTES, rel=0.12)
    assert looks.std() == pytest.approx(np.hypot(0.37, 0.14), abs=0.06)
    one, three = np.median(minutes[units == 1]), np.median(minutes[units == 3])
    assert three - one == pytest.approx(2 * parameters.ITEM_MINUTES, abs=0.25)


def test_refills_take_what_the_trolley_has_in_the_order_of_visits() -> None:
    missing = np.array([2, 1, 2, 1])
    attendant, product = np.array([0, 0, 0, 1]), np.array([0, 1, 0, 0])
    assert refills(missing, attendant, product, np.array([[3, 0], [9, 9]])).tolist() == [2, 0, 1, 1]


def test_refills_of_nothing_are_nothing() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert refills(none, none, none, np.ones((2, 3), dtype=np.int64)).tolist() == []


def test_the_store_never_hands_out_more_than_it_has() -> None:
    issued = issue(np.zeros((3, 2), dtype=np.int64), np.array([30.0, 30.0]), 3, np.array([40, 1000]))
    assert issued[:, 0].sum() == 40
    assert (issued[:, 1] > 0).all()


@pytest.mark.parametrize(("weekday", "days"), [(0, 3), (3, 4), (5, 2), (6, 1)])
def test_trolleys_are_filled_until_the_next_filling(weekday: int, days: int) -> None:
    assert days_covered(weekday) == days


def test_what_guests_want_does_not_depend_on_what_is_left_elsewhere(hotel: Hotel) -> None:
    layout = hotel(120, 30).layout
    users, thirst = np.full(120, 2), np.full(120, 1.0)
    robbed = layout.par.copy()
    robbed[7] = 0
    full, less = (
        taken_in_night(layout, users, thirst, 2, content=content, rng=np.random.default_rng(4))
        for content in (layout.par, robbed)
    )
    assert less[7].sum() == 0
    assert np.array_equal(np.delete(full, 7, axis=0), np.delete(less, 7, axis=0))


def test_local_hours_become_instants_across_a_change_of_the_clocks() -> None:
    lisbon = LocalTime(date(2016, 10, 29), "Europe/Lisbon")  # summer time ends on the 30th
    noons = lisbon.instants(np.array([12 * 3600, 36 * 3600]))
    assert [noon.to_pydatetime() for noon in noons] == [
        datetime(2016, 10, 29, 11, tzinfo=UTC),
        datetime(2016, 10, 30, 12, tzinfo=UTC),
    ]
    assert [lisbon.seconds(noon.to_pydatetime()) for noon in noons] == [12 * 3600, 36 * 3600]


def test_the_parameters_are_those_of_the_fit(shared_data: Path) -> None:
    """Issue 2 item 6: the figures are carried into the code; the file is not read at run time."""
    fitted = json.loads((shared_data / "generator_params.json").read_text())
    carried = [(one.code, one.name, one.group, one.share, one.price, one.par) for one in parameters.PRODUCTS]
    assert carried == [
        (one["id"], one["name"], one["category"], one["share"], one["price"], one["par"]) for one in fitted["products"]
    ]
    for profile, name in (("city", "City Hotel"), ("resort", "Resort Hotel")):
        found = parameters.PROFILES[profile]
        real = fitted["hotel"][name]
        assert (found.rooms, found.arrivals_per_day, found.los_mean) == (
            real["rooms"], real["arrivals_per_day"], real["los_mean"],
        )  # fmt: skip
    assert list(parameters.ITEMS_PER_USE) == list(fitted["items_per_use_person"]["values"].values())
    assert fitted["delivery"]["case"] == parameters.CASE_SIZES
    refill = fitted["refill"]
    assert (
        refill["duration_lognormal_sd_within_task"], refill["per_item_min"], refill["dnd_prob_stayover"],
    ) == (parameters.DURATION_LOG_SD, parameters.ITEM_MINUTES, parameters.DND_STAYOVER)  # fmt: skip


def test_every_product_is_held_by_some_room_type_and_each_holds_about_a_dozen() -> None:
    held = [set(kind.products) for kind in parameters.ROOM_TYPES]
    assert set.union(*held) == {product.code for product in parameters.PRODUCTS}
    assert all(11 <= len(products) <= 13 for products in held)
    assert sum(kind.share for kind in parameters.ROOM_TYPES) == pytest.approx(1)
