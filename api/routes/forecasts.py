"""Forecasts: what runs out, what to order, one product by day, and how good it all was (SPEC A4)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.access import REPORTS, Caller, needs
from api.asked import HotelId, Row, Written
from api.kept import kept
from api.schemas import forecasts as shapes
from api.schemas.base import Id, rows_of

router = APIRouter(prefix="/ml/forecasts", tags=["forecasts"])
Reader = Annotated[Caller, needs("metrics.read", REPORTS)]
TOPICS = ("sources", "metrics", "forecasts")
HALF_HOUR = 1_800
ServiceLevel = Annotated[float, Query(ge=0.5, le=0.999, description="The share of deliveries without a shortage.")]


@router.get("")
@kept("forecasts", *TOPICS, seconds=HALF_HOUR)
def run_outs(caller: Reader, hotel_id: HotelId) -> shapes.RunOuts:
    """When each product is empty, with its interval and probability."""
    found = caller.services.forecast_screens.basis(caller.scope, hotel_id, caller.now).run_outs()
    return shapes.RunOuts(
        as_of=found.as_of, today=found.today, made_on=found.made_on, is_old=found.is_old, soon=found.soon,
        learning=found.learning, items=[shapes.RunOut.model_validate(row) for row in found.rows],
    )  # fmt: skip


@router.get("/orders")
@kept("forecasts", *TOPICS, seconds=HALF_HOUR)
def orders(caller: Reader, hotel_id: HotelId, service_level: ServiceLevel = 0.95) -> shapes.Orders:
    """What to order at a service level, what is due first."""
    found = caller.services.forecast_screens.basis(caller.scope, hotel_id, caller.now).orders(service_level)
    return shapes.Orders(
        currency=found.currency, service_level=service_level, value=found.value, unpriced=found.unpriced,
        items=[shapes.Order.model_validate(row) for row in found.rows],
    )  # fmt: skip


@router.get("/methods")
@kept("forecasts", *TOPICS, seconds=HALF_HOUR)
def methods(
    caller: Reader, hotel_id: HotelId, horizon_days: Annotated[Literal[1, 7], Written, Query()] = 7
) -> shapes.Methods:
    """The methods of the newest back-test beside each other: days ahead (1) or totals of a week (7)."""
    found = caller.services.forecast_screens.methods(caller.scope, hotel_id, caller.now, horizon_days)
    return shapes.Methods.model_validate(found)


@router.get("/outcomes")
@kept("forecasts", *TOPICS, seconds=HALF_HOUR)
def outcomes(caller: Reader, hotel_id: HotelId, product_id: Annotated[Id, Query(examples=[1])]) -> shapes.Outcomes:
    """The forecasts of the last four weeks beside what happened: all products, and one."""
    screens = caller.services.forecast_screens
    found = screens.outcomes(caller.scope, screens.basis(caller.scope, hotel_id, caller.now)).of(product_id)
    return shapes.Outcomes.model_validate(vars(found) | {"days": rows_of(found.days, shapes.OutcomeDay)})


@router.get("/products/{product_id}")
@kept("forecasts", *TOPICS, seconds=HALF_HOUR)
def product(caller: Reader, product_id: Row, hotel_id: HotelId) -> shapes.ProductDays:
    """Four past weeks and the forecast of one product, and its shelf if nothing is delivered."""
    screens = caller.services.forecast_screens
    found = screens.product(caller.scope, screens.basis(caller.scope, hotel_id, caller.now), product_id)
    return shapes.ProductDays(
        week=None if found.week is None else shapes.Week.model_validate(found.week),
        demand=rows_of(found.demand, shapes.ForecastDay), shelf=rows_of(found.shelf, shapes.ForecastDay),
    )  # fmt: skip
