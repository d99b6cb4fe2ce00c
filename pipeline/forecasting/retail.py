"""Stock movements of a wholesaler as a demand history: real, intermittent and lumpy, to judge forecasts on."""

import numpy as np
import pandas as pd

from pipeline.forecasting.history import History, Records, build_history

SALE = "sale_out"


def retail_history(movements: pd.DataFrame) -> History:
    """``movements``: moved_at, sku, movement_kind, source_quantity (positive is out). Days are the days sold on; a day
    on which nothing at all moved is a zero unless it belongs to a closed week. Products are the SKUs in order."""
    moved_on = pd.to_datetime(movements["moved_at"]).dt.normalize()
    products, names = pd.factorize(movements["sku"], sort=True)
    rows = movements.assign(product_id=products, moved_on=moved_on)
    sold = rows[(rows["movement_kind"] == SALE) & (rows["source_quantity"] > 0)]
    flows = sold.groupby(["product_id", "moved_on"], as_index=False).agg(outflow=("source_quantity", "sum"))
    flows = flows.assign(returned=0.0, delivered=0.0)
    first = rows.groupby("product_id", as_index=False).agg(moved_on=("moved_on", "min"))
    dates = ["arrival_on", "departure_on", "known_on"]
    none = pd.DataFrame(
        {name: pd.Series(dtype="datetime64[us]") for name in dates} | {"guests": pd.Series(dtype=float)}
    )
    records = Records(np.arange(len(names)), first, flows, moved_on.drop_duplicates(), none)
    since, until = moved_on.min().date(), (moved_on.max() + pd.Timedelta(days=1)).date()
    return build_history(records, since, until, 28)
