"""Figures of the screens: overview, consumption, rooms, refill times, stock, custody."""

import datetime as dt

from pydantic import Field

from api.schemas.base import Answer, Faults


class Freshness(Answer):
    hotel_id: int
    known_at: dt.datetime | None
    metric_at: dt.datetime | None
    score_at: dt.datetime | None


class Overview(Answer):
    """Sums over the chosen hotels, each beside what is usual; null where there is nothing to measure with."""

    as_of: dt.datetime | None
    freshness: list[Freshness]
    occupied_rooms: int | None
    rooms: int
    occupancy_ratio: float | None
    consumed_units: float | None
    usual_units: float | None
    revenue: float | None
    usual_revenue: float | None
    currency: str | None
    refill_minutes: float | None
    usual_refill_minutes: float | None


class LowProduct(Answer):
    product_id: int
    hotel_id: int
    name: str
    level: float
    days: float | None
    days_low: float | None
    days_high: float | None = Field(description="null: beyond the horizon")
    probability: float | None


class LowProducts(Answer):
    items: list[LowProduct]


class Place(Answer):
    """What a report can be narrowed to, by its code."""

    id: int
    code: str
    name: str


class Trend(Answer):
    """A day, or the first and last day of a week or month: the mean of a day beside what was expected."""

    day: dt.date
    last_on: dt.date
    mean: float | None
    expected: float | None


class ConsumptionTotals(Answer):
    """``units`` null: nobody looked; nights and the rate null: the stays are not known."""

    units: float | None
    revenue: float | None
    observed_days: int
    known_days: int
    nights: int | None
    units_per_night: float | None


class ConsumptionTrend(Trend):
    units: float | None


class FloorDay(Answer):
    floor: str
    day: dt.date
    units: float | None
    expected: float | None


class ProductShare(Answer):
    code: str
    name: str
    units: float
    revenue: float | None
    share: float | None
    cumulative: float | None


class RoomTypeRate(Answer):
    room_type: str
    rooms: int
    units: float | None
    revenue: float | None
    nights: float | None
    units_per_night: float | None
    revenue_per_night: float | None


class OccupancyRate(Answer):
    occupancy: str = Field(examples=["occupied"])
    looks: int
    units: float
    per_look: float | None


class Consumption(Answer):
    """``before``: the period of equal length before it, null when it cannot be compared with."""

    as_of: dt.datetime | None
    currency: str
    first_on: dt.date
    last_on: dt.date
    totals: ConsumptionTotals
    before: ConsumptionTotals | None
    deviation_ratio: float | None
    trend: list[ConsumptionTrend]
    floors: list[FloorDay]
    products: list[ProductShare]
    room_types: list[RoomTypeRate]
    occupancies: list[OccupancyRate]


class ConsumptionPlaces(Answer):
    floors: list[Place]
    room_types: list[Place]
    products: list[Place]


class RoomUse(Answer):
    number: str = Field(examples=["305"])
    floor: str
    room_type: str
    units: float | None
    revenue: float | None
    nights: float | None
    units_per_night: float | None
    open_alerts: int


class Rooms(Answer):
    """The rooms in service; those with open alerts first, then by units."""

    as_of: dt.datetime | None
    currency: str
    first_on: dt.date
    last_on: dt.date
    known_days: int
    items: list[RoomUse]


class RoomDays(Answer):
    """One room by day beside the mean of the other rooms of its type; null: nobody looked."""

    number: str
    room_type: str
    peers: int
    days: list[Trend]


class RefillTotals(Answer):
    refills: int
    units: float
    days: int
    mean_minutes: float | None
    median_minutes: float | None


class RefillRange(Answer):
    """Four fifths of the refills lie between low and high; null where there are too few."""

    code: str
    name: str
    refills: int
    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    is_few: bool
    expected: float | None = None
    deviation_ratio: float | None = None


class RefillTrend(Trend):
    refills: int


class RefillTimes(Answer):
    as_of: dt.datetime | None
    first_on: dt.date
    last_on: dt.date
    totals: RefillTotals
    before: RefillTotals | None
    deviation_ratio: float | None
    trend: list[RefillTrend]
    attendants: list[RefillRange]
    floors: list[RefillRange]
    rooms: list[RefillRange]
    faults: Faults


class RefillPlaces(Answer):
    floors: list[Place]
    attendants: list[Place]


class ProductStock(Answer):
    """Levels and movements by kind; null: it never moved, or its cost is not known."""

    code: str
    name: str
    product_group: str | None
    critical_level: int
    level: float | None
    opening: float | None
    giris: float | None
    cikis: float | None
    transfer: float | None
    fire: float | None
    sayim: float | None
    devir: float | None
    value: float | None
    days_since_count: float | None
    state: str = Field(examples=["enough"], description="negative, low, enough, unknown")


class StockCount(Answer):
    occurred_at: dt.datetime
    name: str
    booked: float
    counted: float
    difference: float
    value: float | None


class Stock(Answer):
    as_of: dt.datetime | None
    currency: str
    first_on: dt.date
    value: float | None
    low: int
    without_cost: int
    difference_value: float | None
    products: list[ProductStock]
    counts: list[StockCount]


class StockMove(Answer):
    occurred_at: dt.datetime
    kind: str | None
    quantity: float
    change: float
    level: float
    is_count: bool


class OneProduct(Answer):
    code: str
    name: str
    critical_level: int
    level: float | None
    deviation_ratio: float | None
    moves: list[StockMove]
    days: list[Trend]
    faults: Faults


class Attendant(Answer):
    """``write_off_share`` null: too few movements say nothing about how somebody works."""

    name: str
    issued: float
    used: float
    returned: float
    written_off: float
    balance: float
    movements: int
    write_off_share: float | None


class Custody(Answer):
    as_of: dt.datetime | None
    first_on: dt.date
    issued: float
    balance: float
    movements: int
    write_off_share: float | None
    attendants: list[Attendant]
