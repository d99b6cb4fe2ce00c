"""Stock movements become hourly levels and flows."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from pipeline.metrics.silence import closing_hours
from sources.ledger import COUNT

HOUR = timedelta(hours=1)
COLUMNS = ("outflow", "inflow", "count_correction")


def last_full_hour(at: datetime) -> datetime:
    """The newest hour of UTC that is closed at ``at``."""
    return at.replace(minute=0, second=0, microsecond=0)


def _frame(entity: np.ndarray, hour: np.ndarray, values: dict[str, np.ndarray]) -> pd.DataFrame:
    ends = pd.Series((hour * 3_600_000_000).astype("datetime64[us]")).dt.tz_localize("UTC")
    return pd.DataFrame({"entity_id": entity, "interval_start": ends - HOUR, "timestamp": ends, **values})


def hourly_levels(ledger: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Every closed hour of every product from its first movement on, movements or none.

    ``ledger``: product_id, occurred_at, movement_type, level, delta, in the order of ``sources.ledger.levels``, nothing
    after ``at``. Columns: entity_id, interval_start, timestamp, metric_value (level at the end), outflow, inflow,
    count_correction. A product's very first movement opens its book: as a count it corrects nothing.
    """
    hour = closing_hours(ledger["occurred_at"])
    ids, product = np.unique(ledger["product_id"].to_numpy(np.int64), return_inverse=True)
    final = int(last_full_hour(at).timestamp()) // 3600
    first = np.full(len(ids), np.iinfo(np.int64).max)
    np.minimum.at(first, product, hour)
    lengths = (final - first + 1).clip(0) if len(ids) else np.zeros(0, dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = int(offsets[-1])
    closed = hour <= final
    place = (offsets[:-1][product] + hour - first[product])[closed]
    series = np.repeat(np.arange(len(ids)), lengths)
    hours = np.arange(rows) - offsets[:-1][series] + first[series]
    # The last movement of an hour leaves its level; hours without one keep the level before (the first has one).
    newest = np.zeros(rows, dtype=np.int64)
    newest[place] = np.flatnonzero(closed)
    levels = ledger["level"].to_numpy(np.int64)[np.maximum.accumulate(newest)] if rows else np.zeros(0)
    flows = {name: np.bincount(place, weights=part[closed], minlength=rows) for name, part in _flows(ledger).items()}
    values = {"metric_value": levels.astype(float)} | {name: flow.astype(np.int64) for name, flow in flows.items()}
    return _frame(ids[series], hours, values)


def _flows(ledger: pd.DataFrame) -> dict[str, np.ndarray]:
    """Units out, units in and corrections by counts, movement by movement."""
    delta = ledger["delta"].to_numpy(np.int64)
    product = ledger["product_id"].to_numpy()
    opens = np.r_[True, product[1:] != product[:-1]] if len(product) else np.zeros(0, dtype=bool)
    counted = (ledger["movement_type"] == COUNT).to_numpy()
    moved = np.where(counted, 0, delta)
    corrected = np.where(counted & ~opens, delta, 0)
    return {"outflow": (-moved).clip(0), "inflow": moved.clip(0), "count_correction": corrected}


def carried_levels(newest: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """The closed hours since each product's newest stored one, for products that did not move.

    ``newest``: entity_id, timestamp, metric_value.
    """
    final = int(last_full_hour(at).timestamp()) // 3600
    stored = closing_hours(newest["timestamp"])
    lengths = (final - stored).clip(0)
    series = np.repeat(np.arange(len(newest)), lengths)
    hours = np.arange(len(series)) - np.concatenate([[0], np.cumsum(lengths)])[series] + stored[series] + 1
    still = np.zeros(len(series), dtype=np.int64)
    values = {"metric_value": newest["metric_value"].to_numpy(float)[series], **dict.fromkeys(COLUMNS, still)}
    return _frame(newest["entity_id"].to_numpy(np.int64)[series], hours, values)
