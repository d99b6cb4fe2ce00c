"""``manage.py score``: the same rows in the same order, whatever the file's form; bad rows are named (SPEC P1)."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands.score import read, score
from core.errors import AppError
from core.settings import ROOT
from pipeline.detection.series import table as table_module
from pipeline.detection.series.table import score_table

ADDED = ["score", "expected", "lower", "upper"]


def series(rows: int = 160, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    at = pd.date_range("2026-01-01", periods=rows, freq="h")
    return pd.DataFrame({"file": "a", "timestamp": at, "value": 10 + rng.normal(0, 1, rows), "note": np.arange(rows)})


def scored(folder: Path, table: pd.DataFrame, name: str = "in.parquet", out: str = "out.parquet") -> pd.DataFrame:
    table.to_parquet(folder / name)
    score(folder / name, folder / out)
    return pd.read_parquet(folder / out)


def test_every_row_and_column_comes_back_in_its_order_with_four_more(tmp_path: Path) -> None:
    table = pd.concat([series(), series(seed=2).assign(file="b")]).sample(frac=1.0, random_state=3)
    found = scored(tmp_path, table)
    pd.testing.assert_frame_equal(found[table.columns], table)
    assert list(found.columns) == [*table.columns, *ADDED]
    assert found["score"].notna().all()


def test_a_series_scores_alike_alone_and_among_others_and_in_one_process_or_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_module, "PARALLEL_FROM_ROWS", 100)
    alone = score_table(series())
    others = [series(seed=seed).assign(file=f"x{seed}") for seed in range(2, 5)]
    both = pd.concat([series(), *others], ignore_index=True)
    for workers in (1, 2):
        among = score_table(both, workers).iloc[: len(alone)]
        pd.testing.assert_frame_equal(among[ADDED], alone[ADDED], check_exact=True)


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_numbers_are_time_since_1970_in_the_unit_of_their_size(unit: int) -> None:
    table = series()
    seconds = table["timestamp"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    found = score_table(table.assign(timestamp=seconds * unit))
    pd.testing.assert_frame_equal(found[ADDED], score_table(table)[ADDED], check_exact=True)


def test_csv_with_comma_or_with_semicolon_and_decimal_comma_says_the_same(tmp_path: Path) -> None:
    table = series().round({"value": 3})
    table.to_csv(tmp_path / "comma.csv", index=False)
    table.to_csv(tmp_path / "semicolon.csv.gz", index=False, sep=";", decimal=",")
    for name in ("comma.csv", "semicolon.csv.gz"):
        score(tmp_path / name, tmp_path / "out.csv")
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.csv")[ADDED], score_table(table)[ADDED])


def test_what_was_not_observed_has_no_score_and_teaches_nothing() -> None:
    table = series()
    gaps = table.assign(value=table["value"].where(table["note"] % 7 != 3, [np.nan, np.inf] * 80))
    found, without = score_table(gaps), score_table(gaps[np.isfinite(gaps["value"])])
    assert (found["score"].isna() == ~np.isfinite(gaps["value"])).all()
    pd.testing.assert_frame_equal(found[found["score"].notna()][ADDED], without[ADDED], check_exact=True)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"value": ["1.0", "warm", *["2"] * 158]}, "score_value_wrong", {"row": 2, "value": "warm", "rows": 1}),
        ({"timestamp": ["2026-01-01", "soon", *["2026-01-02"] * 158]}, "score_timestamp_wrong",
         {"row": 2, "value": "soon", "rows": 1}),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_with_its_column_and_value(change: dict[str, list[str]], code: str, said: object) -> None:
    with pytest.raises(AppError) as caught:
        score_table(series().assign(**change))
    assert (caught.value.code, caught.value.params) == (code, said)


def test_a_missing_column_and_files_that_are_no_table_are_told(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="score_column_missing"):
        score_table(series().drop(columns="value"))
    (tmp_path / "broken.parquet").write_bytes(b"no parquet")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "sheet.xlsx").write_bytes(b"")
    for name, code in (("broken.parquet", "import_file_unreadable"), ("empty.csv", "import_file_empty"),
                       ("absent.csv", "import_file_missing"), ("sheet.xlsx", "import_file_type")):  # fmt: skip
        with pytest.raises(AppError) as caught:
            read(tmp_path / name)
        assert caught.value.code == code


def test_the_command_needs_no_server_and_says_one_sentence_when_it_cannot(tmp_path: Path) -> None:
    series().to_parquet(tmp_path / "in.parquet")
    command = [sys.executable, str(ROOT / "manage.py"), "score", str(tmp_path / "in.parquet"), "--out"]
    environment = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "PATH": "/usr/bin", "HOME": str(tmp_path)}

    def run(out: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, str(out)], env=environment, capture_output=True, text=True, check=False)

    good = run(tmp_path / "out.csv")
    assert (good.returncode, good.stderr) == (0, "")
    bad = run(tmp_path / "no" / "out.csv")
    assert bad.returncode == 1
    assert len(bad.stderr.strip().splitlines()) == 1
