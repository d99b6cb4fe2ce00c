"""One hotel's store at an instant, read once: the run-outs and the orders that follow from it (A4.2, A4.6)."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from core.errors import AppError
from pipeline.forecasting.demand import Floats
from pipeline.forecasting.history import Records
from pipeline.forecasting.outlook import outlook_of, proposals
from pipeline.forecasting.run_out import RunOut, run_out
from pipeline.forecasting.shelf import Outlook, play
from pipeline.forecasting.supply import Supply, learn_supply

RECENT_DAYS = 28
NO_LEVELS = pd.DataFrame(
    columns=["product_id", "hotel_id", "name", "critical_level", "case_size", "level"], dtype=float
)
NO_OUTFLOWS = pd.DataFrame(columns=["product_id", "days_ago", "outflow"], dtype=int)
RUN_OUT_COLUMNS = ["daily_outflow", "days_left", "days_low", "days_high", "probability_soon"]


@dataclass(frozen=True)
class Store:
    """What is known of a hotel's store at ``at``, of which ``today`` is the hotel's day.

    ``levels``: product_id, hotel_id, name, critical_level, case_size, level of the active products with a known level;
    ``stored``: rows of stock_forecasts; ``records``: the levels' products and their flows. ``ahead``, what will leave
    the store and what comes into it, follows from them; without a forecast of the last days it is None, and
    ``outflows`` decides: product_id, days_ago, outflow of the last ``RECENT_DAYS``.
    """

    hotel_id: int
    at: datetime
    today: date
    levels: pd.DataFrame
    stored: pd.DataFrame
    records: Records
    outflows: pd.DataFrame
    ahead: tuple[Outlook, Supply] | None = None

    def run_outs(self) -> pd.DataFrame:
        """The rows of ``ForecastService.run_outs`` in the order of ``levels``."""
        if self.ahead is None:
            return _from_outflow(self.levels, self.outflows)
        expected, alone = play(self.levels["level"].to_numpy(dtype=float), *self.ahead)
        models = self.stored.drop_duplicates("product_id").set_index("product_id")["model"]
        return _with_run_out(self.levels, expected, alone.days_left, self.levels["product_id"].map(models))

    def orders(self, service_level: float) -> pd.DataFrame:
        """The rows of ``ForecastService.reorder`` in the order of ``levels``; empty without a forecast."""
        return pd.DataFrame() if self.ahead is None else proposals(self.levels, *self.ahead, service_level)


def forecast_store(
    hotel_id: int, at: datetime, today: date, *, levels: pd.DataFrame, stored: pd.DataFrame, records: Records
) -> Store:
    """A store with a forecast."""
    outlook = outlook_of(records.product_ids, stored, records.flows, today)
    ahead = (outlook, learn_supply(records, today)) if len(levels) else None
    return Store(hotel_id, at, today, levels, stored, records, NO_OUTFLOWS, ahead)


def run_outs_of(stores: list[Store]) -> pd.DataFrame:
    """The run-outs of stores, the most urgent first."""
    table = pd.concat([store.run_outs() for store in stores] or [_from_outflow(NO_LEVELS, NO_OUTFLOWS)])
    return table.sort_values(
        ["probability_soon", "days_left", "name"], ascending=[False, True, True], ignore_index=True
    )


def orders_of(stores: list[Store], service_level: float) -> pd.DataFrame:
    """The orders of stores, those that are due first; ``service_level_wrong`` outside 50 to 99.9 %."""
    if not 0.5 <= service_level <= 0.999:
        raise AppError("service_level_wrong", params={"value": service_level})
    tables = [table for table in (store.orders(service_level) for store in stores) if len(table)]
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables).dropna(subset=["quantity"])
    return table.sort_values(["quantity", "name"], ascending=[False, True], ignore_index=True)


def _from_outflow(levels: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """Run-outs of a hotel without a stored forecast, from the outflow of the last weeks."""
    grid = np.full((len(levels), RECENT_DAYS), np.nan)
    row = pd.Index(levels["product_id"]).get_indexer(pd.Index(flows["product_id"]))
    inside = (row >= 0) & (flows["days_ago"] < RECENT_DAYS).to_numpy()
    grid[row[inside], flows["days_ago"].to_numpy()[inside]] = flows["outflow"].to_numpy(dtype=float)[inside]
    found = run_out(levels["level"].to_numpy(dtype=float), grid)
    return _with_run_out(levels, found, found.days_left, pd.Series(None, index=levels.index, dtype=object))


def _with_run_out(levels: pd.DataFrame, found: RunOut, alone: Floats, model: pd.Series) -> pd.DataFrame:
    values = {name: getattr(found, name) for name in RUN_OUT_COLUMNS}
    return levels.assign(**values, days_without_delivery=alone, model=model)
