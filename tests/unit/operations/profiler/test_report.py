"""What a stored profile says (C10): sums by hand on three stacks."""

from pathlib import Path
from typing import Any

import pytest

from operations.profiler import report

PROFILE: dict[str, Any] = {
    "frames": [
        ["main", "asgi.py", 1],
        ["board", "pipeline/alerts/service.py", 9],
        ["execute", "sqlalchemy/base.py", 3],
    ],
    "stacks": [[[0, 1], 2.0, 1.0, 20], [[0, 1, 2], 6.0, 3.0, 60], [[0, 1, 2, 1], 2.0, 0.0, 1]],
    "calls": [1, 7, 5],
}


def test_own_time_is_of_the_innermost_and_total_counts_a_function_once_a_stack() -> None:
    found = {one.name: one for one in report.hottest(PROFILE, "elapsed")}
    assert {name: (one.self_seconds, one.total_seconds, one.calls) for name, one in found.items()} == {
        "main": (0.0, 10.0, 1), "board": (4.0, 10.0, 7), "execute": (6.0, 8.0, 5),
    }  # fmt: skip
    assert [one.name for one in report.hottest(PROFILE, "cpu")] == ["execute", "board", "main"]
    assert report.seconds(PROFILE, "cpu") == 4.0


def test_a_box_holds_its_childrens_time_and_specks_are_left_out() -> None:
    boxes = {box.id: (box.parent, box.name, box.seconds) for box in report.flame(PROFILE, "elapsed")}
    assert boxes == {
        "/0": ("", "main", 10.0), "/0/1": ("/0", "board", 10.0), "/0/1/2": ("/0/1", "execute", 8.0),
        "/0/1/2/1": ("/0/1/2", "board", 2.0),
    }  # fmt: skip
    speck = PROFILE | {"stacks": [*PROFILE["stacks"], [[2], 0.04, 0.0, 1]]}
    assert "/2" not in {box.id for box in report.flame(speck, "elapsed")}
    assert report.flame(PROFILE | {"stacks": [[[0], 5.0, 0.0, 9]]}, "cpu") == []


def test_within_a_library_the_first_call_stands_for_all() -> None:
    frames = [*PROFILE["frames"], ["_run", "python3.11/threading.py", 1], ["send", "psycopg2/x.py", 2]]
    nested = PROFILE | {"frames": frames, "stacks": [[[3, 3, 0, 2, 4, 2], 1.0, 1.0, 9], [[3, 0, 2], 1.0, 1.0, 9]]}
    boxes = [(box.id, box.seconds, box.is_own) for box in report.flame(nested, "cpu")]
    assert boxes == [("/3", 2.0, False), ("/3/0", 2.0, True), ("/3/0/2", 2.0, False)]


def test_changes_are_of_shares_and_the_largest_comes_first() -> None:
    slower = PROFILE | {"stacks": [[[0, 1], 2.0, 1.0, 20], [[0, 1, 2], 6.0, 9.0, 60]]}
    changes = report.changes(PROFILE, slower, "cpu")
    assert [(one.name, one.before_ratio, one.after_ratio) for one in changes] == [
        ("execute", 0.75, pytest.approx(0.9)), ("board", 0.25, pytest.approx(0.1)),
    ]  # fmt: skip
    [largest, *_] = report.changes(PROFILE, PROFILE | {"stacks": [[[0], 1.0, 1.0, 1]]}, "cpu")
    assert (largest.name, largest.before_ratio, largest.after_ratio) == ("main", 0.0, 1.0)


def test_the_speedscope_file_has_the_places_and_weights_of_the_format() -> None:
    file = report.speedscope(PROFILE, "api", "1.0")
    assert file["$schema"] == report.SPEEDSCOPE
    cpu, elapsed = file["profiles"]
    assert (cpu["type"], cpu["unit"], cpu["endValue"], elapsed["endValue"]) == ("sampled", "seconds", 4.0, 10.0)
    assert len(cpu["samples"]) == len(cpu["weights"]) == 3
    assert {place for sample in cpu["samples"] for place in sample} <= set(range(len(file["shared"]["frames"])))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/srv/barometer/pages/shell/reads.py", "pages/shell/reads.py"),
        ("/srv/barometer/.venv/lib/python3.11/site-packages/numpy/core.py", "numpy/core.py"),
        ("/usr/lib/python3.11/threading.py", "python3.11/threading.py"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
    ],
)
def test_files_are_told_from_the_project_or_the_library(path: str, told: str) -> None:
    assert report.told_file(path, Path("/srv/barometer")) == told
