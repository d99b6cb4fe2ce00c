"""The one rule that signs stock movements, and the level of the store after each of them."""

import numpy as np
import pandas as pd

from core.errors import AppError

# Effect of one unit on the level of the central store. A transfer leaves the store; a negative one comes back.
SIGNS: dict[str, int] = {"giris": 1, "devir": 1, "cikis": -1, "fire": -1, "transfer": -1}
COUNT = "sayim"  # sets the level instead of changing it
OUTFLOWS = ("cikis", "transfer", "fire")


def signed_quantity(movement_type: str, quantity: int) -> int:
    """The change of the level by a movement; a count has none of its own and is refused, as an unknown type is."""
    try:
        return SIGNS[movement_type] * quantity
    except KeyError as error:
        raise AppError("unknown_movement_type", params={"type": movement_type}) from error


def levels(movements: pd.DataFrame) -> pd.DataFrame:
    """The level of each product after each of its movements.

    ``movements`` has ``product_id, occurred_at, id, movement_type, quantity``, whole histories (the level before the
    first row is 0). Returned in the order (product_id, occurred_at, id) with the integer columns ``level`` and
    ``delta``: the change of the level, for a count the correction it made.
    """
    ordered = movements.sort_values(["product_id", "occurred_at", "id"], kind="stable", ignore_index=True)
    types = ordered["movement_type"].to_numpy(dtype=object)
    unknown = ~np.isin(types, [*SIGNS, COUNT])
    if unknown.any():
        raise AppError("unknown_movement_type", params={"type": str(types[unknown][0])})
    quantity = ordered["quantity"].to_numpy(dtype=np.int64)
    product = ordered["product_id"].to_numpy()
    counts = types == COUNT
    signs = ordered["movement_type"].map(SIGNS).fillna(0).to_numpy(dtype=np.int64)
    running = np.cumsum(signs * quantity)
    rows = np.arange(len(ordered))
    starts = np.r_[True, product[1:] != product[:-1]] if len(rows) else np.zeros(0, dtype=bool)
    # The row that last fixed the level: a count, or the product's first row where the level was 0 before.
    anchor = np.maximum.accumulate(np.where(counts | starts, rows, 0)) if len(rows) else rows
    before = running - signs * quantity
    fixed = np.where(counts, quantity, 0)
    base = np.where(counts, running, before)
    level = fixed[anchor] + running - base[anchor]
    previous = np.where(starts, 0, np.r_[0, level[:-1]][: len(rows)])
    return ordered.assign(level=level, delta=level - previous)
