"""Versions of thresholds in differences: each value that moved, what taught it, and a stored search read back (A6)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.detection.thresholds.outcomes import Measured
from pipeline.detection.thresholds.search import SearchTrace, Step
from pipeline.detection.thresholds.settings import HOTEL_WIDE, DetectionSettings, FamilyRule
from pipeline.detection.thresholds.versions import Version
from reports.threshold_history import Difference, Segment, differences, records, search_trace, segment_of

TYPE = "tuketim_miktar"
NAMES = {("floor", 3): "3", ("room_type", 7): "Suite"}
AT = datetime(2026, 3, 2, 5, tzinfo=UTC)
SETTINGS = DetectionSettings(1, TYPE)


def version(settings: DetectionSettings, number: int, source: str = "manual", trace: object = None) -> Version:
    kept = replace(settings, version=number, setting_id=number)
    return Version(kept, source, "why", "ayse", AT + timedelta(hours=number), number == 2, trace)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (FamilyRule(), ()),
        (FamilyRule(extra_evidence=0.5), (Difference("evidence", "cell", None, 0.0, 0.5),)),
        (FamilyRule(is_enabled=False), (Difference("switch", "cell", None, 1.0, 0.0),)),
        (FamilyRule(effect_gate_ratio=0.6), (Difference("gate", "cell", None, None, 0.6),)),
    ],
)
def test_each_value_of_a_rule_that_moved_is_one_difference(rule: FamilyRule, expected: tuple[Difference, ...]) -> None:
    after = replace(SETTINGS, families={"cell": rule})
    assert differences(SETTINGS, after, NAMES) == expected
    assert [(one.after, one.before) for one in differences(after, SETTINGS, NAMES)] == [
        (one.before, one.after) for one in expected
    ]


def test_segments_are_named_and_a_removed_one_goes_to_zero() -> None:
    key = "family=cell;floor=3;room_type=7"
    after = replace(SETTINGS, segments={key: 0.4})
    segment = Segment(key, (("floor", "3"), ("room_type", "Suite")))
    assert differences(SETTINGS, after, NAMES) == (Difference("evidence", "cell", segment, 0.0, 0.4),)
    assert differences(after, SETTINGS, NAMES) == (Difference("evidence", "cell", segment, 0.4, 0.0),)
    assert segment.code == "floor=3;room_type=7"


def test_what_has_no_name_any_more_shows_its_id_and_occupancy_its_code() -> None:
    assert segment_of("family=cell;floor=9", NAMES).places == (("floor", "9"),)
    assert segment_of("family=cell;occupancy=vacant", NAMES).places == (("occupancy", "vacant"),)


def test_each_version_is_compared_with_the_one_before_it_of_its_own_metric_type() -> None:
    first = replace(SETTINGS, families={"cell": FamilyRule(extra_evidence=0.5)})
    second = replace(SETTINGS, families={"cell": FamilyRule(extra_evidence=0.7)})
    budget = DetectionSettings(1, HOTEL_WIDE, budget_per_day=8.0)
    taught = {"shifts": [], "verdicts": 14, "confirmed": 5, "false": 9}
    versions = [version(second, 2, "verdicts", taught), version(budget, 1), version(first, 1)]
    newest, hotel, oldest = records(versions, 5.0, NAMES)
    assert newest.differences == (Difference("evidence", "cell", None, 0.5, 0.7),)
    assert hotel.differences == (Difference("budget", "", None, 5.0, 8.0),)
    assert oldest.differences == (Difference("evidence", "cell", None, 0.0, 0.5),)
    assert oldest.back == (Difference("evidence", "cell", None, 0.7, 0.5),)  # version 2 is in force
    assert (newest.back, hotel.back) == ((), ())
    assert newest.taught is not None
    assert (newest.taught.count, newest.taught.confirmed, newest.taught.false) == (14, 5, 9)
    assert (hotel.taught, hotel.search, oldest.taught) == (None, None, None)


def test_a_stored_search_is_read_back_as_it_was() -> None:
    measured = Measured(0.7, 0.5, 0.9, 30)
    step = Step("cell", {"cell": 0.25}, 29, measured, Measured(None, None, None, 0))
    trace = SearchTrace(TYPE, 0.85, "reached", 30, "2026-02-20", (step,), measured, None)
    assert search_trace(trace.as_json()) == trace
    [record] = records([version(SETTINGS, 1, "search", trace.as_json())], 5.0, NAMES)
    assert record.search == trace
