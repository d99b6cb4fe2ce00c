"""What the pages of the installation share: they belong to no hotel, and some change by the minute."""

from dataclasses import replace

from core.i18n import Translator
from pages.shell.guard import Page


def in_local_time(page: Page) -> Page:
    """Times are those of the visitor's first hotel."""
    hotels = page.services.hotels.listed(page.scope)
    return replace(page, t=Translator(page.t.language, hotels[0].time_zone)) if hotels else page


def minute(page: Page) -> str:
    """For pages that are drawn anew every minute."""
    return page.services.clock.now().strftime("%H:%M")


def ratio(t: Translator, value: float | None) -> str:
    """In percent; a dash where there is nothing to divide by."""
    return "–" if value is None else t.percent(value, 1)
