"""The filters of the exploration pages; their state is the address."""

from typing import TYPE_CHECKING

from pages.shell import reads
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from reports.consumption import PERIODS, ConsumptionFilters, Place

if TYPE_CHECKING:
    from sources.hotels import HotelRow

ALL = "all"
PRODUCT = "product"


def exploration_filters(page: Page, with_product: bool = True) -> "tuple[Page, HotelRow, ConsumptionFilters]":
    """One row of filters, and the page in the chosen hotel's time zone."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        places = reads.consumption_places(page, hotel.id)
        days = choose_one(
            "days", [str(days) for days in PERIODS], t("consumption.period"),
            lambda days: t("consumption.last_days", count=int(days)),
        )  # fmt: skip
        floor = _choose(page, "floor", places.floors, t("consumption.floor"))
        room_type = _choose(page, "type", places.room_types, t("consumption.room_type"))
        product = _choose(page, PRODUCT, places.products, t("overview.product")) if with_product else None
    return page, hotel, ConsumptionFilters(hotel.id, int(days), floor, room_type, product)


def _choose(page: Page, name: str, places: list[Place], label: str) -> str | None:
    names = {ALL: page.t("shell.all"), **{place.code: place.name for place in places}}
    chosen = choose_one(name, list(names), label, names.__getitem__)
    return None if chosen == ALL else chosen
