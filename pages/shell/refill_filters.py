"""The filters of the page Refill times; their state is the address."""

from pages.shell import reads
from pages.shell.consumption_filters import ALL
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.hotels import choose_hotel
from reports.consumption import Place
from reports.refill_times import PERIODS, RefillFilters


def refill_filters(page: Page) -> tuple[Page, RefillFilters]:
    """One row of filters, and the page in the chosen hotel's time zone."""
    t = page.t
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        places = reads.refill_places(page, hotel.id)
        days = choose_one(
            "days", [str(days) for days in PERIODS], t("consumption.period"),
            lambda days: t("consumption.last_days", count=int(days)),
        )  # fmt: skip
        floor = _choose(page, "floor", places.floors, t("consumption.floor"))
        attendant = _choose(page, "attendant", places.attendants, t("refills.attendant"))
    return page, RefillFilters(hotel.id, int(days), floor, attendant)


def _choose(page: Page, name: str, places: list[Place], label: str) -> str | None:
    names = {ALL: page.t("shell.all"), **{place.code: place.name for place in places}}
    chosen = choose_one(name, list(names), label, names.__getitem__)
    return None if chosen == ALL else chosen
