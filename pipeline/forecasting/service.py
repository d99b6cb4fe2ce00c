"""Run-out forecasts of the hotels' stores, from stored stock metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from core.scope import Scope
from db.queries import forecasting as queries
from db.session import Database
from pipeline.forecasting.run_out import run_out

HISTORY_DAYS = 28


@dataclass(frozen=True)
class ForecastService:
    """Reads ``stok_seviye`` metrics; writes nothing."""

    database: Database

    def run_outs(self, scope: Scope, hotel_ids: list[int] | None, at: datetime) -> pd.DataFrame:
        """Every active product with a known level, the most urgent first.

        Columns: product_id, hotel_id, name, critical_level, level, daily_outflow, days_left, days_low, days_high (80 %
        interval), probability_soon (empty within 7 days); NaN where fewer than 14 days were observed.
        """
        scope.require("metrics.read")
        with self.database.reading() as connection:
            allowed = scope.hotel_filter(hotel_ids)
            if allowed is None:
                allowed = queries.hotel_ids(connection)
            levels = queries.stock_levels(connection, allowed, at)
            since = at - timedelta(days=HISTORY_DAYS)
            flows = queries.daily_outflows(connection, allowed, since, at)
        outflows = _grid(levels["product_id"], flows)
        forecast = run_out(levels["level"].to_numpy(dtype=float), outflows)
        table = levels.drop(columns=["timestamp"]).assign(**vars(forecast))
        return table.sort_values(
            ["probability_soon", "days_left", "name"], ascending=[False, True, True], ignore_index=True
        )


def _grid(product_ids: pd.Series, flows: pd.DataFrame) -> np.ndarray:
    """Outflow by product and day; a day without any metric row of the product is not observed."""
    grid = np.full((len(product_ids), HISTORY_DAYS), np.nan)
    row = pd.Index(product_ids).get_indexer(flows["product_id"])
    inside = (row >= 0) & (flows["days_ago"] < HISTORY_DAYS).to_numpy()
    grid[row[inside], flows["days_ago"].to_numpy()[inside]] = flows["outflow"].to_numpy(dtype=float)[inside]
    return grid
