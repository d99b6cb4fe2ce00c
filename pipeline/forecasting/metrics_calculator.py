"""Plain statistics that people know: depletion by a straight line, the week's trend, mean refill times (A3.4, A4.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from scipy import special

from pipeline.forecasting.demand import Floats

TREND_DAYS = 7
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Depletion:
    """A straight line through levels: ``units_per_day`` is negative while the store empties.

    ``days_left`` counts from the last level (0 when it is empty, infinite when the line does not fall),
    ``depleted_at`` is the instant it reaches nought (None when it does not); ``determination`` is R², ``n`` the levels.
    """

    units_per_day: float
    days_left: float
    depleted_at: datetime | None
    determination: float
    n: int


@dataclass(frozen=True)
class Trend:
    """Daily units of the last days beside as many days before.

    ``units_per_day_change`` is the slope of the last days; ``change_ratio`` their mean over the earlier mean less 1,
    None without earlier days or use; ``n`` the observed days among the last ones.
    """

    mean: float
    units_per_day_change: float
    change_ratio: float | None
    n: int


@dataclass(frozen=True)
class MetricsCalculator:
    """Fewer observations than ``min_levels``, ``min_days``, ``min_refills`` give no figure, only their number."""

    min_levels: int = 3
    min_days: int = 4
    min_refills: int = 10

    def depletion(self, at: list[datetime], levels: Floats) -> Depletion | None:
        """Least squares through levels at their instants, in time order; None with too few levels or one instant."""
        known = np.isfinite(levels)
        instants = [instant for instant, is_known in zip(at, known, strict=True) if is_known]
        if len(instants) < self.min_levels or instants[0] == instants[-1]:
            return None
        days = np.array([(instant - instants[-1]).total_seconds() / 86400 for instant in instants])
        units = levels[known]
        slope, now, determination = _line(days, units)
        if units[-1] <= 0 or now <= 0:
            return Depletion(slope, 0.0, instants[-1], determination, len(units))
        if slope >= 0:
            return Depletion(slope, float("inf"), None, determination, len(units))
        left = -now / slope
        return Depletion(slope, left, instants[-1] + timedelta(days=left), determination, len(units))

    def consumption_trend(self, units: Floats, days: int = TREND_DAYS) -> Trend | None:
        """``units`` by day, the newest last, NaN where not observed; None with too few observed days."""
        recent, before = units[-days:], units[-2 * days : -days]
        known = np.isfinite(recent)
        if known.sum() < self.min_days:
            return None
        slope, _, _ = _line(np.flatnonzero(known).astype(float), recent[known])
        mean = float(recent[known].mean())
        earlier = before[np.isfinite(before)]
        usual = float(earlier.mean()) if len(earlier) >= self.min_days else 0.0
        return Trend(mean, slope, mean / usual - 1 if usual > 0 else None, int(known.sum()))

    def refill_minutes(self, refills: pd.DataFrame) -> pd.DataFrame:
        """Mean refill time of each attendant (SPEC A3.4).

        ``refills``: staff_id, minutes. Columns: staff_id, n, mean_minutes, low, high (95 % interval of the mean by
        Student's t); NaN with fewer than ``min_refills`` refills.
        """
        grouped = refills.dropna(subset=["minutes"]).groupby("staff_id")["minutes"]
        found = grouped.agg(n="size", mean_minutes="mean", spread="std").reset_index()
        count = found["n"].to_numpy(dtype=float)
        enough = count >= max(self.min_refills, 2)
        quantile = special.stdtrit(np.maximum(count - 1, 1), (1 + CONFIDENCE) / 2)
        half = quantile * found["spread"].to_numpy(dtype=float) / np.sqrt(np.maximum(count, 1))
        mean = np.where(enough, found["mean_minutes"].to_numpy(dtype=float), np.nan)
        return found.drop(columns="spread").assign(mean_minutes=mean, low=mean - half, high=mean + half)


def _line(x: Floats, y: Floats) -> tuple[float, float, float]:
    """Slope, value at x = 0 and R² of the least-squares line."""
    centred = x - x.mean()
    slope = float((centred * y).sum() / (centred**2).sum())
    residual = y - y.mean() - slope * centred
    total = float(((y - y.mean()) ** 2).sum())
    return slope, float(y.mean() - slope * x.mean()), 1 - float((residual**2).sum()) / total if total > 0 else 1.0
