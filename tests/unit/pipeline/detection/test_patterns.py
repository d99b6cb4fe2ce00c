"""What shows only over several checks or rooms: floors, products, missed refills; the hotel's own scale of rarity."""

from functools import cache

import numpy as np
import pandas as pd

from pipeline.detection.calibration import calibrated
from pipeline.detection.contract import Context
from pipeline.detection.counts import detect_consumption
from pipeline.detection.decision import decide
from pipeline.detection.ledger import Ledger
from pipeline.detection.thresholds.settings import DetectionSettings
from tests.unit.pipeline.detection import hotel_rows

CONTEXT = Context("Europe/Istanbul", "some_type")
SETTINGS = DetectionSettings(0, "tuketim_miktar")


@cache
def hotel() -> pd.DataFrame:
    """Three floors of twenty rooms, everything put back."""
    rows = hotel_rows.consumption(60, 60, seed=12)
    return rows.assign(
        floor_id=rows["room_id"] % 3 + 1, staff_id=rows["room_id"] % 4 + 1.0, refilled=rows["metric_value"],
        guests=rows["guests"].astype(float),
    )  # fmt: skip


def day_number(rows: pd.DataFrame) -> pd.Series:
    return (rows["timestamp"] - hotel_rows.START).dt.days


def alerting(rows: pd.DataFrame, name: str) -> set[int]:
    """Entities of a family that alert in the last twenty days."""
    family = next(family for family in detect_consumption(rows, CONTEXT).families if family.name == name)
    decided = decide(family, SETTINGS)
    recent = decided["timestamp"] > hotel_rows.START + pd.Timedelta(days=40)
    return set(decided.loc[decided["alert"] & recent, "entity_id"].tolist())


def test_a_usual_hotel_misses_nothing() -> None:
    """Negative control of the next tests."""
    for name in ("unserved_floor", "unserved_room", "unfilled_floor", "unfilled_room", "product_rise", "floor_rise"):
        assert alerting(hotel(), name) == set(), name


def test_a_floor_that_nobody_visited_is_told_and_its_rooms_are_not() -> None:
    """DETECTION: missed refills, grouped by floor."""
    rows = hotel()
    missed = (rows["floor_id"] == 2) & day_number(rows).between(50, 52)
    assert alerting(rows[~missed], "unserved_floor") == {2}
    assert alerting(rows[~missed], "unserved_room") == set()


def test_a_floor_on_which_nothing_was_put_back_is_told() -> None:
    rows = hotel()
    missed = (rows["floor_id"] == 3) & day_number(rows).between(50, 52)
    left = rows.assign(refilled=rows["refilled"].mask(missed, 0.0))
    assert alerting(left, "unfilled_floor") == {3}
    assert alerting(left, "unfilled_room") == set()


def test_a_product_that_doubles_everywhere_is_told_as_a_product() -> None:
    rows = hotel()
    risen = (rows["product_id"] == 1) & (day_number(rows) >= 45)
    assert alerting(rows.assign(metric_value=rows["metric_value"] * (1 + risen)), "product_rise") == {1}


def test_a_day_on_which_everything_rises_accuses_no_floor_and_no_product() -> None:
    """An event raises the whole hotel."""
    rows = hotel()
    risen = rows.assign(metric_value=rows["metric_value"] * (1 + (day_number(rows) == 50)))
    assert alerting(risen, "floor_rise") == alerting(risen, "product_rise") == set()


def test_evidence_that_comes_every_day_is_not_rare_here() -> None:
    """Heavy tails: a hundred times as many scores of 4 as the formula says are worth two decades less."""
    rng = np.random.default_rng(4)
    day = np.repeat(np.arange(60), 1000)
    heavy = -np.log10(rng.random(day.size)) * 1.6
    honest = -np.log10(rng.random(day.size))
    wanted = np.ones(day.size, dtype=bool)
    found, kept = (calibrated(Ledger(), "test", day, score, wanted) for score in (heavy, honest))
    late = day >= 30
    assert np.isclose((found[late] > 3.0).mean() / 1e-3, 1.0, atol=0.5)
    assert np.isclose(kept[late], honest[late], atol=0.35).mean() > 0.95
    assert (found <= heavy + 1e-9).all()


def test_evidence_is_measured_on_strictly_earlier_days() -> None:
    day = np.repeat(np.arange(40), 100)
    score = np.full(day.size, 0.5)
    flooded = np.where(day == 39, 6.0, score)
    wanted = np.ones(day.size, dtype=bool)
    assert (calibrated(Ledger(), "test", day, flooded, wanted)[day == 39] == 6.0).all()


def test_a_product_that_the_cart_lacks_is_not_an_unfilled_floor() -> None:
    """Everything else is put back in the same checks."""
    rows = hotel()
    lacking = (rows["floor_id"] == 3) & day_number(rows).between(50, 52) & (rows["product_id"] == 1)
    assert (rows["metric_value"][lacking] > 0).any()
    left = rows.assign(refilled=rows["refilled"].mask(lacking, 0.0) + (~lacking).astype(float))
    assert alerting(left, "unfilled_floor") == set()


def test_a_floor_without_guests_is_closed_and_not_forgotten() -> None:
    """The same gap, once after all guests of the floor had left, once with guests in it."""
    rows = hotel()
    closed = (rows["floor_id"] == 2) & (day_number(rows) >= 50)
    last = (rows["floor_id"] == 2) & (day_number(rows) >= 40) & ~closed
    emptied = rows.assign(occupancy=rows["occupancy"].mask(last, "vacated"))
    assert alerting(rows[~closed], "unserved_floor") == {2}
    assert alerting(emptied[~closed], "unserved_floor") == set()


def test_a_product_that_is_introduced_is_no_rise_and_one_that_always_sold_is() -> None:
    """About three times as much of product 1 from day 45 on; once it had sold before, once never."""
    rows = hotel()
    mine, late = rows["product_id"] == 1, day_number(rows) >= 45
    more = rows["metric_value"].where(~(mine & late), rows["metric_value"] * 2.0)
    more = more.where(~(mine & late & (rows["room_id"] % 3 == 0)), more + 1.0)
    risen = rows.assign(metric_value=more, refilled=more)
    new = risen.assign(metric_value=risen["metric_value"].mask(mine & ~late, 0.0))
    assert alerting(risen, "product_rise") == {1}
    assert alerting(new, "product_rise") == set()


def test_an_attendants_silence_begins_with_its_first_day_and_not_with_the_rooms_checks_before() -> None:
    """Rooms are looked into once a week at most before day 50; the attendant is silent from then on."""
    rows = hotel()
    silent = (rows["staff_id"] == 2.0) & (day_number(rows) >= 50)
    long_ago = rows["interval_start"].mask(silent, rows["timestamp"] - pd.Timedelta(days=7))
    quiet = rows.assign(metric_value=rows["metric_value"].mask(silent, 0.0), interval_start=long_ago)
    family = next(each for each in detect_consumption(quiet, CONTEXT).families if each.name == "stuck_staff")
    decided = decide(family, SETTINGS)
    alerts = decided[decided["alert"] & (decided["entity_id"] == 2)]
    assert len(alerts)
    began = hotel_rows.START + pd.Timedelta(days=50) - pd.Timedelta(days=2)
    assert (alerts["interval_start"] >= began).all(), alerts["interval_start"].min()
