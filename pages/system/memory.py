"""Memory: how much each process of the installation holds, over time, and when it was short (R1)."""

import streamlit as st

from pages.shell import memory_panels as panels
from pages.shell.console import in_local_time, minute
from pages.shell.guard import open_page
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted


def show() -> None:
    page = in_local_time(open_page("memory.read"))
    t, memory = page.t, page.services.memory
    st.title(t("memory.title"), anchor=False)
    muted(t("memory.help"))
    period = panels.filters(page)
    found = memory.processes(page.scope)
    panels.processes(page, found)
    panels.course(page, period)
    panels.events(page, period)
    rerun_when_changed(minute(page), lambda: minute(page))


if __name__ == "__main__":
    show()
