"""Which hotels a page speaks of, and whose clock it shows."""

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import Translator
from pages.shell import reads
from pages.shell.filters import ALL, asked_one, choose_one
from pages.shell.guard import Page

if TYPE_CHECKING:
    from sources.hotels import HotelRow

WIDTH = 220  # names of hotels are longer than other choices


def choose_hotel(page: Page) -> "tuple[Page, HotelRow]":
    """One hotel, for pages that show nothing of several at a time; the first one until another is chosen."""
    hotels = _hotels(page)
    names = {hotel.code: hotel.name for hotel in hotels}
    chosen = next(iter(names))
    if len(hotels) > 1:
        chosen = choose_one("hotel", list(names), page.t("shell.hotel"), names.__getitem__, width=WIDTH)
    [shown] = [hotel for hotel in hotels if hotel.code == chosen]
    return replace(page, t=Translator(page.t.language, shown.time_zone)), shown


def choose_hotels(page: Page) -> "tuple[Page, tuple[HotelRow, ...]]":
    """The page in the chosen hotel's time zone, and the chosen hotels; stops with advice when there is none."""
    hotels = _hotels(page)
    if len(hotels) > 1:
        names = {ALL: page.t("shell.all_hotels"), **{hotel.code: hotel.name for hotel in hotels}}
        choose_one("hotel", list(names), page.t("shell.hotel"), names.__getitem__)
    return asked_hotels(page)


def asked_hotels(page: Page) -> "tuple[Page, tuple[HotelRow, ...]]":
    """The same as the address has it, for a page that shows no filters."""
    hotels = _hotels(page)
    chosen = asked_one("hotel", [ALL, *(hotel.code for hotel in hotels)])
    shown = tuple(hotel for hotel in hotels if chosen in (ALL, hotel.code))
    return replace(page, t=Translator(page.t.language, shown[0].time_zone), names_hotels=len(shown) > 1), shown


def _hotels(page: Page) -> "list[HotelRow]":
    """The visitor's hotels; stops with advice when there is none."""
    hotels = reads.hotels(page)
    if not hotels:
        st.title(page.t("shell.no_hotel_title"), anchor=False)
        st.info(page.t("shell.no_hotel_text"), icon=":material/apartment:")
        st.stop()
    return hotels
