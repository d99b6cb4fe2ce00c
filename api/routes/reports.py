"""Reports: the figures of Overview, Consumption, Rooms, Refill times, Stock and Custody, from the same services."""

from dataclasses import fields
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from api.access import REPORTS, Caller, needs
from api.asked import Code, HotelId, HotelIds, Period
from api.kept import kept
from api.schemas import reports as shapes
from api.schemas.base import Words, rows_of
from reports.consumption import ConsumptionFilters
from reports.refill_times import RefillFilters
from reports.stock import StockFilters

router = APIRouter(prefix="/reports", tags=["reports"])
Watcher = Annotated[Caller, needs("overview.read", REPORTS)]
Reader = Annotated[Caller, needs("metrics.read", REPORTS)]
Step = Annotated[Literal["day", "week", "month"], Query()]
HALF_HOUR = 1_800  # closed days turn with some hotel's midnight, at a full or half hour


def _told(found: object, **more: Any) -> dict[str, Any]:
    """The fields of a dataclass with what replaces or completes them."""
    return {one.name: getattr(found, one.name) for one in fields(found)} | more  # type: ignore[arg-type]


@router.get("/overview")
@kept("reports", "sources", "metrics", "scores", seconds=HALF_HOUR)
def overview(caller: Watcher, hotel_id: HotelIds = None) -> shapes.Overview:
    """Today's occupancy and yesterday's figures, each beside what is usual."""
    found = caller.services.overview.figures(caller.scope, _hotels(caller, hotel_id), caller.now)
    return shapes.Overview.model_validate(found)


@router.get("/overview/running-low")
@kept("reports", "sources", "metrics", "forecasts", seconds=HALF_HOUR)
def running_low(
    caller: Annotated[Caller, needs("metrics.read", REPORTS)], hotel_id: HotelIds = None
) -> shapes.LowProducts:
    """Products likely to run out within a week or at their critical level, the most urgent first."""
    found = caller.services.overview.running_low(caller.scope, _hotels(caller, hotel_id), caller.now)
    return shapes.LowProducts(items=[shapes.LowProduct.model_validate(one) for one in found])


@router.get("/consumption")
@kept("reports", "sources", "metrics", "scores", seconds=HALF_HOUR)
def consumption(
    caller: Reader, *, hotel_id: HotelId, days: Period = 30, step: Step = "day", floor: Code = None,
    room_type: Code = None, product: Code = None,
) -> shapes.Consumption:  # fmt: skip
    """What was consumed: totals beside the period before, trend, floors by day, products, room types, occupancy."""
    filters = ConsumptionFilters(hotel_id, days, floor, room_type, product)
    found = caller.services.consumption.explore(caller.scope, filters, caller.now)
    return shapes.Consumption.model_validate(_told(
        found,
        trend=rows_of(found.trend(step), shapes.ConsumptionTrend),
        floors=rows_of(found.floor_days, shapes.FloorDay),
        products=rows_of(found.products, shapes.ProductShare),
        room_types=rows_of(found.room_types, shapes.RoomTypeRate),
        occupancies=rows_of(found.segments, shapes.OccupancyRate),
    ))  # fmt: skip


@router.get("/consumption/places")
def consumption_places(caller: Reader, hotel_id: HotelId) -> shapes.ConsumptionPlaces:
    """The floors, room types and products of a hotel, by whose codes reports can be narrowed."""
    return shapes.ConsumptionPlaces.model_validate(caller.services.consumption.places(caller.scope, hotel_id))


@router.get("/rooms")
@kept("reports", "sources", "metrics", "alerts", seconds=HALF_HOUR)
def rooms(
    caller: Reader, *, hotel_id: HotelId, days: Period = 30, floor: Code = None, room_type: Code = None,
    product: Code = None,
) -> shapes.Rooms:  # fmt: skip
    """What each room used."""
    filters = ConsumptionFilters(hotel_id, days, floor, room_type, product)
    found = caller.services.room_use.rooms(caller.scope, filters, caller.now)
    return shapes.Rooms.model_validate(_told(found, items=rows_of(found.rooms, shapes.RoomUse)))


