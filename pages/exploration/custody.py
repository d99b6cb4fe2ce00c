"""Custody: what each attendant was given, used, brought back and wrote off, and what is still out (A3, D3)."""

import streamlit as st

from pages.shell import custody_panels as panels
from pages.shell import reads
from pages.shell.guard import open_page
from pages.shell.header import header
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted, plain


def show() -> None:
    page = open_page("metrics.read")
    top = st.container()
    page, hotel_id, days = panels.filters(page)
    version = reads.version(page, "sources", "metrics")
    found = reads.custody(page, hotel_id, days)
    t = page.t
    with top:
        header(t("custody.title"), t, page.now, found.as_of)
    muted(t("custody.help", first=t.full_day(found.first_on), zone=t.time_zone))
    if found.attendants.empty:
        st.info(f"**{t('custody.empty_title')}**  \n{plain(t('custody.empty_text'))}", icon=":material/search_off:")
        st.stop()
    panels.key_figures(page, found)
    panels.table(page, found)
    rerun_when_changed(version, lambda: reads.version(page, "sources", "metrics"))


if __name__ == "__main__":
    show()
