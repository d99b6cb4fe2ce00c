"""Panels of the Memory page: the processes now, their course, and when memory was short."""

from typing import TYPE_CHECKING

import streamlit as st

from operations.memory.service import PERIODS, services
from pages.shell import memory_words as words
from pages.shell.consumption_tables import folded_sheet, show_sheet
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.navigation import PROFILER
from pages.shell.redis_words import megabytes
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import badge, muted, plain
from reports.figures.memory import memory_course_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.memory.service import ProcessState


def filters(page: Page) -> str:
    """The period of the chart and the events; its state is the address."""
    t = page.t
    with filter_row(t("shell.filters")):
        return choose_one("period", list(PERIODS), t("consumption.period"), lambda one: t(f"memory.period_{one}"))


def processes(page: Page, found: "list[ProcessState]") -> None:
    """One card a process that tells of itself; of the others a line in the table."""
    t = page.t
    seen = [one for one in found if one.is_seen]
    if not seen:
        st.info(f"**{t('memory.empty_title')}**  \n{t('memory.empty_text')}", icon=":material/memory_alt:")
    with st.container(horizontal=True):
        for one in seen:
            _card(page, one)
    short = [words.service(t, one.service) for one in seen if one.level in ("recycle", "refuse")]
    if short:
        st.error(plain(t("memory.is_short", services=", ".join(sorted(set(short))))), icon=":material/memory_alt:")
    if page.scope.allows("profiler.read"):
        st.page_link(PROFILER, label=t("memory.to_profiler"), icon=":material/local_fire_department:")
    if found:
        folded_sheet(page, lambda: words.processes_sheet(t, found), "processes", config=instants(t, t("memory.seen")))


def _card(page: Page, one: "ProcessState") -> None:
    t = page.t
    with st.container(border=True, width=260):
        colour, icon = words.COLOURS[one.level]
        st.markdown(f"**{plain(words.service(t, one.service))}** {badge(t(f'memory.level_{one.level}'), colour, icon)}")
        grown = words.signed_megabytes(t, one.growth_bytes)
        st.metric(t("memory.rss"), megabytes(t, one.rss_bytes), help=plain(t("memory.rss_help")))
        muted(t("memory.grown", size=grown, since=one.first_at))
        limit = t("memory.of_limit", limit=megabytes(t, one.limit_bytes)) if one.limit_bytes else t("memory.of_machine")
        muted(t("memory.used", share=t.percent(one.used_ratio), limit=limit))
        muted(t("memory.process", pid=str(one.process_id), peak=megabytes(t, one.peak_bytes)))


def course(page: Page, period: str) -> None:
    """Each service's largest process in each step."""
    t = page.t
    frame = page.services.memory.course(page.scope, period)
    st.header(t("memory.over_time"), anchor=False)
    if frame.empty:
        muted(t("memory.no_course"))
        return
    names = {service: words.service(t, service) for service in services(frame)}
    span = (PERIODS[period].begin(page.now), page.now)
    figure = memory_course_figure(frame, names, t("redis.megabytes"), t, browser_theme(), span=span)
    st.plotly_chart(figure, theme=None, config=CONFIG, key="memory_course", alt=t("memory.over_time"))
    folded_sheet(page, lambda: words.course_sheet(t, frame), "memory_course", config=instants(t, t("board.time")))


def events(page: Page, period: str) -> None:
    """When a level changed or memory was given back."""
    t = page.t
    st.header(t("memory.events"), anchor=False)
    found = page.services.memory.events(page.scope, period)
    if not found:
        muted(t("memory.no_events"))
        return
    show_sheet(words.events_sheet(t, found), "table_memory_events", config=instants(t, t("board.time")))
