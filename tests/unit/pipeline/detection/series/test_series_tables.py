"""The comparison table says what was measured, and why where nothing was (A6.4)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands.evaluation import BEGIN, rewrite
from pipeline.detection.evaluation import comparison, series_tables
from pipeline.detection.evaluation.comparison import Compared

NAB_SCORER = """
import sys, pandas as pd
scores = pd.read_parquet(sys.argv[1])
print(f"standard   {scores.score.max():6.1f}  threshold 1.5")
print("standard, threshold from other files: 41.5")
"""
VUS_SCORER = """
def period_rank1(values): return 10
def metrics(score, label, window): return {"vuspr": float(score[label == 1].mean())}
"""


def table() -> pd.DataFrame:
    instants = pd.date_range("2024-01-01", periods=4, freq="h")
    low, high = ([0.0, 0.0, top, 0.0] for top in (1.0, 3.0))
    parts = [
        pd.DataFrame({"file": name, "timestamp": instants, "value": part}) for name, part in (("a", low), ("b", high))
    ]
    return pd.concat(parts, ignore_index=True).assign(label=[0, 0, 1, 0] * 2)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "data" / "series").mkdir(parents=True)
    (tmp_path / "tools").mkdir()
    for name in ("nab", "mscloud"):
        table().to_parquet(tmp_path / "data" / "series" / f"{name}.parquet")
    (tmp_path / "tools" / "nab_score.py").write_text(NAB_SCORER)
    (tmp_path / "tools" / "vus.py").write_text(VUS_SCORER)
    return tmp_path / "data", tmp_path / "tools"


@pytest.fixture
def one_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Compared("echo", lambda _, values: values), Compared("gone", None, "not installed (gone)")]
    monkeypatch.setattr(series_tables, "detectors", lambda: rows)


@pytest.mark.usefixtures("one_detector")
def test_figures_are_what_the_scorers_print(folders: tuple[Path, Path]) -> None:
    echo, gone = series_tables.figures(*folders)
    assert (echo.nab, echo.nab_other_files, echo.vus, echo.halves) == ("3.0", "41.5", "2.000", ("1.000", "3.000"))
    assert gone.nab == "not installed (gone)"
    assert "| gone | not installed (gone) |" in series_tables.as_markdown([echo, gone])


@pytest.mark.usefixtures("one_detector")
def test_an_absent_folder_and_a_failing_scorer_are_told(folders: tuple[Path, Path], tmp_path: Path) -> None:
    assert next(series_tables.figures(tmp_path / "nowhere", folders[1])).nab.startswith(series_tables.ABSENT)
    (folders[1] / "vus.py").write_text("import no_such_library")
    assert "no_such_library" in next(series_tables.figures(*folders)).vus


def test_the_references_know_the_past_only() -> None:
    values = np.random.default_rng(2).normal(size=300)
    times = np.arange(300, dtype=np.int64) * 3_600_000_000
    for compared in comparison.detectors()[2:4]:
        assert compared.scorer is not None
        full, prefix = compared.scorer(times, values), compared.scorer(times[:200], values[:200])
        assert np.array_equal(full[:200], prefix), compared.name


def test_a_library_that_is_not_installed_is_named() -> None:
    assert comparison._optional("some", "no_such_library.knn", "KNN").absent == "not installed (no_such_library)"


def test_the_generated_section_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    document = tmp_path / "evaluation.md"
    document.write_text("# Mine\n\nkept before\n")
    rewrite(document, "first table", "manage.py evaluate")
    document.write_text(document.read_text() + "\nkept after\n")
    rewrite(document, "second table", "manage.py evaluate")
    text = document.read_text()
    assert "first table" not in text
    assert [text.count(part) for part in ("kept before", "second table", "kept after", BEGIN)] == [1, 1, 1, 1]
