"""Visits become intervals: from one look into a minibar to the next."""

import numpy as np
import pandas as pd


def visit_intervals(visits: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(intervals, members) of visits (room_id, occurred_at, visit_id, observes, initial).

    ``intervals``: room_id, interval_start, timestamp, visit_id; one for every instant at which a room was observed and
    that follows an observation or the first filling. Visits of one instant are one observation. ``members``: visit_id,
    room_id, timestamp of the interval in which each visit lies; visits that observe nothing (an extra filling, a
    correction at a desk) belong to the interval that the next observation closes.
    """
    ordered = visits.sort_values(["room_id", "occurred_at", "visit_id"], ignore_index=True)
    bounds = ordered["observes"].to_numpy(bool) | ordered["initial"].to_numpy(bool)
    looks = (
        ordered[bounds]
        .groupby(["room_id", "occurred_at"], as_index=False, sort=True)
        .agg(visit_id=("visit_id", "max"), observes=("observes", "max"))
    )
    room = looks["room_id"].to_numpy()
    follows = np.r_[False, room[1:] == room[:-1]] if len(looks) else np.zeros(0, dtype=bool)
    looks["interval_start"] = looks["occurred_at"].shift()
    closed = looks[follows & looks["observes"].to_numpy(bool)].rename(columns={"occurred_at": "timestamp"})
    intervals = closed[["room_id", "interval_start", "timestamp", "visit_id"]].reset_index(drop=True)
    return intervals, _members(ordered, intervals)


def _members(visits: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """Each visit with the interval (start, end] that holds it."""
    found = pd.merge_asof(
        visits[["visit_id", "room_id", "occurred_at"]].sort_values("occurred_at", kind="stable"),
        intervals[["room_id", "interval_start", "timestamp"]].sort_values("timestamp", kind="stable"),
        left_on="occurred_at",
        right_on="timestamp",
        by="room_id",
        direction="forward",
    )
    inside = (found["occurred_at"] > found["interval_start"]).to_numpy(bool)
    return found.loc[inside, ["visit_id", "room_id", "timestamp"]].reset_index(drop=True)


COMPARED = ("interval_start", "visit_id", "occupancy", "guests", "nights", "exposure")


def differences(
    intervals: pd.DataFrame, stored: pd.DataFrame, touched: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(changed, gone): intervals that are new, differ from the stored ones or lie in a touched span; and stored ones
    (room_id, timestamp) that no longer exist.

    ``touched``: room_id, visited_at; the lines of visits from that instant on may have changed (NaT: none did).
    """
    keys = ["room_id", "timestamp"]
    both = intervals.merge(stored, on=keys, how="left", suffixes=("", "_stored"), indicator=True)
    differs = (both["_merge"] == "left_only").to_numpy(bool)
    for name in COMPARED:
        ours, theirs = both[name], both[f"{name}_stored"]
        same = (ours == theirs).fillna(False).to_numpy(bool) | (ours.isna() & theirs.isna()).to_numpy(bool)
        differs = differs | ~same
    visited = intervals["room_id"].map(touched.set_index("room_id")["visited_at"])
    differs = differs | (intervals["timestamp"] >= visited).to_numpy(bool)
    left = stored[keys].merge(intervals[keys], on=keys, how="left", indicator=True)
    gone = left.loc[left["_merge"] == "left_only", keys]
    return intervals[differs].reset_index(drop=True), gone.reset_index(drop=True)
