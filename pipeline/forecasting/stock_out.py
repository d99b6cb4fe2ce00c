"""Products that will be empty within a week: what a stock-out alert is raised on (SPEC A4.3)."""

import numpy as np
import pandas as pd

from pipeline.forecasting.run_out import SOON_DAYS

CRITICAL_DAYS, HIGH_DAYS = 2, 4
COLUMNS = ["product_id", "days_left", "days_low", "days_high", "probability", "severity"]


def stock_out_anomalies(run_outs: pd.DataFrame) -> pd.DataFrame:
    """The products that are more likely than not empty within 7 days, expected deliveries counted.

    ``run_outs``: product_id, days_left (the median day), days_low, days_high, probability_soon. Columns of the result:
    product_id, days_left, days_low, days_high, probability, severity (``kritik`` up to 2 days, ``yuksek`` up to 4,
    ``orta`` up to 7), the most urgent first. Products that are still learnt are not in it.
    """
    soon = run_outs[(run_outs["days_left"] <= SOON_DAYS).to_numpy()]
    days = soon["days_left"].to_numpy(dtype=float)
    severity = np.select([days <= CRITICAL_DAYS, days <= HIGH_DAYS], ["kritik", "yuksek"], "orta")
    found = soon.rename(columns={"probability_soon": "probability"}).assign(severity=severity)[COLUMNS]
    return found.sort_values(
        ["days_left", "probability", "product_id"], ascending=[True, False, True], ignore_index=True
    )
