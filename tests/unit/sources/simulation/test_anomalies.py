"""Planted anomalies: each shows in the records where and when its label says, and nothing else changes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sources.ledger import levels
from sources.simulation import anomalies
from sources.simulation.anomalies import ANOMALY_TYPES, Label, PlantPlan
from sources.simulation.records import DAY_SECONDS, TABLES, label_frame
from sources.simulation.stays import occupancy_grid

Hotel = Callable[..., Any]
Planted = Callable[..., tuple[Any, list[Label]]]


@pytest.fixture
def planted(hotel: Hotel, fixed_plan: Callable[..., PlantPlan]) -> Planted:
    """A hotel with anomalies of one type on given days, and their labels."""

    def simulate(kind: str, *days: int) -> tuple[Any, list[Label]]:
        simulated = hotel(120, 60, plan=fixed_plan(kind, *days))
        assert {label.anomaly_type for label in simulated.activity.labels} == {kind}
        return simulated, simulated.activity.labels

    return simulate


def visits_of(simulated: Any) -> pd.DataFrame:
    lines = simulated.table("lines").groupby("key")["consumed"].sum()
    visits = simulated.table("visits")
    return visits.assign(consumed=visits["key"].map(lines).fillna(0))


def corrections(simulated: Any, product: int, at: int) -> int:
    moved = simulated.table("movements").rename(
        columns={"type": "movement_type", "at": "occurred_at", "product": "product_id"}
    )
    ledger = levels(moved.assign(id=np.arange(len(moved))))
    return int(
        ledger.query("product_id == @product and occurred_at == @at and movement_type == 'sayim'")["delta"].sum()
    )


def test_theft_shows_in_a_room_that_no_stay_overlaps(planted: Planted) -> None:
    """A2.6: consumption since the previous check, nobody in the room."""
    simulated, labels = planted(anomalies.VACANT_THEFT, 25, 30, 35)
    grid = occupancy_grid(simulated.stays, 120, 60)
    visits = visits_of(simulated)
    assert len(labels) == 3
    for label in labels:
        found = visits.query("room == @label.room and at == @label.ended")
        assert found["consumed"].tolist() == [label.magnitude]
        first, last = label.started // DAY_SECONDS, label.ended // DAY_SECONDS
        assert (grid[first + 1 : last + 2, label.room] == -1).all()


def test_a_tenfold_entry_is_recorded_as_consumed_and_not_as_refilled(planted: Planted) -> None:
    simulated, labels = planted(anomalies.TENFOLD_ENTRY, 25, 40)
    lines = simulated.table("lines").merge(simulated.table("visits"), on="key")
    for label in labels:
        line = lines.query("room == @label.room and product == @label.product and at == @label.ended").iloc[0]
        assert line["consumed"] in (10, 20)
        assert line["consumed"] == label.details["consumed"] * 10
        assert line["refilled"] <= 2


@pytest.mark.parametrize(("kind", "sign"), [(anomalies.CASE_AS_PIECE, 1), (anomalies.SHORT_DELIVERY, -1)])
def test_a_wrong_delivery_is_corrected_by_the_next_count(planted: Planted, kind: str, sign: int) -> None:
    simulated, labels = planted(kind, 25, 40)
    assert len(labels) == 2
    for label in labels:
        booked = simulated.table("movements").query("product == @label.product and at == @label.started")
        assert booked[booked["type"] == "giris"]["quantity"].tolist() == [label.details["booked"]]
        found = corrections(simulated, label.product, label.ended)
        assert found * sign > 0
        assert found == pytest.approx(sign * label.magnitude, abs=6)  # the usual losses of some days beside it


def test_a_slow_attendant_takes_two_fifths_longer_for_the_same_work(hotel: Hotel, planted: Planted) -> None:
    simulated, (label,) = planted(anomalies.ATTENDANT_SLOWING, 30)
    assert label.ended - label.started >= 10 * DAY_SECONDS
    checks = simulated.table("checks").merge(hotel(120, 60).table("checks"), on="key", suffixes=("", "_before"))
    mine = checks.query("attendant == @label.attendant and started >= @label.started and ended < @label.ended")
    others = checks.drop(mine.index)
    ratio = (mine["ended"] - mine["started"]) / (mine["ended_before"] - mine["started_before"])
    assert ratio.median() == pytest.approx(1.4, abs=0.02)
    assert ((others["ended"] - others["started"]) == (others["ended_before"] - others["started_before"])).all()


@pytest.mark.parametrize("day", [25, 26, 27, 28])
def test_who_is_stuck_at_zero_records_nothing_though_goods_vanish(hotel: Hotel, planted: Planted, day: int) -> None:
    simulated, (label,) = planted(anomalies.STUCK_AT_ZERO, day)
    assert label.ended - label.started >= 10 * DAY_SECONDS
    before = visits_of(hotel(120, 60))
    column, value = ("room", label.room) if label.room >= 0 else ("attendant", label.attendant)
    window = f"{column} == {value} and at >= {label.started} and at < {label.ended}"
    assert visits_of(simulated).query(window)["consumed"].sum() == 0
    assert len(visits_of(simulated).query(window)) == len(before.query(window)) > 0
    if label.attendant >= 0:
        assert before.query(window)["consumed"].sum() > 10


def test_a_slow_loss_is_seen_by_the_counts_only(hotel: Hotel, planted: Planted) -> None:
    simulated, (label,) = planted(anomalies.SLOW_LOSS, 24)
    sundays = [at for at in simulated.table("movements").query("type == 'sayim'")["at"].unique() if at < label.ended]
    during = sum(corrections(simulated, label.product, at) for at in sundays if at > label.started)
    usual = sum(corrections(hotel(120, 60), label.product, at) for at in sundays if at > label.started)
    assert during - usual <= -7 * label.details["units_per_day"]


def test_a_day_imported_twice_has_each_visit_again_a_minute_later(planted: Planted) -> None:
    simulated, (label,) = planted(anomalies.DAY_IMPORTED_TWICE, 33)
    visits = simulated.table("visits")
    visits = visits[visits["at"].between(label.started, label.ended)]
    first, again = visits[visits["key"] >= 0], visits[visits["key"] < 0]
    assert (first["at"] + 60).tolist() == again["at"].tolist()
    lines = simulated.table("lines")
    units = [lines[lines["key"].isin(part["key"])]["consumed"].tolist() for part in (first, again)]
    assert units[0] == units[1]
    assert sum(units[0]) > 0


def test_negative_custody_is_below_zero_until_it_is_put_right(planted: Planted) -> None:
    """A1.6, contract of zimmet_kullanim: a negative balance is a data inconsistency."""
    simulated, (label,) = planted(anomalies.NEGATIVE_CUSTODY, 31)
    custody = simulated.table("custody").query("attendant == @label.attendant").sort_values("at", kind="stable")
    balance = custody["quantity"].where(custody["type"] == "zimmet", -custody["quantity"]).cumsum()
    assert balance[custody["at"] < label.ended].iloc[-1] < 0
    assert (balance[(custody["at"] < label.started) | (custody["at"] >= label.ended)] >= 0).all()


def test_a_mistyped_entry_changes_nothing_else(hotel: Hotel, planted: Planted) -> None:
    plain, (other, labels) = hotel(120, 60), planted(anomalies.TENFOLD_ENTRY, 25, 40)
    for table in TABLES:
        if table != "lines":
            pd.testing.assert_frame_equal(plain.table(table), other.table(table))
    different = (plain.table("lines") != other.table("lines")).sum()
    assert different.to_dict() == dict.fromkeys(TABLES["lines"], 0) | {"consumed": len(labels)}


def test_planting_has_random_numbers_of_its_own(hotel: Hotel, planted: Planted) -> None:
    """Guests, rounds, signs at doors and losses are the same with a theft; only the goods it took are missed later."""
    plain, (other, labels) = hotel(120, 60), planted(anomalies.VACANT_THEFT, 25, 30, 35)
    assert plain.stays.equals(other.stays)
    assert plain.table("disturbed").equals(other.table("disturbed"))
    assert np.array_equal(plain.activity.vanished, other.activity.vanished)
    assert plain.table("visits")["key"].equals(other.table("visits")["key"])
    consumed = [part.table("lines").set_index(["key", "product"])["consumed"] for part in (plain, other)]
    changed = consumed[1].sub(consumed[0], fill_value=0)
    stolen = sum(label.magnitude for label in labels)
    assert stolen <= changed.abs().sum() <= stolen + 5


def test_without_a_plan_nothing_is_planted(hotel: Hotel) -> None:
    assert hotel(120, 60).activity.labels == []
    assert label_frame([]).empty


def test_usual_rates_plant_every_type_and_nothing_in_the_first_weeks(hotel: Hotel, fixed_plan: Any) -> None:
    plan = fixed_plan("", rates={kind: rate * 4 for kind, rate in anomalies.USUAL_RATES.items()})
    labels = hotel(120, 120, 8, "resort", plan).activity.labels
    assert {label.anomaly_type for label in labels} == set(ANOMALY_TYPES)
    assert min(label.available for label in labels) >= 21 * DAY_SECONDS


def test_a_plan_with_live_anomalies_has_some_in_the_last_days() -> None:
    plan = PlantPlan().with_live(120)
    assert {kind for kind, day in plan.scheduled if day >= 118} >= {anomalies.VACANT_THEFT, anomalies.TENFOLD_ENTRY}
    assert PlantPlan.from_json(plan.as_json()) == plan
    assert PlantPlan().with_live(20).scheduled == ()
