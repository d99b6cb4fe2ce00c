"""The filters of the page Refill times; their state is the address."""

from pages.shell import reads
from pages.shell.filters import choose_days, choose_place, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from reports.refill_times import PERIODS, RefillFilters


def refill_filters(page: Page) -> tuple[Page, RefillFilters]:
    """One row of filters, and the page in the chosen hotel's time zone."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        places = reads.refill_places(page, hotel.id)
        days = choose_days(t, PERIODS)
        floor = choose_place(t, "floor", places.floors, t("consumption.floor"))
        attendant = choose_place(t, "attendant", places.attendants, t("refills.attendant"))
    return page, RefillFilters(hotel.id, days, floor, attendant)
