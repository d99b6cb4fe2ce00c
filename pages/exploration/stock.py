"""Stock: what the store holds, what came and went, what counts found, and what it is worth (A1)."""

import streamlit as st

from pages.shell import reads
from pages.shell import stock_panels as panels
from pages.shell.guard import open_page
from pages.shell.header import header
from pages.shell.live import rerun_when_changed
from pages.shell.stock_filters import stock_filters
from pages.shell.text import muted, plain


def show() -> None:
    page = open_page("metrics.read")
    top = st.container()
    page, hotel, filters = stock_filters(page)
    version = reads.version(page, "sources", "metrics", "scores", "alerts")
    found = reads.stock(page, filters)
    t = page.t
    with top:
        header(t("stock.title"), t, page.now, found.as_of)
    muted(t("stock.help", first=t.full_day(found.first_on), zone=t.time_zone))
    if found.is_empty:
        st.info(f"**{t('stock.empty_title')}**  \n{plain(t('stock.empty_text'))}", icon=":material/search_off:")
        st.stop()
    panels.key_figures(page, found)
    panels.table(page, found)
    panels.counts(page, found)
    panels.one_product(page, hotel.code, filters, found)
    rerun_when_changed(version, lambda: reads.version(page, "sources", "metrics", "scores", "alerts"))


if __name__ == "__main__":
    show()
