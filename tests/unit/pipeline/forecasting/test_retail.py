"""Forecasts on the movements of a real wholesaler (Chen 2015, Online Retail, UCI, CC BY 4.0): beside seasonal naive."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.forecasting.evaluation import NAIVE, OURS, evaluate
from pipeline.forecasting.retail import retail_history


def test_a_lumpy_history_of_sales_is_read_as_daily_units() -> None:
    rows = [
        ("2026-03-02 09:00", "B", "sale_out", 4), ("2026-03-02 15:00", "B", "sale_out", 2),
        ("2026-03-02 16:00", "A", "customer_return", -3), ("2026-03-03 10:00", "B", "sale_out", 5),
        ("2026-03-03 11:00", "B", "adjust_out", 9), ("2026-03-04 11:00", "A", "sale_out", 7),
    ]  # fmt: skip
    columns = ["moved_at", "sku", "movement_kind", "source_quantity"]
    units = retail_history(pd.DataFrame(rows, columns=columns)).units
    assert np.isnan(units[:, 0]).all()
    assert units[:, 1:].tolist() == [[0, 7], [5, 0]]


def test_real_intermittent_demand_is_forecast_better_than_by_last_week(shared_data: Path) -> None:
    """A4.5, DETECTION Forecasts: pinball below seasonal naive with certainty, week totals near the nominal 80 %."""
    movements = pd.read_parquet(shared_data / "retail_movements" / "retail_movements_dev.parquet")
    table = evaluate(retail_history(movements), weeks=6).set_index("method")
    assert table.loc[OURS, "ratio_high"] < 0.8
    assert table.loc[OURS, "ratio_week"] < 0.8
    assert 0.75 < table.loc[OURS, "coverage_week"] < 0.85
    assert not 0.75 < table.loc[NAIVE, "coverage_week"] < 0.85
