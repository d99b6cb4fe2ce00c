"""Configuration: every setting and where it comes from, changing them, and the versions (C9)."""

import streamlit as st

from pages.shell import configuration_panels as panels
from pages.shell.console import in_local_time
from pages.shell.guard import open_page
from pages.shell.text import muted


def show() -> None:
    page = in_local_time(open_page("config.read"))
    t = page.t
    st.title(t("configuration.title"), anchor=False)
    muted(t("configuration.help"))
    found = page.services.configuration.shown(page.scope)
    panels.told(page)
    panels.banner(page, found)
    panels.settings(page, found)
    panels.editor(page, found)
    panels.history(page, found)


if __name__ == "__main__":
    show()
