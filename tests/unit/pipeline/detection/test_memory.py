"""Judging on from remembered days gives exactly what judging the whole history gives (DETECTION principle 2, P-4)."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.detection.contract import Context, Detected
from pipeline.detection.counts import continued, detect_consumption
from pipeline.detection.memory import Memory, load, save
from pipeline.training.rows import local_days
from tests.unit.pipeline.detection import hotel_rows

CONTEXT = Context("Europe/Istanbul", "some_type", hotel_id=7)
DAYS = 75


@cache
def history() -> pd.DataFrame:
    """Two floors, three attendants, one trolley in ten short, a fifth of the looks left out."""
    rows = hotel_rows.consumption(10, DAYS, seed=9)
    rng = np.random.default_rng(2)
    room, day = rows["room_id"], rows["visit_id"] // 1000
    rows = rows.assign(
        floor_id=room % 2 + 1, staff_id=(room + day) % 3 + 1.0,
        refilled=np.where(rng.random(len(rows)) < 0.1, 0.0, rows["metric_value"]), guests=rows["guests"].astype(float),
    )  # fmt: skip
    looked = rng.random((11, DAYS + 1)) < 0.8
    return rows[looked[room, day]].reset_index(drop=True)


@cache
def whole() -> Detected:
    return detect_consumption(history(), CONTEXT)


def day_of(rows: pd.DataFrame) -> np.ndarray:
    return local_days(rows["timestamp"], CONTEXT.time_zone)


def start(days_ago: int) -> int:
    return int(day_of(history()).max()) - days_ago


def memory_until(day: int) -> Memory:
    rows = history()
    kept = continued(rows[day_of(rows) <= day + 3], CONTEXT, None, day)[1]
    assert kept is not None
    return kept


def since(memory: Memory) -> pd.DataFrame:
    rows = history()
    return rows[day_of(rows) >= memory.day]


def assert_same(found: Detected, expected: Detected, first: int) -> None:
    keys = ["timestamp", "entity_id"]
    scores = expected.scores.merge(found.scores[keys], on=keys).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(found.scores.sort_values(keys, ignore_index=True), scores, check_exact=True)
    assert [family.name for family in found.families] == [family.name for family in expected.families]
    for one, other in zip(found.families, expected.families, strict=True):
        names = ["entity_id", "timestamp", "day", "value", "expected", "upper", "deviation_ratio", "score"]
        mine, theirs = (
            family.tests.loc[family.tests["day"] >= first, names].sort_values(keys, ignore_index=True)
            for family in (one, other)
        )
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True, check_dtype=False, obj=one.name)
        assert len(mine) > 0, one.name


@pytest.mark.parametrize("days_ago", [1, 5, 20])
def test_days_judged_from_a_memory_are_judged_as_in_the_whole_history(days_ago: int) -> None:
    memory = memory_until(start(days_ago))
    assert_same(continued(since(memory), CONTEXT, memory)[0], whole(), memory.day)


def test_a_memory_made_from_a_memory_is_as_good_as_one_of_the_whole_history() -> None:
    """A live installation moves it on day by day."""
    memory = memory_until(start(9))
    for days_ago in (8, 6, 3):
        moved = continued(since(memory), CONTEXT, memory, start(days_ago))[1]
        assert moved is not None
        assert moved.day == start(days_ago)
        memory = moved
    assert_same(continued(since(memory), CONTEXT, memory)[0], whole(), memory.day)


def test_a_stored_memory_is_the_same_memory(tmp_path: Path) -> None:
    memory = memory_until(start(4))
    save(memory, tmp_path / "memory.npz", "hotel 7")
    loaded = load(tmp_path / "memory.npz", "hotel 7")
    assert loaded is not None
    assert_same(continued(since(memory), CONTEXT, loaded)[0], whole(), memory.day)


def test_a_memory_that_is_missing_damaged_or_of_something_else_is_none(tmp_path: Path) -> None:
    path = tmp_path / "memory.npz"
    assert load(path, "hotel 7") is None
    save(memory_until(start(4)), path, "hotel 7")
    assert load(path, "hotel 8") is None
    assert load(path, "hotel 7") is not None
    path.write_bytes(path.read_bytes()[:5000])
    assert load(path, "hotel 7") is None


def test_a_memory_of_other_rows_would_be_noticed() -> None:
    """Negative control: one consumed unit more in the remembered days changes what is expected later."""
    rows, memory = history(), memory_until(start(5))
    changed = rows.assign(metric_value=rows["metric_value"] + (day_of(rows) == memory.day - 3))
    other = detect_consumption(changed, CONTEXT)
    with pytest.raises(AssertionError):
        assert_same(continued(since(memory), CONTEXT, memory)[0], other, memory.day)
