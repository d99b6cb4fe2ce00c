"""Run-outs, orders and methods as rows that screens read: dates for numbers of days, None for what is unknown."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.forecasting.run_out import SOON_DAYS
from reports.overview import SOON_PROBABILITY

NAIVE = "seasonal_naive"


@dataclass(frozen=True)
class RunOutRow:
    """When one product is empty. Dates are local; None beyond 60 days, and all of them while it is still learnt.

    ``days_without_delivery`` is infinite beyond 60 days; ``model`` None where no forecast is stored and the last four
    weeks' outflow decides; ``needs_you`` follows the Overview's rule.
    """

    product_id: int
    name: str
    level: float
    on: date | None
    low_on: date | None
    high_on: date | None
    probability: float | None
    days_without_delivery: float | None
    model: str | None
    is_soon: bool
    needs_you: bool

    @property
    def is_learning(self) -> bool:
        return self.probability is None


@dataclass(frozen=True)
class OrderRow:
    """What to order of one product; ``value`` at cost, None where the cost is not known."""

    product_id: int
    name: str
    level: float
    reorder_point: float
    safety_stock: float
    order_up_to: float
    quantity: float
    cases: float
    case_size: float
    lead_days: float
    lead_sd: float
    is_lead_known: bool
    value: float | None

    @property
    def is_due(self) -> bool:
        return self.quantity > 0


@dataclass(frozen=True)
class MethodRow:
    """How one method would have forecast the past weeks; ``model`` None is each product's own choice, the one in use.

    ``loss`` is the mean pinball loss in units, ``loss_ratio`` that over seasonal naive's on the same products,
    ``coverage`` the share within the 80 % band; ``observations`` the judged days, or weeks.
    """

    model: str | None
    products: int
    observations: int
    loss: float
    loss_ratio: float | None
    coverage: float


@dataclass(frozen=True)
class Methods:
    """The newest back-test of a hotel, the method in use first, then by loss; None and empty before the first."""

    measured_at: datetime | None
    since_on: date | None
    until_on: date | None
    rows: tuple[MethodRow, ...]


def run_out_rows(table: pd.DataFrame, today: date) -> tuple[RunOutRow, ...]:
    """The rows of ``ForecastService.run_outs``, in their order."""
    return tuple(_run_out(row, today) for row in table.to_dict(orient="records"))


def _run_out(row: dict[Any, Any], today: date) -> RunOutRow:
    model = row["model"] if isinstance(row["model"], str) else None
    # A stored forecast's first day is today; without one, day 1 is over 24 hours from now.
    first = today - timedelta(days=0 if model is None else 1)
    on, low_on, high_on = (_day(row[name], first, today) for name in ("days_left", "days_low", "days_high"))
    probability = _known(row["probability_soon"])
    return RunOutRow(
        int(row["product_id"]), str(row["name"]), float(row["level"]), on, low_on, high_on,
        probability, _known(row["days_without_delivery"]), model,
        is_soon=bool(row["days_left"] <= SOON_DAYS),
        needs_you=bool((probability or 0) >= SOON_PROBABILITY or row["level"] <= row["critical_level"]),
    )  # fmt: skip


def _day(days: float, first: date, today: date) -> date | None:
    return max(first + timedelta(days=int(days)), today) if math.isfinite(days) else None


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def order_rows(table: pd.DataFrame, costs: Mapping[int, float | None]) -> tuple[OrderRow, ...]:
    """The rows of ``ForecastService.reorder``, in their order; ``costs`` of a unit by product_id."""
    return tuple(_order(row, costs) for row in table.to_dict(orient="records"))


def _order(row: dict[Any, Any], costs: Mapping[int, float | None]) -> OrderRow:
    names = ("level", "reorder_point", "safety_stock", "order_up_to", "quantity", "case_size", "lead_days", "lead_sd")
    values = {name: max(0.0, float(row[name])) for name in names}  # no safety stock may come as −0.0
    cost = costs.get(int(row["product_id"]))
    return OrderRow(
        product_id=int(row["product_id"]), name=str(row["name"]), cases=values["quantity"] / max(row["case_size"], 1),
        is_lead_known=bool(row["is_lead_known"]), value=None if cost is None else cost * values["quantity"], **values,
    )  # fmt: skip


def methods(backtests: pd.DataFrame, horizon_days: int, product_id: int | None = None) -> Methods:
    """``ForecastService.backtests`` summed up over the products, or of one; each observation weighs the same."""
    kept = backtests[backtests["horizon_days"] == horizon_days]
    if product_id is not None:
        kept = kept[kept["product_id"] == product_id]
    if kept.empty:
        return Methods(None, None, None, ())
    naive = kept.loc[kept["model"] == NAIVE].set_index("product_id")["pinball"]
    judged = kept.assign(pinball_naive=kept["product_id"].map(naive))
    chosen = judged[judged["is_chosen"].astype(bool)]
    single = [_method(str(model), judged[judged["model"] == model]) for model in sorted(judged["model"].unique())]
    own = [_method(None, chosen)] if len(chosen) else []
    return Methods(
        kept["measured_at"].max().to_pydatetime(), kept["since_on"].min().date(), kept["until_on"].max().date(),
        (*own, *sorted(single, key=lambda row: row.loss)),
    )  # fmt: skip


def _method(model: str | None, rows: pd.DataFrame) -> MethodRow:
    weight, loss, naive, coverage = (
        rows[name].to_numpy() for name in ("observations", "pinball", "pinball_naive", "coverage")
    )
    both = np.isfinite(naive)  # products that seasonal naive was judged on too
    ours, theirs = ((values[both] * weight[both]).sum() for values in (loss, naive))
    count = int(weight.sum())
    return MethodRow(
        model, int(rows["product_id"].nunique()), count,
        float((loss * weight).sum()) / count,
        float(ours / theirs) if theirs > 0 else None,
        float((coverage * weight).sum()) / count,
    )  # fmt: skip
