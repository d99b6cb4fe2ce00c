"""Filters and panels of the Requests page: 24 hours, what fails, the course, one endpoint, all endpoints."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from operations.requests.service import ERROR_LIMIT, PERIODS, VIEWS
from pages.shell import request_words as words
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import ALL, choose_one, filter_row, to_address
from pages.shell.guard import Page
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import badge, plain
from reports.figures.requests import DurationLabels, duration_figure, volume_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.requests.service import Endpoint, Figures, RequestOverview

ENDPOINT = "endpoint"
TABLE = "table_requests"
WIDTH = 320


def filters(page: Page) -> tuple[str, str]:
    """View and period; their state is the address."""
    t = page.t
    with filter_row(t("shell.filters")):
        view = choose_one("view", list(VIEWS), t("requests.of"), lambda view: t(f"requests.view_{view}"))
        period = choose_one(
            "period", list(PERIODS), t("consumption.period"), lambda period: t(f"requests.period_{period}")
        )
    return view, period


def key_figures(page: Page, found: "RequestOverview") -> None:
    """Of the last 24 hours, whatever period is chosen."""
    t, day = page.t, found.day
    with st.container(horizontal=True):
        st.metric(t("requests.day_count"), t.number(day.requests), border=True)
        st.metric(t("requests.day_mean"), words.milliseconds(t, day.mean_seconds), border=True)
        st.metric(t("requests.day_p95"), words.milliseconds(t, day.quantile(0.95)), border=True)
        st.metric(
            t("requests.day_errors"), words.error_rate(t, day), border=True, help=plain(t("requests.errors_help"))
        )
        st.metric(
            t("requests.in_flight"), t.number(found.in_flight), border=True, help=plain(t("requests.in_flight_help"))
        )


def failing(page: Page, found: "RequestOverview") -> None:
    """Endpoints of the period that fail too often, each with its rate."""
    t = page.t
    told = [
        f"{words.name(t, endpoint)} ({t.percent(one.failure_ratio, 1)})"
        for endpoint, one in found.endpoints.items()
        if one.is_failing
    ]
    if told:
        text = t("requests.failing", limit=t.percent(ERROR_LIMIT), endpoints="; ".join(told))
        st.warning(plain(text), icon=":material/error:")


def choose_endpoint(page: Page, found: "RequestOverview") -> "Endpoint | None":
    """One endpoint, from the list or by its row in the table; None means all."""
    t = page.t
    known = {words.code(endpoint): endpoint for endpoint in found.endpoints}
    chosen = choose_one(
        ENDPOINT, [ALL, *known], t("requests.one"),
        lambda code: t("shell.all") if code == ALL else words.name(t, known[code]), width=WIDTH,
    )  # fmt: skip
    return known.get(chosen)


def course(page: Page, view: str, period: str, endpoint: "Endpoint | None") -> None:
    """Volume and durations over the period, of one endpoint or of all."""
    t = page.t
    frame = page.services.requests.course(page.scope, view, period, endpoint)
    title = words.name(t, endpoint) if endpoint else t(f"requests.all_{view}")
    st.header(plain(title), anchor=False)
    volume, duration = st.columns(2)
    with volume:
        figure = volume_figure(frame, t(f"requests.per_step_{period}"), t, browser_theme())
        st.markdown(f"**{t('requests.volume')}**")
        st.plotly_chart(figure, theme=None, config=CONFIG, key="request_volume", alt=f"{title}: {t('requests.volume')}")
    with duration:
        labels = DurationLabels(t("requests.median"), "p95", t("requests.ms"))
        figure = duration_figure(frame, labels, t, browser_theme())
        st.markdown(f"**{t('requests.durations')}**")
        alt = f"{title}: {t('requests.durations')}"
        st.plotly_chart(figure, theme=None, config=CONFIG, key="request_durations", alt=alt)
    folded_sheet(
        page, lambda: words.course_sheet(t, frame), "request_course", config=instants(t, t("board.time"))
    )  # fmt: skip


def detail(page: Page, period: str, endpoint: "Endpoint", figures: "Figures") -> None:
    """Figures of one endpoint, its errors by code, and its newest requests."""
    t = page.t
    found = page.services.requests.detail(page.scope, period, endpoint)
    with st.container(horizontal=True):
        st.metric(t("requests.count"), t.number(figures.requests), width="content")
        st.metric(t("requests.mean"), words.milliseconds(t, figures.mean_seconds), width="content")
        for share in (50, 95, 99):
            st.metric(f"p{share}", words.milliseconds(t, figures.quantile(share / 100)), width="content")
        st.metric(t("requests.error_rate"), words.error_rate(t, figures), width="content")
    if found.error_codes:
        told = [badge(f"{code}: {t.number(count)}", "orange") for code, count in found.error_codes.items()]
        st.markdown(f"{plain(t('requests.error_codes'))} {' '.join(told)}")
    sheet = words.recent_sheet(t, found.recent)
    st.subheader(sheet.name, anchor=False)
    show_sheet(sheet, "recent_requests", config=instants(t, t("requests.ended"), seconds=True))
    downloads(page, [sheet], "recent-requests", None)


def table(page: Page, found: "RequestOverview", view: str) -> None:
    """All endpoints of the period; a row that is chosen shows its endpoint above."""
    t = page.t
    sheet = words.endpoints_sheet(t, found.endpoints, view == "api")
    st.header(sheet.name, anchor=False)
    state = st.column_config.MultiselectColumn(
        options=[t("requests.fine"), t("requests.above")], color=["green", "red"], width="small"
    )
    show_sheet(
        sheet, TABLE, config={t("requests.state"): state}, selection_mode="single-row",
        on_select=partial(_row_to_address, [words.code(endpoint) for endpoint in found.endpoints]),
    )  # fmt: skip
    downloads(page, [sheet], "requests", None)


def _row_to_address(codes: list[str]) -> None:
    rows = st.session_state[TABLE].selection.rows
    to_address(**{ENDPOINT: codes[rows[0]] if rows else None})


def since(page: Page, found: "RequestOverview") -> str:
    """Since when anything is measured, and how exactly."""
    t = page.t
    if found.measured_since is None:
        return t("requests.help")
    return f"{t('requests.since', at=found.measured_since)} {t('requests.help')}"
