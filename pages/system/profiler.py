"""Profiler: what a process of the installation spends its time and memory on (C10)."""

import streamlit as st

from pages.shell import profile_panels as panels
from pages.shell.console import in_local_time
from pages.shell.guard import open_page
from pages.shell.text import muted


def show() -> None:
    page = in_local_time(open_page("profiler.read"))
    t, profiler = page.t, page.services.profiler
    st.title(t("profiler.title"), anchor=False)
    muted(t("profiler.help"))
    kept = profiler.listed(page.scope)
    active = next((row for row in kept if row.is_active), None)
    panels.begin(page, active is not None)
    if active is not None:
        panels.running(page, active)
    else:
        chosen = panels.chosen(kept)
        if chosen is not None:
            profile = profiler.one(page.scope, chosen)
            panels.found(page, profile)
            panels.comparison(page, profile, kept)
    ended = [row for row in kept if not row.is_active]  # what runs stands above, followed second by second
    if ended or active is None:
        panels.kept_profiles(page, ended)


if __name__ == "__main__":
    show()
