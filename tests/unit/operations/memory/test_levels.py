"""Levels of memory use: entered at 70, 80, 90 %, left five points below (R1)."""

from hypothesis import given
from hypothesis import strategies as st

from operations.memory.levels import ENTERED_AT, HYSTERESIS, LEVELS, Level, next_level


def course(*ratios: float) -> list[Level]:
    level: Level = "normal"
    return [level := next_level(level, ratio) for ratio in ratios]


def test_each_level_is_entered_at_its_threshold() -> None:
    assert course(0.69, 0.70, 0.79, 0.80, 0.90) == ["normal", "warn", "warn", "recycle", "refuse"]
    assert course(0.95) == ["refuse"]


def test_a_process_at_the_border_does_not_go_to_and_fro() -> None:
    assert course(0.90, 0.89, 0.90, 0.86, 0.85, 0.849) == ["refuse", "refuse", "refuse", "refuse", "refuse", "recycle"]
    assert course(0.71, 0.69, 0.66, 0.64) == ["warn", "warn", "warn", "normal"]


def test_a_fall_goes_through_to_where_it_ends() -> None:
    assert course(0.95, 0.2) == ["refuse", "normal"]
    assert course(0.95, 0.77) == ["refuse", "recycle"]  # 0.77 has not left 0.80 yet


@given(st.sampled_from(LEVELS), st.floats(0, 2))
def test_a_level_is_never_below_its_threshold_and_never_kept_under_its_exit(level: Level, ratio: float) -> None:
    found = next_level(level, ratio)
    for entered in LEVELS:
        if ratio >= ENTERED_AT[entered]:
            assert LEVELS.index(found) >= LEVELS.index(entered)
    assert ratio >= ENTERED_AT[found] - HYSTERESIS - 1e-9 or found == "normal"
