"""The filters of the Stock page; their state is the address."""

from typing import TYPE_CHECKING

from pages.shell import reads
from pages.shell.filters import choose_days, choose_place, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from reports.stock import PERIODS, StockFilters

if TYPE_CHECKING:
    from sources.hotels import HotelRow


def stock_filters(page: Page) -> "tuple[Page, HotelRow, StockFilters]":
    """One row of filters, and the page in the chosen hotel's time zone."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        days = choose_days(t, PERIODS)
        group = choose_place(t, "group", reads.stock_groups(page, hotel.id), t("stock.group"))
    return page, hotel, StockFilters(hotel.id, days, group)
