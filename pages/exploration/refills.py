"""Refill times: how long refills take, by week, attendant, floor and rooms a day (A3.3, A3.4, A3.5)."""

import streamlit as st

from pages.shell import reads
from pages.shell import refill_panels as panels
from pages.shell.charts import left_out
from pages.shell.guard import open_page
from pages.shell.header import header
from pages.shell.live import rerun_when_changed
from pages.shell.refill_filters import refill_filters
from pages.shell.text import muted, plain


def show() -> None:
    page = open_page("metrics.read")
    top = st.container()
    page, filters = refill_filters(page)
    version = reads.version(page, "metrics", "scores")
    found = reads.refill_times(page, filters)
    t = page.t
    with top:
        header(t("refills.title"), t, page.now, found.as_of)
    muted(t("refills.help", first=t.full_day(found.first_on), last=t.full_day(found.last_on), zone=t.time_zone))
    left_out(page, found.faults)
    if not found.totals.refills:
        told = plain(t("refills.empty_text", first=t.full_day(found.first_on), last=t.full_day(found.last_on)))
        st.info(f"**{t('refills.empty_title')}**  \n{told}", icon=":material/search_off:")
        st.stop()
    panels.key_figures(page, found)
    panels.trend(page, found)
    panels.attendants(page, found)
    panels.floors(page, found)
    panels.rooms(page, found)
    rerun_when_changed(version, lambda: reads.version(page, "metrics", "scores"))


if __name__ == "__main__":
    show()
