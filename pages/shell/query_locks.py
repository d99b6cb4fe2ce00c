"""Lock episodes on the page Queries: when somebody held others up, for how long, and with which statement."""

import streamlit as st

from operations.queries.lock_history import LOCK_PERIODS
from pages.shell import query_words as words
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.figures.statements import Span, lock_waits_figure
from reports.figures.template import CONFIG


def episodes(page: Page) -> None:
    """The period's course and its newest episodes."""
    t, locks = page.t, page.services.queries.locks
    muted(t("queries.locks_told"))
    with filter_row(t("shell.filters")):
        period = choose_one("span", list(LOCK_PERIODS), t("consumption.period"), lambda one: t(f"queries.period_{one}"))
    found = locks.episodes(page.scope, period)
    if not found.is_watched:
        st.warning(plain(t("queries.locks_not_watched")), icon=":material/visibility_off:")
    if not found.items:
        muted(t("queries.no_locks"))
        return
    if found.going_on:
        st.error(plain(t("queries.locks_go_on", count=found.going_on)), icon=":material/lock:")
    course = locks.course(page.scope, period)
    span, title = Span(course.since, course.until, course.step_seconds), t("queries.lock_course")
    st.markdown(f"**{title}**")
    labels = t("queries.lock_longest"), t("profiler.seconds")
    figure = lock_waits_figure(course.steps, span, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"lock_course_{period}", alt=title)
    folded_sheet(
        page, lambda: words.lock_course_sheet(t, course.steps), "lock_course", config=instants(t, t("board.time"))
    )  # fmt: skip
    sheet = words.episodes_sheet(t, found.items)
    st.subheader(sheet.name, anchor=False)
    times = instants(t, t("queries.lock_began"), seconds=True) | instants(t, t("queries.lock_ended"), seconds=True)
    show_sheet(sheet, "table_lock_episodes", config=times)
    downloads(page, [sheet], "lock-episodes", None)
