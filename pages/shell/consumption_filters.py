"""The filters of the exploration pages; their state is the address."""

from typing import TYPE_CHECKING

from pages.shell import reads
from pages.shell.filters import choose_days, choose_place, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from reports.consumption import PERIODS, ConsumptionFilters

if TYPE_CHECKING:
    from sources.hotels import HotelRow

PRODUCT = "product"


def exploration_filters(page: Page, with_product: bool = True) -> "tuple[Page, HotelRow, ConsumptionFilters]":
    """One row of filters, and the page in the chosen hotel's time zone."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        places = reads.consumption_places(page, hotel.id)
        days = choose_days(t, PERIODS)
        floor = choose_place(t, "floor", places.floors, t("consumption.floor"))
        room_type = choose_place(t, "type", places.room_types, t("consumption.room_type"))
        product = choose_place(t, PRODUCT, places.products, t("overview.product")) if with_product else None
    return page, hotel, ConsumptionFilters(hotel.id, days, floor, room_type, product)
