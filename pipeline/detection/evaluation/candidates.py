"""Candidates: what detection could have alerted on, reduced to one a family, entity and local day."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.detection.contract import Family

COLUMNS = [
    "family", "metric_type", "alert_type", "entity_type", "entity_id", "room_id", "product_id", "staff_id", "day",
    "interval_start", "timestamp", "margin", "alert",
]  # fmt: skip
INCIDENT_GAP_DAYS = 3  # alerts of one entity and type within this many days are one incident


def candidates(families: Sequence[tuple[Family, pd.DataFrame]], metric_type: str) -> pd.DataFrame:
    """The strongest material test of each family, entity and day. ``margin``: evidence beyond the threshold.

    The margin puts families on one scale: 0 is as rare as the budget allows in a day of that family's tests.
    """
    found = [_strongest(family, tests, metric_type) for family, tests in families]
    kept = [frame for frame in found if not frame.empty]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=COLUMNS)


def _strongest(family: Family, tests: pd.DataFrame, metric_type: str) -> pd.DataFrame:
    if tests.empty:
        return tests
    effect = np.abs(tests["effect" if "effect" in tests else "deviation_ratio"].to_numpy(dtype=float))
    certain = tests["certain"].to_numpy(dtype=bool) if "certain" in tests else np.zeros(len(tests), dtype=bool)
    material = (effect >= family.effect_gate_ratio) & tests["score"].notna().to_numpy()
    wanted = tests[(material & (tests["score"].to_numpy() > 1.0)) | certain]
    wanted = wanted.assign(
        family=family.name, metric_type=metric_type, alert_type=family.alert_type, entity_type=family.entity_type,
        margin=wanted["score"] - wanted["threshold"],
    )  # fmt: skip
    if family.entity_type == "room":
        wanted = wanted.assign(room_id=wanted["entity_id"])
    for name in ("room_id", "product_id", "staff_id"):
        wanted[name] = wanted[name].astype(float) if name in wanted else np.nan
    if family.entity_type in ("room", "minibar_slot"):
        wanted = wanted.assign(staff_id=np.nan)
    strongest: pd.DataFrame = wanted.sort_values(["alert", "margin"], ascending=False, kind="stable")
    return strongest.drop_duplicates(["entity_id", "day"])[COLUMNS]


def incidents(alerting: pd.DataFrame) -> np.ndarray:
    """Number of the incident that each alerting candidate belongs to, in the order of the rows."""
    keys = ["metric_type", "alert_type", "entity_type", "entity_id"]
    ordered = alerting.sort_values([*keys, "day"], kind="stable")
    same = (ordered[keys] == ordered[keys].shift()).all(axis=1)
    near = ordered["day"].diff() <= INCIDENT_GAP_DAYS
    numbers = (~(same & near)).cumsum()
    return np.asarray(numbers.reindex(alerting.index).to_numpy(np.int64))
