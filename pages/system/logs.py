"""Logs: what every process wrote, live or as it was, by level, time and text; one line in its context (C7)."""

import streamlit as st

from pages.shell import log_panels as panels
from pages.shell.console import in_local_time
from pages.shell.guard import open_page
from pages.shell.log_detail import detail
from pages.shell.log_filters import log_filters
from pages.shell.text import muted


def show() -> None:
    page = in_local_time(open_page("logs.read"))
    t, logs = page.t, page.services.logs
    st.title(t("logs.title"), anchor=False)
    if page.scope.hotels is not None:
        st.info(t("logs.all_hotels"), icon=":material/lock:")
        return
    muted(t("logs.help"))
    asked = log_filters(page, logs.streams(page.scope))
    detail(page)
    kept = panels.kept_lines(page, asked)
    if kept is not None:
        panels.lines(page, asked, kept)
        panels.older(page, asked, kept)
        panels.statistics(page, asked)


if __name__ == "__main__":
    show()
