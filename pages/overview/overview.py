"""Overview: what needs me now, what will run out, is the data fresh; then what changed since yesterday."""

import streamlit as st

from pages.shell import reads
from pages.shell.guard import open_page
from pages.shell.header import header
from pages.shell.hotels import choose_hotels
from pages.shell.live import rerun_when_changed
from pages.shell.overview_panels import answers, key_figures, needs_you, running_low, since_yesterday, summary

TOPICS = ("sources", "metrics", "scores", "alerts")


def show() -> None:
    page = open_page("overview.read")
    top = st.container()
    page, hotels = choose_hotels(page)
    hotel_ids = tuple(hotel.id for hotel in hotels)
    here = {"hotel": hotels[0].code} if len(hotels) == 1 else {}
    version = reads.version(page, *TOPICS)
    figures, low = reads.figures(page, hotel_ids), reads.running_low(page, hotel_ids)
    with top:
        header(page.t("overview.title"), page.t, page.now, figures.as_of)
    # Forecasts are of one hotel: that of the product that runs out first.
    codes = {hotel.id: hotel.code for hotel in hotels}
    there = {"hotel": codes[low[0].hotel_id]} if low else here
    answers(page, hotel_ids, low, here, there)
    key_figures(page, figures, here)
    left, right = st.columns(2, gap="large")
    with left:
        needs_you(page, hotel_ids, here)
    with right:
        running_low(page, {hotel.id: hotel.name for hotel in hotels}, low, there)
        since_yesterday(page, hotel_ids, here)
        summary(page, hotel_ids, here)
    rerun_when_changed(version, lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
