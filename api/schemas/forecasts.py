"""Run-outs, orders, one product by day, and how good forecasts were."""

import datetime as dt

from pydantic import Field

from api.schemas.base import Answer


class RunOut(Answer):
    """When one product is empty; dates are hotel-local, null beyond 60 days or while it is still learnt."""

    product_id: int
    name: str
    level: float
    on: dt.date | None
    low_on: dt.date | None
    high_on: dt.date | None
    probability: float | None = Field(description="empty within seven days")
    days_without_delivery: float | None
    model: str | None
    is_soon: bool
    needs_you: bool
    is_learning: bool


class RunOuts(Answer):
    """Every product of a hotel, the most urgent first."""

    as_of: dt.datetime | None
    today: dt.date
    made_on: dt.date | None
    is_old: bool
    soon: int
    learning: int
    items: list[RunOut]


class Order(Answer):
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
    is_lead_known: bool
    value: float | None = Field(description="at cost; null: the cost is not known")
    is_due: bool


class Orders(Answer):
    currency: str
    service_level: float
    value: float | None
    unpriced: int
    items: list[Order]


class ForecastDay(Answer):
    day: dt.date
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None


class Week(Answer):
    """Units that leave in seven days with the 80 % band; ``before``: in the last seven."""

    expected: float
    lower: float
    upper: float
    before: float


class ProductDays(Answer):
    week: Week | None
    demand: list[ForecastDay]
    shelf: list[ForecastDay]


class Outcome(Answer):
    """Forecasts up to seven days ahead beside what happened; null where nothing is measurable yet."""

    observations: int
    loss: float | None
    coverage: float | None
    bias: float | None


class OutcomeDay(ForecastDay):
    is_inside: bool


class Outcomes(Answer):
    since: dt.date
    until: dt.date
    everything: Outcome
    product: Outcome
    days: list[OutcomeDay]


class Method(Answer):
    """``model`` null: each product's own choice, the one in use."""

    model: str | None
    products: int
    observations: int
    loss: float
    loss_ratio: float | None
    coverage: float


class Methods(Answer):
    measured_at: dt.datetime | None
    since_on: dt.date | None
    until_on: dt.date | None
    rows: list[Method]
