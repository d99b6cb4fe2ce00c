"""Redis: does the server answer, what fills it, is it getting full, and what is slow (C5)."""

import streamlit as st

from pages.shell import redis_panels as panels
from pages.shell.console import in_local_time, minute
from pages.shell.guard import open_page
from pages.shell.live import rerun_when_changed


def show() -> None:
    page = in_local_time(open_page("redis.read"))
    t, redis = page.t, page.services.redis
    st.title(t("redis.title"), anchor=False)
    period, ago = panels.filters(page)
    found = redis.status(page.scope)
    panels.state(page, found)
    panels.key_figures(page, found)
    panels.memory(page, found, period)
    panels.keys(page, found)
    panels.comparison(page, found, ago)
    panels.slow_commands(page, found)
    panels.clients(page, found)
    shown = (minute(page), redis.newest_state(page.scope))
    rerun_when_changed(shown, lambda: (minute(page), redis.newest_state(page.scope)))


if __name__ == "__main__":
    show()