@router.get("/rooms/{number}")
@kept("reports", "sources", "metrics", seconds=HALF_HOUR)
def room(
    caller: Reader, number: Annotated[Words, Path(examples=["305"])], hotel_id: HotelId, days: Period = 30,
    product: Code = None,
) -> shapes.RoomDays:  # fmt: skip
    """One room by day beside the other rooms of its type."""
    filters = ConsumptionFilters(hotel_id, days, product=product)
    found = caller.services.room_use.room(caller.scope, filters, number, caller.now)
    return shapes.RoomDays.model_validate(_told(found, days=rows_of(found.days, shapes.Trend)))


@router.get("/refills")
@kept("reports", "sources", "metrics", "scores", seconds=HALF_HOUR)
def refills(
    caller: Reader, *, hotel_id: HotelId, days: Period = 30, step: Step = "week", floor: Code = None,
    attendant: Code = None,
) -> shapes.RefillTimes:  # fmt: skip
    """Refill times: totals beside the period before, trend, attendants, floors, rooms a day."""
    filters = RefillFilters(hotel_id, days, floor, attendant)
    found = caller.services.refill_times.explore(caller.scope, filters, caller.now)
    return shapes.RefillTimes.model_validate(_told(
        found,
        trend=rows_of(found.trend(step), shapes.RefillTrend),
        **{name: rows_of(getattr(found, name), shapes.RefillRange) for name in ("attendants", "floors", "rooms")},
    ))  # fmt: skip


@router.get("/refills/places")
def refill_places(caller: Reader, hotel_id: HotelId) -> shapes.RefillPlaces:
    """The floors and attendants by whose codes refill times can be narrowed."""
    return shapes.RefillPlaces.model_validate(caller.services.refill_times.places(caller.scope, hotel_id))


@router.get("/stock")
@kept("reports", "sources", "metrics", "alerts", seconds=HALF_HOUR)
def stock(caller: Reader, hotel_id: HotelId, days: Period = 30, group: Code = None) -> shapes.Stock:
    """The central store: levels, movements by kind, value at cost, counts beside the books."""
    found = caller.services.stock.stock(caller.scope, StockFilters(hotel_id, days, group), caller.now)
    figures = {name: getattr(found, name) for name in ("value", "low", "without_cost", "difference_value")}
    tables = {
        "products": rows_of(found.products, shapes.ProductStock), "counts": rows_of(found.counts, shapes.StockCount),
    }  # fmt: skip
    return shapes.Stock.model_validate(_told(found, **figures, **tables))


@router.get("/stock/{code}")
@kept("reports", "sources", "metrics", "scores", seconds=HALF_HOUR)
def product_stock(
    caller: Reader, code: Annotated[Words, Path(examples=["KOLA"])], hotel_id: HotelId, days: Period = 30
) -> shapes.OneProduct:
    """One product: its level after every movement, and its outflow by day beside what was expected."""
    found = caller.services.stock.product(caller.scope, StockFilters(hotel_id, days), code, caller.now)
    return shapes.OneProduct.model_validate(_told(
        found, level=found.level, deviation_ratio=found.deviation_ratio,
        moves=rows_of(found.moves, shapes.StockMove), days=rows_of(found.days, shapes.Trend),
    ))  # fmt: skip


@router.get("/custody")
@kept("reports", "sources", "metrics", seconds=HALF_HOUR)
def custody(caller: Reader, hotel_id: HotelId, days: Period = 30) -> shapes.Custody:
    """What each attendant was given, used, brought back and wrote off, and what is still out."""
    found = caller.services.custody.custody(caller.scope, hotel_id, days, caller.now)
    figures = {name: getattr(found, name) for name in ("issued", "balance", "movements", "write_off_share")}
    return shapes.Custody.model_validate(
        _told(found, **figures, attendants=rows_of(found.attendants, shapes.Attendant))
    )


def _hotels(caller: Caller, wanted: list[int] | None) -> list[int]:
    """The wanted hotels of those that the caller sees, or all of them."""
    seen = [hotel.id for hotel in caller.services.hotels.listed(caller.scope)]
    return seen if wanted is None else [hotel_id for hotel_id in seen if hotel_id in wanted]
