"""Settings: their rules, their JSON, segments, versions (A2.5)."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import AppError
from core.i18n import LANGUAGES, Translator
from pipeline.detection.thresholds.settings import (
    HOTEL_WIDE,
    Change,
    DetectionSettings,
    FamilyRule,
    as_json,
    check_families,
    from_json,
    parse_segment,
    segment_key,
)
from pipeline.detection.thresholds.versions import effective

DEFAULTS = DetectionSettings(1, "tuketim_miktar")
HOTEL = DetectionSettings(1, HOTEL_WIDE)


def test_what_is_written_is_what_is_read() -> None:
    rules = {"cell": FamilyRule(False, 0.5, 0.6), "room": FamilyRule()}
    settings = replace(DEFAULTS, families=rules, segments={segment_key("cell", room_type=3, product=7): 0.25})
    assert from_json(DEFAULTS, as_json(settings)) == settings
    assert from_json(HOTEL, as_json(replace(HOTEL, budget_per_day=8.0))).budget_per_day == 8.0


def test_the_budget_is_not_stored_with_a_metric_type_where_it_would_grow_old() -> None:
    assert "budget_per_day" not in as_json(DEFAULTS)
    assert "families" not in as_json(HOTEL)


WRONG: list[tuple[DetectionSettings, Change, str]] = [
    (HOTEL, Change(budget_per_day=0.0), "budget_per_day"),
    (HOTEL, Change(budget_per_day=float("nan")), "budget_per_day"),
    (HOTEL, Change(false_discovery_ratio=0.9), "false_discovery_ratio"),
    (HOTEL, Change(families={"cell": FamilyRule()}), HOTEL_WIDE),
    (DEFAULTS, Change(budget_per_day=5.0), "tuketim_miktar"),
    (DEFAULTS, Change(families={"cell": FamilyRule(extra_evidence=-3.0)}), "cell.extra_evidence"),
    (DEFAULTS, Change(families={"cell": FamilyRule(effect_gate_ratio=-0.1)}), "cell.effect_gate_ratio"),
    (DEFAULTS, Change(segments={"family=cell;room_type=3": 99.0}), "family=cell;room_type=3"),
    (DEFAULTS, Change(segments={"family=cell;colour=3": 1.0}), "family=cell;colour=3"),
    (DEFAULTS, Change(segments={"family=cell": 1.0}), "family=cell"),
    (DEFAULTS, Change(segments={"room=3;family=cell": 1.0}), "room=3;family=cell"),
    (DEFAULTS, Change(segments={"family=cell;room=a": 1.0}), "family=cell;room=a"),
    (DEFAULTS, Change(segments={"family=cell;occupancy=haunted": 1.0}), "family=cell;occupancy=haunted"),
]


@pytest.mark.parametrize(("settings", "change", "field"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_value_is_refused_by_a_sentence_that_names_it(
    settings: DetectionSettings, change: Change, field: str
) -> None:
    with pytest.raises(AppError, match="threshold_wrong") as caught:
        change.apply(settings)
    for language in LANGUAGES:
        sentence = Translator(language)(caught.value.message_id, **caught.value.params)
        assert field in sentence
        assert not sentence.startswith("error.")


def test_right_values_pass_the_same_rules() -> None:
    """Negative control of the test above."""
    change = Change(
        families={"cell": FamilyRule(extra_evidence=6.0, effect_gate_ratio=0.2)},
        segments={segment_key("cell", occupancy="vacant", room=3): -0.5},
    )
    assert change.apply(DEFAULTS).families["cell"].extra_evidence == 6.0
    assert Change(budget_per_day=500.0).apply(HOTEL).budget_per_day == 500.0


def test_families_that_do_not_exist_and_gates_below_the_stored_candidates_are_refused() -> None:
    gates = {"cell": 0.4}
    check_families(Change(families={"cell": FamilyRule(effect_gate_ratio=0.2)}), gates)
    wrong: list[tuple[Change, Any]] = [
        (Change(families={"sell": FamilyRule()}), "threshold_wrong_family"),
        (Change(segments={"family=sell;room=3": 1.0}), "threshold_wrong_family"),
        (Change(families={"cell": FamilyRule(effect_gate_ratio=0.19)}), "threshold_wrong_range"),
    ]
    for change, message in wrong:
        with pytest.raises(AppError) as caught:
            check_families(change, gates)
        assert caught.value.message_id == f"error.{message}"
    check_families(wrong[0][0], {})  # before the first detection nothing is known


def test_a_segment_has_one_spelling() -> None:
    key = segment_key("cell", room_type=12, product=7)
    assert key == "family=cell;product=7;room_type=12"
    assert parse_segment(key) == ("cell", {"product": "7", "room_type": "12"})


def test_a_change_leaves_the_rest_and_a_segment_of_zero_goes() -> None:
    segments = {"family=cell;room=1": 1.0, "family=cell;room=2": 0.5}
    before = replace(DEFAULTS, families={"room": FamilyRule(extra_evidence=0.5)}, segments=segments)
    after = Change(families={"cell": FamilyRule(False)}, segments={"family=cell;room=1": 0.0}).apply(before)
    assert after.families == {"room": FamilyRule(extra_evidence=0.5), "cell": FamilyRule(False)}
    assert after.segments == {"family=cell;room=2": 0.5}


def test_the_settings_in_force_are_the_metrics_version_on_the_hotels_budget_on_the_defaults() -> None:
    rows = [
        {"id": 3, "metric_type": HOTEL_WIDE, "version": 2, "parameters": {"budget_per_day": 9.0}},
        {"id": 4, "metric_type": "tuketim_miktar", "version": 6,
         "parameters": {"families": {"cell": {"extra_evidence": 0.5}}, "segments": {}}},
    ]  # fmt: skip
    found = effective(rows, 1, "tuketim_miktar", 5.0)
    assert (found.budget_per_day, found.version, found.budget_version, found.setting_id) == (9.0, 6, 2, 4)
    assert found.rule("cell").extra_evidence == 0.5
    untouched = effective(rows, 1, "dolum_sure", 5.0)
    assert (untouched.budget_per_day, untouched.version, untouched.setting_id) == (9.0, 0, None)
    assert effective([], 1, "dolum_sure", 7.0).budget_per_day == 7.0
