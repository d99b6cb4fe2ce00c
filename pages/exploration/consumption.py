"""Consumption: how much, where, when and of what, beside what was expected (A2.1, A2.3)."""

import streamlit as st

from pages.shell import consumption_panels as panels
from pages.shell import reads
from pages.shell.consumption_filters import exploration_filters
from pages.shell.guard import open_page
from pages.shell.header import header
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted, plain


def show() -> None:
    page = open_page("metrics.read")
    top = st.container()
    page, _, filters = exploration_filters(page)
    version = reads.version(page, "metrics", "scores")
    found = reads.consumption(page, filters)
    t = page.t
    with top:
        header(t("consumption.title"), t, page.now, found.as_of)
    muted(t("consumption.help", first=t.full_day(found.first_on), last=t.full_day(found.last_on), zone=t.time_zone))
    if found.totals.units is None:
        told = plain(t("consumption.empty_text", first=t.full_day(found.first_on), last=t.full_day(found.last_on)))
        st.info(f"**{t('consumption.empty_title')}**  \n{told}", icon=":material/search_off:")
        st.stop()
    panels.key_figures(page, found)
    panels.trend(page, found)
    panels.floors(page, found)
    left, right = st.columns(2, gap="large")
    with left:
        panels.products(page, found)
    with right:
        panels.room_types(page, found)
        panels.segments(page, found)
    rerun_when_changed(version, lambda: reads.version(page, "metrics", "scores"))


if __name__ == "__main__":
    show()
