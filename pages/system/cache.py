"""Cache: how often kept answers save the database a read, which keys there are, and clearing them (C1)."""

import streamlit as st

from pages.shell import cache_panels as panels
from pages.shell.console import in_local_time, minute
from pages.shell.guard import open_page
from pages.shell.live import rerun_when_changed


def show() -> None:
    page = in_local_time(open_page("cache.read"))
    t = page.t
    st.title(t("cache.title"), anchor=False)
    period, namespace = panels.filters(page)
    keys = panels.look(page, namespace)
    found = page.services.cache.overview(page.scope, period)
    panels.key_figures(page, found)
    panels.course(page, period)
    panels.namespaces(page, found)
    if keys is not None:
        panels.keys(page, namespace, keys)
    rerun_when_changed(minute(page), lambda: minute(page))


if __name__ == "__main__":
    show()
