"""The filters of the Stock page; their state is the address."""

from typing import TYPE_CHECKING

from pages.shell import reads
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from reports.stock import PERIODS, StockFilters

if TYPE_CHECKING:
    from sources.hotels import HotelRow

ALL = "all"


def stock_filters(page: Page) -> "tuple[Page, HotelRow, StockFilters]":
    """One row of filters, and the page in the chosen hotel's time zone."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        names = {ALL: t("shell.all"), **{group.code: group.name for group in reads.stock_groups(page, hotel.id)}}
        days = choose_one(
            "days", [str(days) for days in PERIODS], t("consumption.period"),
            lambda days: t("consumption.last_days", count=int(days)),
        )  # fmt: skip
        group = choose_one("group", list(names), t("stock.group"), names.__getitem__)
    return page, hotel, StockFilters(hotel.id, int(days), None if group == ALL else group)
