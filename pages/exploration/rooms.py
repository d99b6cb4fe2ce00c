"""Rooms: what each room used, beside the other rooms of its type, and its open alerts (A2.1, A2.3)."""

import streamlit as st

from pages.shell import consumption_rooms as panels
from pages.shell import reads
from pages.shell.consumption_filters import exploration_filters
from pages.shell.guard import open_page
from pages.shell.header import header
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted, plain


def show() -> None:
    page = open_page("metrics.read")
    top = st.container()
    page, hotel, filters = exploration_filters(page)
    version = reads.version(page, "metrics", "alerts")
    found = reads.rooms(page, filters)
    t = page.t
    with top:
        header(t("rooms.title"), t, page.now, found.as_of)
    muted(t("consumption.help", first=t.full_day(found.first_on), last=t.full_day(found.last_on), zone=t.time_zone))
    if found.rooms.empty:
        st.info(f"**{t('rooms.empty_title')}**  \n{plain(t('rooms.empty_text'))}", icon=":material/search_off:")
        st.stop()
    panels.table(page, found)
    panels.one_room(page, hotel.code, filters, found)
    rerun_when_changed(version, lambda: reads.version(page, "metrics", "alerts"))


if __name__ == "__main__":
    show()
