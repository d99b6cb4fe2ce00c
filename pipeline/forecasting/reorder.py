"""When to order, how much to keep in reserve, how much to buy (SPEC A4.6)."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from pipeline.forecasting.demand import WEEK, Floats

SERVICE_LEVEL = 0.95


@dataclass(frozen=True)
class Reorder:
    """One entry a product, in units; NaN for products that are still learnt.

    ``reorder_point``: order when the level is here or below; ``order_up_to``: what level and order make together;
    ``quantity``: whole cases, 0 while the level is above the reorder point.
    """

    lead_demand: Floats
    safety_stock: Floats
    reorder_point: Floats
    order_up_to: Floats
    quantity: Floats


def reorder(
    levels: Floats,
    mean: Floats,
    variance: Floats,
    *,
    shared: Floats,
    lead: tuple[float, float],
    review_days: Floats,
    case_sizes: Floats,
    service_level: float = SERVICE_LEVEL,
) -> Reorder:
    """The proposal for P products from their demand (``mean``, ``variance``: P × H; ``shared``: P).

    Demand during the lead time has the variance L·σ² + d²·σ_L² (Silver, Pyke & Thomas 2017, Inventory and Production
    Management in Supply Chains, 6.10), to which the uncertainty common to all days adds (d·L)²·``shared``. The reorder
    point is its quantile at ``service_level``, taken as gamma (Burgin 1975); safety stock is what that is above the
    mean. Up to the demand of the days until the next look, ``review_days``, is added. ``lead`` is mean and standard
    deviation in days. Raises ValueError for a service level outside (0, 1).
    """
    if not 0 < service_level < 1:
        raise ValueError(f"service level {service_level}")
    lead_days, lead_sd = lead
    per_day, noise = mean[:, :WEEK].mean(axis=1), variance[:, :WEEK].mean(axis=1)
    demand = per_day * lead_days
    spread = noise * lead_days + per_day**2 * lead_sd**2 + demand**2 * shared
    safe = np.maximum(demand, 1e-9)
    scale = np.maximum(spread / safe, 1e-9)
    point = np.ceil(np.maximum(special.gammaincinv(safe / scale, service_level) * scale, demand) - 1e-6)
    up_to = np.ceil(point + per_day * review_days)
    cases = np.maximum(case_sizes, 1.0)
    wanted = np.ceil(np.maximum(up_to - levels, 0.0) / cases) * cases
    quantity = np.where(levels <= point, wanted, 0.0) * np.where(np.isfinite(per_day), 1.0, np.nan)
    return Reorder(demand, point - demand, point, up_to, quantity)
