"""Requests: how many the API and the pages answer, how quickly, and what fails (C3)."""

import streamlit as st

from pages.shell import request_panels as panels
from pages.shell.console import in_local_time, minute
from pages.shell.guard import open_page
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted, plain


def show() -> None:
    page = in_local_time(open_page("requests.read"))
    t, requests = page.t, page.services.requests
    st.title(t("requests.title"), anchor=False)
    view, period = panels.filters(page)
    found = requests.overview(page.scope, view, period)
    panels.key_figures(page, found)
    if not found.endpoints:
        st.info(f"**{t('requests.empty_title')}**  \n{plain(t('requests.empty_text'))}", icon=":material/search_off:")
    else:
        panels.failing(page, found)
        chosen = panels.choose_endpoint(page, found)
        panels.course(page, view, period, chosen)
        if chosen:
            panels.detail(page, period, chosen, found.endpoints[chosen])
        panels.table(page, found, view)
    muted(panels.since(page, found))
    rerun_when_changed(minute(page), lambda: minute(page))


if __name__ == "__main__":
    show()
