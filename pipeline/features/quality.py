"""How good stored features are: missing, constant, infinite (SPEC P2, P9)."""

import numpy as np
import pandas as pd

from pipeline.features.names import FEATURES


def quality(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a feature: feature, null_ratio, distinct, minimum, maximum, is_constant.

    An infinite value counts as missing: no model can use it. Without rows null_ratio is missing, not zero.
    """
    numbers = frame[list(FEATURES)].astype(float).where(lambda values: np.isfinite(values))
    distinct = numbers.nunique()
    found = pd.DataFrame(
        {
            "null_ratio": numbers.isna().mean(),
            "distinct": distinct,
            "minimum": numbers.min(),
            "maximum": numbers.max(),
            "is_constant": distinct <= 1,
        }
    )
    return found.rename_axis("feature").reset_index()
