"""Quality of features: missing, constant, infinite, alike, doubled, covered (SPEC P2, P9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.features.names import FEATURES
from pipeline.features.quality import alike, correlation, quality, report

UNTIL = datetime(2026, 3, 2, tzinfo=UTC)


def frame(rows: int = 200) -> pd.DataFrame:
    """Eight entities on consecutive days."""
    random = np.random.default_rng(4)
    made = pd.DataFrame(random.normal(size=(rows, len(FEATURES))), columns=list(FEATURES))
    days = pd.to_datetime([UNTIL - timedelta(days=number // 8) for number in range(rows)], utc=True)
    return made.assign(entity_id=np.arange(rows) % 8, timestamp=days)


def counts(**changed: Any) -> dict[str, object]:
    return {"rows": 200, "entities": 8, "duplicates": 0, "newest": UNTIL - timedelta(hours=5)} | changed


def test_missing_and_infinite_values_are_counted_and_constant_columns_named() -> None:
    rows = pd.DataFrame({key: [1.0, 2.0, 3.0, 4.0] for key in FEATURES})
    rows["std"] = [np.nan, np.inf, 1.0, 2.0]
    rows["hour"] = 0.0
    found = quality(rows).set_index("feature")
    assert list(found.index) == list(FEATURES)
    assert found.loc["std", ["null_ratio", "infinite_ratio"]].tolist() == [0.5, 0.25]
    assert found.loc["mean", ["null_ratio", "distinct", "maximum"]].tolist() == [0, 4, 4]
    assert found.index[found["is_constant"]].tolist() == ["hour"]


def test_without_rows_nothing_is_measured_and_nothing_is_missed() -> None:
    assert quality(pd.DataFrame(columns=list(FEATURES)))["null_ratio"].isna().all()
    empty = report(frame(0), counts(rows=0, newest=None), 0, UNTIL)
    assert (empty.null_ratio, empty.coverage_ratio, empty.age, empty.unmet()) == (None, None, None, ())


def test_columns_that_repeat_each_other_are_named_whatever_their_scale() -> None:
    rows = frame().assign(hour=0.0)
    rows["max"] = np.exp(rows["mean"])  # monotone, so of rank correlation 1
    rows["min"] = -rows["mean"]
    matrix = correlation(rows)
    assert "hour" not in matrix.columns
    assert {frozenset(pair[:2]) for pair in alike(matrix)} == {
        frozenset(pair) for pair in (("mean", "max"), ("mean", "min"), ("min", "max"))
    }
    assert alike(correlation(frame())) == ()


def test_the_report_names_the_goals_that_are_missed() -> None:
    """P9: nulls < 5 %, duplicates 0, coverage > 80 %; the negative control misses none."""
    good = report(frame(), counts(), 220, UNTIL)
    assert (good.unmet(), good.age, good.entities) == ((), timedelta(hours=5), 8)
    rows = frame()
    rows.loc[:, list(FEATURES[:4])] = np.nan
    bad = report(rows, counts(duplicates=3), 400, UNTIL)
    assert bad.unmet() == ("null_ratio", "duplicates", "coverage_ratio")
    assert bad.coverage_ratio == 0.5
