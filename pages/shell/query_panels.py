"""Panels of the page Queries: what runs now, what took long, advice, indexes and tables."""

from typing import TYPE_CHECKING

import streamlit as st

from operations.queries.service import CHOICES, ORDERS, SLOW_SECONDS, Asked
from pages.shell import query_words as words
from pages.shell.attempt import attempted
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.page_runs import fragment
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import badge, muted, plain, sql
from reports.figures.statements import statement_time_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operations.queries.missing import Missing
    from operations.queries.plan import Advice
    from operations.queries.service import RunningRow

VIEWS = ("statements", "recent", "locks", "explain", "plans", "tables")
POLL_SECONDS, SHOWN = 2.0, 10


def now(page: Page) -> None:
    """What runs and who waits, looked at anew every two seconds."""
    t = page.t

    def follow() -> None:
        found = page.services.queries.now(page.scope)
        st.header(t("queries.now"), anchor=False)
        if not found.running:
            st.success(plain(t("queries.nothing_runs")), icon=":material/check_circle:")
        for row in found.running[:SHOWN]:
            _running(page, row)
        if len(found.running) > SHOWN:
            muted(t("queries.more_run", count=len(found.running) - SHOWN))
        if found.waits:
            st.error(plain(t("queries.somebody_waits", count=len(found.waits))), icon=":material/lock:")
            show_sheet(words.waits_sheet(t, found.waits), "table_waits", config=instants(t, t("queries.held_since")))

    fragment(follow, run_every=POLL_SECONDS)()


def _running(page: Page, row: "RunningRow") -> None:
    t = page.t
    with st.container(border=True):
        is_long = row.seconds is not None and row.seconds > SLOW_SECONDS
        since = badge(words.since(t, row.seconds), "red" if is_long else "gray", ":material/timer:")
        st.markdown(f"{since} {badge(words.state(t, row))}")
        sql(row.text)
        muted(words.running_told(t, row))
        if row.may_cancel and row.query_start is not None and page.scope.allows_everywhere("queries.cancel"):
            _cancel(page, Asked(row.pid, row.backend_start, row.query_start))


def _cancel(page: Page, asked: Asked) -> None:
    """Keyed by the statement: a click on one that has ended meanwhile never reaches the next one."""
    t, key = page.t, f"{asked.pid}_{asked.query_start.timestamp()}"
    with st.popover(t("queries.cancel"), icon=":material/stop_circle:", key=f"asking_{key}"):
        st.markdown(plain(t("queries.cancel_told")))
        if st.button(t("queries.cancel_now"), key=f"cancel_{key}", type="primary") and attempted(
            page, lambda: page.services.queries.cancel(page.scope, asked)
        ):
            st.success(plain(t("queries.cancelled")), icon=":material/check_circle:")


def statements(page: Page) -> None:
    """Of a period: all together, hour by hour, the slowest ten, and all by an order; or what is missing for it."""
    t = page.t
    with filter_row(t("shell.filters")):
        period = choose_one("period", list(CHOICES), t("consumption.period"), lambda one: t(f"queries.period_{one}"))
        orders = ["total", *(one for one in ORDERS if one != "total")]
        order = choose_one("order", orders, t("queries.order"), lambda one: t(f"queries.order_{one}"))
    found = page.services.queries.statistics(page.scope, order, period)
    if found.missing is not None or found.totals is None:
        missing_told(page, found.missing)
        return
    if not found.totals.calls:
        st.info(plain(t("queries.nothing_counted")), icon=":material/hourglass:")
        return
    totals = found.totals
    if totals.since is not None:
        muted(t("queries.since", at=totals.since))
    with st.container(horizontal=True):
        st.metric(t("queries.calls"), t.number(totals.calls), border=True)
        st.metric(t("queries.total_time"), words.since(t, totals.total_seconds), border=True)
        st.metric(t("queries.mean"), words.milliseconds(t, totals.mean_seconds), border=True)
        st.metric(t("queries.different"), t.number(totals.statements), border=True)
    _course(page, period)
    for name, rows in (("slowest", found.slowest), ("listed", found.listed)):
        sheet = words.statements_sheet(t, t(f"queries.{name}"), rows)
        st.subheader(sheet.name, anchor=False)
        verdicts = st.column_config.MultiselectColumn(
            options=[t("queries.fine"), t("queries.slow")], color=["green", "red"], width="small"
        )
        wide = st.column_config.TextColumn(width="large")
        show_sheet(sheet, f"table_{name}", config={t("queries.verdict"): verdicts, t("queries.statement"): wide})
        downloads(page, [sheet], f"queries-{name}", None)


def _course(page: Page, period: str) -> None:
    t, is_always = page.t, period == "counted"
    frame = page.services.queries.course(page.scope, "24h" if is_always else period)
    title = t("queries.course_day" if is_always else "queries.course")
    st.markdown(f"**{title}**")
    if frame["total_seconds"].notna().any():
        figure = statement_time_figure(frame, t("queries.total_time"), t("profiler.seconds"), t, browser_theme())
        st.plotly_chart(figure, theme=None, config=CONFIG, key=f"statement_course_{period}", alt=title)
        folded_sheet(
            page, lambda: words.course_sheet(t, frame), "statement_course", config=instants(t, t("board.time"))
        )
    else:
        muted(t("queries.nothing_counted"))


def missing_told(page: Page, missing: "Missing | None", is_optional: bool = False) -> None:
    """What turns it on, to copy; no figure stands in its place."""
    t = page.t
    if missing is None:
        return
    show, icon = (st.info, ":material/extension:") if is_optional else (st.warning, ":material/visibility_off:")
    show(plain(t(f"queries.missing_{missing.reason}")), icon=icon)
    sql("\n".join(missing.statements))
    if missing.reason == "not_loaded":
        muted(t("queries.restart_server"))


def tables(page: Page) -> None:
    """Indexes and tables of the whole database that want looking after."""
    advised(page, page.services.queries.tables(page.scope), page.t("queries.tables_well"))


def advised(page: Page, found: "Sequence[Advice]", otherwise: str) -> None:
    t = page.t
    if not found:
        st.success(plain(otherwise), icon=":material/check_circle:")
    for one in found:
        with st.container(border=True):
            st.markdown(f":material/lightbulb: {plain(words.advice(t, one))}")
            if one.statement:
                sql(one.statement)
