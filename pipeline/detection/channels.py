"""Several opinions about one row on one fixed scale (−log10 of a tail), combined on that scale (DETECTION, Combine)."""

import numpy as np
import pandas as pd

from pipeline.training.exact import Floats, rounded
from pipeline.training.joint import joint_evidence


def combined(
    rows: pd.DataFrame, residual: Floats, channel: pd.DataFrame | None
) -> tuple[Floats, np.ndarray, list[str]]:
    """Score, model id (0: none) and detector name of each row; without a model the residual speaks alone."""
    alone = rounded(residual)
    if channel is None or channel.empty:
        return alone, np.zeros(len(rows), dtype=np.int64), ["zscore"] * len(rows)
    keys = ["entity_id", "timestamp"]
    joined = rows[keys].merge(channel.drop_duplicates(keys, keep="last"), on=keys, how="left")
    model = joined["channel"].to_numpy(dtype=float)
    known = np.isfinite(model)
    both = joint_evidence(residual, np.nan_to_num(model))
    score = np.where(known & np.isfinite(residual), rounded(both), alone)
    model_id = np.where(known, joined["model_id"].fillna(0).to_numpy(), 0).astype(np.int64)
    return score, model_id, np.where(known, "zscore+isolation_forest", "zscore").tolist()
