"""Custody movements become one row for every attendant and closed hotel-local day."""

import numpy as np
import pandas as pd

from pipeline.metrics.day_rows import day_starts

PARTS = ("used", "issued", "returned", "written_off")


def custody_days(totals: pd.DataFrame, last_day: int, time_zone: str) -> pd.DataFrame:
    """Every day of every attendant from the first custody movement to ``last_day`` (days since 1970), or, of those
    who are no longer active, to their last movement.

    ``totals``: staff_id, is_active, day, used, issued, returned, written_off; one row a day with movements. Columns:
    entity_id, interval_start, timestamp, metric_value (used), exposure (issued), issued, returned, written_off,
    balance (goods in the attendant's hands at the end of the day; negative when more left than came).
    """
    ordered = totals.sort_values(["staff_id", "day"], ignore_index=True)
    ids, staff = np.unique(ordered["staff_id"].to_numpy(np.int64), return_inverse=True)
    day = ordered["day"].to_numpy(np.int64)
    closed = day <= last_day
    starts = np.searchsorted(staff, np.arange(len(ids)))
    ends = np.searchsorted(staff, np.arange(len(ids)), side="right") - 1
    first = day[starts]
    active = ordered["is_active"].to_numpy(bool)[starts]
    final = np.where(active, last_day, np.minimum(day[ends], last_day))
    lengths = (final - first + 1).clip(0)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    series = np.repeat(np.arange(len(ids)), lengths)
    days = np.arange(len(series)) - offsets[series] + first[series]
    place = (offsets[staff] + day - first[staff])[closed]
    sums = {
        name: np.bincount(place, weights=ordered[name].to_numpy(float)[closed], minlength=len(series)) for name in PARTS
    }
    change = np.cumsum(sums["issued"] - sums["used"] - sums["returned"] - sums["written_off"])
    before = np.concatenate([[0.0], change])[offsets[series]]
    return pd.DataFrame(
        {
            "entity_id": ids[series],
            "interval_start": day_starts(days, time_zone),
            "timestamp": day_starts(days + 1, time_zone),
            "metric_value": sums["used"],
            "exposure": sums["issued"],
            **{name: sums[name].astype(np.int64) for name in ("issued", "returned", "written_off")},
            "balance": (change - before).astype(np.int64),
        }
    )
