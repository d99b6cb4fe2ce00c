"""Judged alerts as learning sees them: family, distance from the threshold, segment (SPEC A6.3)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.alerts.learning.shifts import DIMENSIONS

CONFIRMED = "dogru"
COUNTED = (CONFIRMED, "yanlis_pozitif")  # what was expected, and trials, teach nothing about the detector
TEST = r"test=([a-z_0-9]+)"
OCCUPANCY = r"occupancy=([a-z]+)"
COLUMNS = ["id", "metric_type", "family", "margin", "is_true", *DIMENSIONS]


def judged_margins(judged: pd.DataFrame, decided: pd.DataFrame, manual: Mapping[str, float]) -> pd.DataFrame:
    """One row a counted verdict, with ``COLUMNS``.

    ``judged``: ``db.queries.verdicts.judged``. ``decided``: stored candidates with family, metric_type, entity_id,
    timestamp, score, certain and base_threshold. ``manual``: extra evidence that people ask of a family; learned
    shifts come on top of it. An incident's margin is that of its strongest interval: it would have been raised for
    that one. Facts that need no statistics, and alerts older than the candidates, are left out.
    """
    counted = judged[judged["verdict"].isin(COUNTED)]
    signature = counted["context_signature"].astype(object).fillna("").astype(str)
    counted = counted.assign(
        family=signature.str.extract(TEST, expand=False), occupancy=signature.str.extract(OCCUPANCY, expand=False),
        is_true=(counted["verdict"] == CONFIRMED).to_numpy(dtype=bool),
    )  # fmt: skip
    found = decided[~decided["certain"].astype(bool)]
    extra = found["family"].map(dict(manual)).fillna(0.0).to_numpy(dtype=float)
    found = found.assign(margin=found["score"] - found["base_threshold"] - extra)
    keys = ["metric_type", "family", "entity_id"]
    pairs = counted[["id", *keys, "started_at", "last_seen_at"]].merge(
        found[[*keys, "timestamp", "margin"]], on=keys, how="inner"
    )
    within = (pairs["timestamp"] > pairs["started_at"]) & (pairs["timestamp"] <= pairs["last_seen_at"])
    strongest = pairs[within].groupby("id")["margin"].max()
    known = counted[counted["id"].isin(strongest.index)]
    renamed = known.rename(columns={f"{name}_id": name for name in ("room_type", "floor", "product", "staff")})
    margin = np.round(np.maximum(known["id"].map(strongest).to_numpy(dtype=float), 0.0), 6)
    margins: pd.DataFrame = renamed.assign(margin=margin)[COLUMNS]
    return margins.reset_index(drop=True)
