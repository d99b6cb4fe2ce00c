"""Queries: what the database does now, what took long, and how one statement would be executed (C2)."""

import streamlit as st

from pages.shell import query_comparison, query_locks, query_log, query_plans
from pages.shell import query_panels as panels
from pages.shell.console import in_local_time
from pages.shell.filters import switch
from pages.shell.guard import open_page
from pages.shell.text import muted


def show() -> None:
    page = in_local_time(open_page("queries.read"))
    t = page.t
    st.title(t("queries.title"), anchor=False)
    muted(t("queries.help"))
    panels.now(page)
    view = switch("view", panels.VIEWS, t("queries.view"), lambda one: t(f"queries.view_{one}"))
    if view == "explain":
        query_plans.explain(page)
    elif view == "plans":
        query_comparison.comparison(page)
    elif view == "recent":
        query_log.recent(page)
    elif view == "locks":
        query_locks.episodes(page)
    elif view == "tables":
        panels.tables(page)
    else:
        panels.statements(page)


if __name__ == "__main__":
    show()
