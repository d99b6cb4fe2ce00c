"""Asking more never raises an alert, allowing more never takes one away; nothing depends on order or the future."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detection.contract import Family
from pipeline.detection.decision import RANK_DAYS, budget_ranks, decide
from pipeline.detection.thresholds.segments import Places, segment_evidence
from pipeline.detection.thresholds.settings import DetectionSettings, FamilyRule, segment_key

ASKED = DetectionSettings(1, "tuketim_miktar")
seeds = st.integers(0, 2**32 - 1)
extras = st.floats(-1.0, 6.0)
few = settings(max_examples=40, deadline=None)


def crowded(seed: int, share: float = 0.15) -> Family:
    """A family of 40 days whose last days are a flood: many strong tests, several of one entity on a day."""
    rng = np.random.default_rng(seed)
    count = 40 * 60
    day = np.arange(count) // 60
    minute = rng.integers(0, 30, count) * 20
    score = np.where(day > 34, rng.exponential(1.5, count) + 1.0, rng.exponential(0.43, count))
    tests = pd.DataFrame(
        {
            "entity_id": rng.integers(0, 45, count),
            "room_id": rng.integers(0, 9, count),
            "timestamp": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(day * 1440 + minute, unit="min"),
            "day": day,
            "score": np.round(score, 9),
            "deviation_ratio": rng.uniform(0.1, 1.2, count),
        }
    )
    tests = tests.drop_duplicates(["entity_id", "timestamp"]).sort_values(["timestamp", "entity_id"])
    return Family("cell", "some_type", "minibar_slot", 0.4, tests.reset_index(drop=True), share=share)


def alerts(family: Family, asked: DetectionSettings) -> set[tuple[object, ...]]:
    found = decide(family, asked, places=Places(floors={room: room // 3 for room in range(9)}))
    return set(found.loc[found["alert"], ["entity_id", "timestamp"]].itertuples(index=False, name=None))


@few
@given(seeds, extras, st.floats(0.0, 3.0))
def test_more_evidence_asked_never_adds_an_alert(seed: int, extra: float, more: float) -> None:
    family = crowded(seed)
    before = alerts(family, ASKED.with_rule("cell", extra_evidence=extra))
    assert alerts(family, ASKED.with_rule("cell", extra_evidence=extra + more)) <= before


@few
@given(seeds, st.floats(0.2, 50.0), st.floats(1.0, 10.0))
def test_a_larger_budget_never_takes_an_alert_away(seed: int, budget: float, factor: float) -> None:
    family = crowded(seed)
    before = alerts(family, replace(ASKED, budget_per_day=budget))
    assert before <= alerts(family, replace(ASKED, budget_per_day=budget * factor))


@few
@given(seeds, st.floats(0.2, 1.0), st.floats(0.0, 1.0))
def test_a_larger_effect_asked_never_adds_an_alert(seed: int, gate: float, more: float) -> None:
    family = crowded(seed)
    before = alerts(family, ASKED.with_rule("cell", effect_gate_ratio=gate))
    assert alerts(family, ASKED.with_rule("cell", effect_gate_ratio=gate + more)) <= before


@few
@given(seeds, st.floats(-0.5, 3.0), st.integers(0, 2))
def test_a_segment_changes_its_own_tests_only_and_only_as_asked(seed: int, extra: float, floor: int) -> None:
    family = crowded(seed)
    usual = alerts(family, ASKED)
    shifted = alerts(family, replace(ASKED, segments={segment_key("cell", floor=floor): extra}))
    rooms = family.tests.set_index(["entity_id", "timestamp"])["room_id"]
    changed = usual ^ shifted
    assert all(rooms[key] // 3 == floor for key in changed)
    assert shifted <= usual if extra >= 0 else usual <= shifted


def test_a_rank_by_what_alerts_would_be_noticed() -> None:
    """Negative control: first come, first served among those that pass lets a weak early test take a strong place."""

    def first_come(asked: DetectionSettings) -> set[object]:
        found = decide(replace(family, tests=family.tests.assign(budget_rank=0)), asked)
        passed = found[found["alert"]].drop_duplicates(["day", "entity_id"])
        kept = passed[passed.groupby("day").cumcount() < asked.cap(family.share, 1)]
        return set(kept[["entity_id", "timestamp"]].itertuples(index=False, name=None))

    family = crowded(1)
    strict = first_come(ASKED.with_rule("cell", extra_evidence=1.0))
    assert not strict <= first_come(ASKED)


@few
@given(seeds)
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    family = crowded(seed)
    shuffled = replace(family, tests=family.tests.sample(frac=1.0, random_state=seed % 1000))
    assert alerts(shuffled, ASKED) == alerts(family, ASKED)


@few
@given(seeds, st.integers(30, 39), st.integers(0, 29))
def test_a_decision_depends_on_nothing_later(seed: int, day: int, twentieth: int) -> None:
    """DETECTION 2, within the day too: the cap looks at what came before."""
    family = crowded(seed)
    cut = pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=day, minutes=20 * twentieth)
    past = replace(family, tests=family.tests[family.tests["timestamp"] <= cut])
    whole = {key for key in alerts(family, ASKED) if key[1] <= cut}  # type: ignore[operator]
    assert alerts(past, ASKED) == whole


@few
@given(seeds, st.integers(29, 38))
def test_days_decided_alone_with_the_numbers_of_tests_are_decided_alike(seed: int, day: int) -> None:
    family = crowded(seed)
    counts = family.tests.groupby("day").size()
    late = family.tests[family.tests["day"] >= day - RANK_DAYS]
    found = decide(replace(family, tests=late), ASKED, counts)
    whole = decide(family, ASKED)
    pd.testing.assert_frame_equal(found[found["day"] >= day], whole[whole["day"] >= day], check_exact=True)


def test_the_rank_is_of_entities_and_an_entity_keeps_its_strongest_evidence() -> None:
    at = pd.Timestamp("2026-01-01", tz="UTC")
    tests = pd.DataFrame(
        {
            "entity_id": [1, 2, 1, 3, 3, 2, 2],
            "timestamp": [at + pd.Timedelta(days=day, hours=hour) for hour, day in enumerate((0, 0, 0, 0, 0, 6, 7))],
            "day": [0, 0, 0, 0, 0, 6, 7],
            "score": [5.0, 4.0, 3.0, 3.5, 6.0, 3.0, 3.0],
            "deviation_ratio": 1.0,
        }
    )
    family = Family("cell", "some_type", "minibar_slot", 0.4, tests)
    assert budget_ranks(family).tolist() == [0, 1, 0, 2, 0, 2, 0]
    small = replace(family, tests=tests.assign(deviation_ratio=[1.0, 1.0, 1.0, 1.0, 0.3, 1.0, 1.0]))
    assert budget_ranks(small).tolist() == [0, 1, 0, 2, 0, 1, 0]  # what misses the gate stands in nobody's way


def test_a_family_that_is_switched_off_raises_nothing_and_lets_its_incidents_end() -> None:
    family = crowded(2)
    certain = replace(family, tests=family.tests.assign(certain=family.tests["day"] == 39))
    off = decide(certain, ASKED.with_rule("cell", is_enabled=False))
    assert not off["alert"].any()
    assert off["normal"].all()
    on = decide(certain, ASKED)
    assert on.loc[on["day"] == 39, "alert"].all()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (segment_key("cell", room=4), [0.0, 1.0, 0.0]),
        (segment_key("cell", room_type=2), [1.0, 1.0, 0.0]),
        (segment_key("cell", product_group=5), [0.0, 1.0, 1.0]),
        (segment_key("cell", occupancy="occupied", room_type=2), [1.0, 0.0, 0.0]),
        (segment_key("cell", occupancy="unknown"), [0.0, 1.0, 0.0]),
        (segment_key("cell", staff=9), [0.0, 0.0, 1.0]),
        (segment_key("cell", entity=11), [1.0, 0.0, 0.0]),
        (segment_key("room", room=4), [0.0, 0.0, 0.0]),
    ],
)
def test_a_segment_finds_its_tests(key: str, expected: list[float]) -> None:
    tests = pd.DataFrame(
        {
            "entity_id": [11, 12, 13], "room_id": [3, 4, np.nan], "product_id": [7, 8, 8], "staff_id": [np.nan, 2, 9],
            "occupancy": ["occupied", None, "vacant"],
        }
    )  # fmt: skip
    family = Family("cell", "some_type", "minibar_slot", 0.4, tests)
    places = Places(floors={}, room_types={3: 2, 4: 2}, product_groups={8: 5, 7: 1})
    assert segment_evidence(family, {key: 1.0}, places).tolist() == expected


def test_of_several_segments_the_largest_counts() -> None:
    tests = pd.DataFrame({"entity_id": [1, 2], "room_id": [3, 4]})
    family = Family("cell", "some_type", "minibar_slot", 0.4, tests)
    wanted = {segment_key("cell", room=3): -0.5, segment_key("cell", entity=1): 0.75, segment_key("cell", room=4): -0.5}
    assert segment_evidence(family, wanted).tolist() == [0.75, -0.5]


def test_an_own_gate_and_the_floor_of_evidence_hold() -> None:
    family = crowded(3)
    loose = ASKED.with_rule("cell", extra_evidence=-1.0)
    assert decide(family, replace(loose, budget_per_day=500.0))["threshold"].min() == 2.0
    gated = decide(family, replace(ASKED, families={"cell": FamilyRule(effect_gate_ratio=1.0)}))
    assert (gated.loc[gated["alert"], "deviation_ratio"] >= 1.0).all()
    assert gated["alert"].any()
