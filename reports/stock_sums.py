"""Sums of stock movements: levels, units by kind, and what counts found beside what the books said."""

from datetime import date, datetime

import numpy as np
import pandas as pd

from sources.ledger import COUNT, OUTFLOWS, levels

# In the order in which a storekeeper reads them: what came in, what went out, what counts put right.
KINDS = ("giris", "devir", "cikis", "transfer", "fire", "sayim")
OPENING = "devir"
STATES = ("negative", "low", "enough", "unknown")


def moves(movements: pd.DataFrame) -> pd.DataFrame:
    """occurred_at, product_id, kind, quantity, change, level (after it), is_count: each product's rows in their order.

    ``movements``: see ``db.queries.stock_pages.movements``. A count that is a product's first movement ever opens its
    book: it is no correction and its kind is ``devir``.
    """
    found = levels(movements)
    opens = (found["movement_type"] == COUNT) & ~found["product_id"].duplicated() & found["is_whole"].astype(bool)
    named = found.assign(
        kind=found["movement_type"].mask(opens, OPENING), is_count=found["movement_type"] == COUNT
    ).rename(columns={"delta": "change"})
    return named[["occurred_at", "product_id", "kind", "quantity", "change", "level", "is_count"]]


def product_table(
    products: pd.DataFrame, moves: pd.DataFrame, since: datetime, today: date, time_zone: str
) -> pd.DataFrame:
    """``products`` with level, opening (level before ``since``), one column a kind, value, days_since_count, state.

    Outflows are positive; ``sayim`` is the sum of the corrections. opening + giris + devir − cikis − transfer − fire +
    sayim = level. Products that never moved have NaN. Without a cost (0 in the books) the value is NaN; a negative
    level is worth nothing. ``state``: negative, low (at or below the critical level), enough, unknown; in this order.
    """
    table = products.set_index("product_id")
    table["cost"] = table["cost"].where(table["cost"] > 0)
    table["level"] = moves.groupby("product_id")["level"].last().astype(float)
    before = moves[moves["occurred_at"] < since].groupby("product_id")["level"].last()
    has_moved = table["level"].notna()
    table["opening"] = before.reindex(table.index).fillna(0).where(has_moved)
    inside = moves[moves["occurred_at"] >= since]
    changed = inside.groupby(["product_id", "kind"])["change"].sum().unstack("kind")
    for kind in KINDS:
        units = changed[kind] if kind in changed else pd.Series(dtype=float)
        sign = -1 if kind in OUTFLOWS else 1
        table[kind] = (sign * units.reindex(table.index).fillna(0)).where(has_moved)
    table["value"] = table["level"].clip(lower=0) * table["cost"]
    table["days_since_count"] = _days_since_count(moves, today, time_zone).reindex(table.index)
    below = [~has_moved, table["level"] < 0, table["level"] <= table["critical_level"]]
    table["state"] = np.select(below, ["unknown", "negative", "low"], "enough")
    return table.reset_index().sort_values(
        "state", key=lambda states: states.map(STATES.index), kind="stable", ignore_index=True
    )


def _days_since_count(moves: pd.DataFrame, today: date, time_zone: str) -> "pd.Series[float]":
    """Local days since each product was last counted."""
    counted = moves[moves["is_count"]]
    newest = counted.groupby("product_id")["occurred_at"].max()
    counted_on = newest.dt.tz_convert(time_zone).dt.tz_localize(None).dt.normalize()
    days: pd.Series[float] = (pd.Timestamp(today) - counted_on).dt.days.astype(float)
    return days


def counts(products: pd.DataFrame, moves: pd.DataFrame, since: datetime) -> pd.DataFrame:
    """occurred_at, name, product_group, booked, counted, difference, value (at cost, NaN: no cost), newest first."""
    found = moves[(moves["occurred_at"] >= since) & (moves["kind"] == COUNT)].merge(products, on="product_id")
    return pd.DataFrame(
        {
            "occurred_at": found["occurred_at"], "name": found["name"], "product_group": found["product_group"],
            "booked": found["level"] - found["change"], "counted": found["level"], "difference": found["change"],
            "value": found["change"] * found["cost"].where(found["cost"] > 0),
        }
    ).sort_values(["occurred_at", "name"], ascending=[False, True], ignore_index=True)  # fmt: skip


def from_period(moves: pd.DataFrame, since: datetime, at: datetime) -> pd.DataFrame:
    """One product's rows from ``since`` on, with rows of kind None that hold the level at both ends of the period."""
    held = {"kind": None, "quantity": 0, "change": 0, "is_count": False}
    first = moves[moves["occurred_at"] < since].tail(1).assign(occurred_at=pd.Timestamp(since), **held)
    last = moves.tail(1).assign(occurred_at=pd.Timestamp(at), **held)
    parts = [part for part in (first, moves[moves["occurred_at"] >= since], last) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else moves
