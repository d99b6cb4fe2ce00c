"""Replayed decisions as the ranked candidates that measures of quality take."""

import numpy as np
import pandas as pd

from pipeline.detection.evaluation.candidates import COLUMNS

OF_ROOMS = ("room", "minibar_slot")  # a label about an attendant is not found by an alert about a room


def ranked(decided: pd.DataFrame, metric_type: str) -> pd.DataFrame:
    """The strongest candidate of each family, entity and local day of one metric type (``candidates.COLUMNS``).

    ``decided``: ``ReplayResult.decided``. What a verdict keeps silent is left out, since nobody sees it; so is what
    brought the evidence and still was no alert (too small an effect, over the day's budget, explained by another).
    """
    mine = decided[(decided["metric_type"] == metric_type).to_numpy() & ~decided["silenced"].to_numpy(dtype=bool)]
    margin = mine["score"].to_numpy(dtype=float) - mine["threshold"].to_numpy(dtype=float)
    alert, certain = mine["alert"].to_numpy(dtype=bool), mine["certain"].to_numpy(dtype=bool)
    of_room = mine["entity_type"].isin(OF_ROOMS).to_numpy()
    staff = np.where(of_room, np.nan, mine["staff_id"].to_numpy(dtype=float))
    rows = mine.assign(margin=np.where(certain, np.inf, margin), staff_id=staff)[alert | (margin < 0)]
    strongest = rows.sort_values(["alert", "margin"], ascending=False, kind="stable")
    kept: pd.DataFrame = strongest.drop_duplicates(["family", "entity_id", "day"])[COLUMNS].reset_index(drop=True)
    return kept


def within(found: pd.DataFrame, since_day: int) -> pd.DataFrame:
    """The candidates of local days (since 1970) from ``since_day`` on."""
    kept: pd.DataFrame = found[(found["day"] >= since_day).to_numpy(dtype=bool)].reset_index(drop=True)
    return kept
