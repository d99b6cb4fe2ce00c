"""Requests and scans at the doors, write-offs, and the anomalies planted in them."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from sources.simulation import anomalies
from sources.simulation.anomalies import LATER_TYPES, PlantPlan
from sources.simulation.records import DAY_SECONDS

Hotel = Callable[..., Any]
Plan = Callable[..., PlantPlan]


def waited(simulated: Any) -> pd.DataFrame:
    rows = simulated.table("requests")
    return rows.assign(minutes=(rows["completed"] - rows["requested"]) / 60, floor=simulated.layout.floor[rows["room"]])


def test_guests_ask_in_every_part_of_the_house_and_wait_within_the_assumed_times(hotel: Hotel) -> None:
    rows = waited(hotel(120, 60))
    assert rows["floor"].nunique() == hotel(120, 60).layout.floor_count
    assert rows["minutes"].between(20, 130).all()
    assert len(rows) / 60 > 1.0


def test_a_slow_floor_lets_its_guests_wait_and_no_other(hotel: Hotel, fixed_plan: Plan) -> None:
    slow, plain = hotel(120, 60, plan=fixed_plan(anomalies.SLOW_ANSWERS, 30)), hotel(120, 60)
    (label,) = slow.activity.labels
    floor = slow.layout.floor_ids.tolist().index(label.details["floor_id"])
    before, after = waited(plain), waited(slow)
    assert before["completed"].tolist() == after["completed"].tolist()
    longer = (after["minutes"] > before["minutes"]).to_numpy()
    during = after["completed"].between(label.started, label.ended) & (after["floor"] == floor)
    assert longer.any()
    assert longer.tolist() == during.tolist()


def test_scans_of_one_attendant_fail_for_some_days(hotel: Hotel, fixed_plan: Plan) -> None:
    failing, plain = hotel(120, 60, plan=fixed_plan(anomalies.SCAN_FAILURES, 30)), hotel(120, 60)
    (label,) = failing.activity.labels
    scans = failing.table("scans")
    worse = (scans["succeeded"] < plain.table("scans")["succeeded"]).to_numpy()
    inside = (scans["attendant"] == label.attendant) & scans["at"].between(label.started, label.ended)
    assert 0.2 < worse[inside].mean() < 0.4
    assert not worse[~inside].any()


def test_a_spree_writes_off_what_the_attendant_carries(hotel: Hotel, fixed_plan: Plan) -> None:
    simulated = hotel(120, 60, plan=fixed_plan(anomalies.WRITE_OFF_SPREE, 29))
    (label,) = simulated.activity.labels
    custody = simulated.table("custody").query("type == 'fire'")
    spree = custody[(custody["attendant"] == label.attendant) & custody["at"].between(label.started, label.ended)]
    assert spree["quantity"].sum() > 5
    others = custody.drop(spree.index)["quantity"].sum()
    assert others <= hotel(120, 60).table("custody").query("type == 'fire'")["quantity"].sum() + 2


def test_the_later_anomalies_leave_the_draws_of_the_others_alone(hotel: Hotel, fixed_plan: Plan) -> None:
    """Hotels planted before these types existed keep their anomalies."""
    rates = {anomalies.VACANT_THEFT: 1.0, anomalies.TENFOLD_ENTRY: 1.0}
    both = rates | {anomalies.SCAN_FAILURES: 1.0, anomalies.SLOW_ANSWERS: 1.0}
    first, second = (hotel(120, 60, plan=fixed_plan("", rates=each)).activity.labels for each in (rates, both))
    assert {label.anomaly_type for label in second} & set(LATER_TYPES)
    assert first == [label for label in second if label.anomaly_type not in LATER_TYPES]
    assert min(label.started for label in second) >= 20 * DAY_SECONDS
