"""Thresholds learned from verdicts: shrunken, bounded, step by step, back again when verdicts say so (A6.3)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.learning.shifts import MAX_SHIFT, STEP, Shift, learn

TARGET = 0.85


def verdicts(true: list[float], false: list[float], **dimensions: object) -> pd.DataFrame:
    """Judged alerts of the family ``cell`` with these margins."""
    frame = pd.DataFrame({"margin": [*true, *false], "is_true": [True] * len(true) + [False] * len(false)})
    return frame.assign(family="cell", **dimensions)


def learned(judged: pd.DataFrame, before: dict[str, float] | None = None) -> dict[str, Shift]:
    return {shift.key: shift for shift in learn(judged, before or {}, TARGET)}


def settled(judged: pd.DataFrame, nights: int = 10) -> dict[str, float]:
    """The shifts after the same verdicts were learned from night after night."""
    before: dict[str, float] = {}
    for _ in range(nights):
        before = {shift.key: shift.after for shift in learn(judged, before, TARGET)}
    return before


def test_weak_false_alarms_raise_the_threshold_above_them_and_not_above_the_true_ones() -> None:
    judged = verdicts(true=[1.5, 2.0, 2.5, 3.0, 2.2, 1.8], false=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.2, 0.3])
    shift = settled(judged)["cell"]
    assert 0.3 < shift <= 1.5


def test_one_night_moves_at_most_one_step() -> None:
    judged = verdicts(true=[], false=[1.0] * 30)
    assert learned(judged)["cell"].after == STEP
    assert learned(judged, {"cell": STEP})["cell"].after == 2 * STEP


def test_one_false_alarm_moves_nothing_in_a_hotel_whose_alerts_are_right() -> None:
    one = verdicts(true=[2.0, 1.0], false=[0.1])
    trusted = verdicts(true=[2.0, 1.0, 0.3, 0.1] * 5, false=[0.1])
    assert [shift.after for shift in learn(one, {}, TARGET, trusted)] == [0.0]


def test_a_family_learns_from_one_false_alarm_what_the_hotels_other_weak_alerts_turned_out_to_be() -> None:
    one = verdicts(true=[], false=[0.1])
    noisy = verdicts(true=[3.0, 4.0, 2.0] * 4, false=[0.1, 0.2, 0.3, 0.4] * 4)
    assert [shift.after for shift in learn(one, {}, TARGET, noisy)] == [STEP]


def test_alarms_that_cannot_be_told_from_true_ones_hide_none_of_them() -> None:
    """The negative control: where evidence does not separate, a higher threshold costs as many true alerts."""
    margins = [0.1 * number for number in range(1, 21)]
    shift = settled(verdicts(true=margins, false=margins))["cell"]
    assert shift == 0.0


def test_true_alerts_bring_the_threshold_back() -> None:
    false = [0.1, 0.2, 0.3, 0.4, 0.5, 0.2]
    high = settled(verdicts(true=[1.0], false=false))["cell"]
    back = learned(verdicts(true=[1.0] + [0.3] * 40, false=false), {"cell": high})["cell"]
    assert high > 0.0
    assert back.after == max(round(high - STEP, 2), 0.0)


def test_a_shift_that_no_verdict_supports_any_more_goes_back_step_by_step() -> None:
    nothing = verdicts([], [])
    shifts = learned(nothing, {"cell": 0.5, "family=refill;staff=3": 0.1})
    assert (shifts["cell"].after, shifts["family=refill;staff=3"].after) == (0.1, 0.0)


def test_a_segment_that_is_clearly_worse_carries_its_own_shift_and_leaves_the_family_alone() -> None:
    good = verdicts(true=[0.5, 1.0, 1.5, 2.0] * 4, false=[0.2], staff=1, product=5)
    bad = verdicts(true=[], false=[0.3, 0.5, 0.6, 0.7, 0.9, 0.4], staff=3, product=5)
    shifts = settled(pd.concat([good, bad], ignore_index=True))
    assert shifts["cell"] == 0.0
    assert shifts["family=cell;staff=3"] > 0.5
    assert set(shifts) == {"cell", "family=cell;staff=3"}


def test_three_false_alarms_are_no_segment() -> None:
    good = verdicts(true=[1.0] * 20, false=[], staff=1)
    bad = verdicts(true=[], false=[0.3, 0.3, 0.3], staff=3)
    assert set(settled(pd.concat([good, bad], ignore_index=True))) == {"cell"}


def test_a_family_that_is_bad_everywhere_is_shifted_as_a_whole() -> None:
    rows = [verdicts(true=[2.0], false=[0.2, 0.3, 0.4, 0.1], staff=staff, room_type=staff % 2) for staff in range(8)]
    shifts = settled(pd.concat(rows, ignore_index=True))
    assert set(shifts) == {"cell"}
    assert shifts["cell"] > 0.3


MARGINS = st.lists(st.floats(0, 8, allow_nan=False), max_size=30)


@given(MARGINS, MARGINS, st.floats(0, MAX_SHIFT))
def test_shifts_are_bounded_and_do_not_depend_on_the_order_of_verdicts(
    true: list[float], false: list[float], before: float
) -> None:
    judged = verdicts(true, false, staff=1)
    current = {"cell": round(before, 2)}
    shuffled = judged.sample(frac=1.0, random_state=np.random.default_rng(1))
    first, second = learn(judged, current, TARGET), learn(shuffled, current, TARGET)
    assert first == second
    for shift in first:
        assert 0.0 <= shift.after <= MAX_SHIFT
        assert abs(shift.after - shift.before) <= STEP + 1e-9


@pytest.mark.parametrize("false", [5, 50])
def test_the_precision_that_is_told_is_shrunken_and_the_counts_are_plain(false: int) -> None:
    shift = learned(verdicts(true=[1.0], false=[1.0] * false))["cell"]
    assert (shift.confirmed, shift.false) == (1, false)
    assert 1 / (1 + false) < shift.precision < 0.95
