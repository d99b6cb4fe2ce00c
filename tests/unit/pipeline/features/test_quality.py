"""Quality of features: missing, constant, infinite (SPEC P2, P9)."""

import numpy as np
import pandas as pd

from pipeline.features.names import FEATURES
from pipeline.features.quality import quality


def test_missing_and_infinite_values_are_counted_and_constant_columns_named() -> None:
    frame = pd.DataFrame({key: [1.0, 2.0, 3.0, 4.0] for key in FEATURES})
    frame["std"] = [np.nan, np.inf, 1.0, 2.0]
    frame["hour"] = 0.0
    found = quality(frame).set_index("feature")
    assert list(found.index) == list(FEATURES)
    assert found.loc["std", "null_ratio"] == 0.5
    assert found.loc["mean", ["null_ratio", "distinct", "maximum"]].tolist() == [0, 4, 4]
    assert found.index[found["is_constant"]].tolist() == ["hour"]


def test_without_rows_the_share_of_missing_values_is_missing() -> None:
    assert quality(pd.DataFrame(columns=list(FEATURES)))["null_ratio"].isna().all()
