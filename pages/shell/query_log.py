"""The log of statements on the page Queries: the newest or slowest hundred of every process, one of them in full."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from operations.queries.statement_log import LOG_PERIODS, ORDERS, PROCESSES, WHICH
from pages.shell import navigation
from pages.shell import query_words as words
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.filters import ALL, asked_number, choose_one, filter_row, to_address
from pages.shell.guard import Page
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain, sql

if TYPE_CHECKING:
    from operations.queries.statement_log import LoggedStatement

WIDE, LOGGED = 220, "logged"


def recent(page: Page) -> None:
    """The filters, the statement that was chosen, and the table."""
    t = page.t
    muted(t("queries.recent_told"))
    with filter_row(t("shell.filters")):
        which = choose_one("which", list(WHICH), t("queries.which"), lambda one: t(f"queries.which_{one}"), WIDE)
        process = choose_one(
            "process", [ALL, *PROCESSES], t("queries.process"),
            lambda one: t("shell.all") if one == ALL else t(f"queries.process_{one}"), WIDE,
        )  # fmt: skip
        period = choose_one(
            "within", list(LOG_PERIODS), t("consumption.period"), lambda one: t(f"requests.period_{one}")
        )
        order = choose_one("first", list(ORDERS), t("queries.order"), lambda one: t(f"queries.first_{one}"))
    _chosen(page)
    found = page.services.queries.log.read(page.scope, which, None if process == ALL else process, period, order)
    if not found:
        st.info(plain(t("queries.nothing_logged")), icon=":material/search_off:")
        return
    sheet = words.log_sheet(t, found)
    words_of = [t("queries.fine"), t("queries.slow"), t("queries.failed")]
    verdicts = st.column_config.MultiselectColumn(options=words_of, color=["green", "red", "orange"], width="small")
    wide = st.column_config.TextColumn(width="large")
    shown = {t("queries.verdict_recent"): verdicts, t("queries.statement"): wide}
    shown |= instants(t, t("requests.ended"), seconds=True)
    # Named by its newest row: what a click chose in one list is not the same row of the next.
    key = f"table_recent_{which}_{process}_{period}_{order}_{found[0].id}"
    choose = partial(_row_to_address, key, [one.id for one in found])
    show_sheet(sheet, key, config=shown, selection_mode="single-row", on_select=choose)
    if LOGGED not in st.query_params:
        muted(t("queries.choose_row"))
    downloads(page, [sheet], "queries-recent", None)


def _row_to_address(key: str, ids: list[int]) -> None:
    rows = st.session_state[key].selection.rows
    to_address(**{LOGGED: str(ids[rows[0]]) if rows else None})


def _chosen(page: Page) -> None:
    """The statement that the address names, if it names one: as a whole, and the way to what its request wrote."""
    if not st.query_params.get(LOGGED):
        return
    t, asked = page.t, asked_number(LOGGED)
    one = page.services.queries.log.one(page.scope, asked) if asked is not None else None
    with st.container(border=True):
        if one is None:
            st.info(plain(t("queries.statement_gone")), icon=":material/delete_sweep:")
        else:
            _told(page, one)
        st.button(
            t("logs.close"), key="close_logged", icon=":material/close:", on_click=to_address, kwargs={LOGGED: None}
        )  # fmt: skip


def _told(page: Page, one: "LoggedStatement") -> None:
    t = page.t
    muted(t("queries.logged_by", process=t(f"queries.process_{one.process}"), pid=str(one.process_id), host=one.host,
            place=words.place(t, one.place), at=one.ended_at,
            duration=words.milliseconds(t, one.seconds)))  # fmt: skip
    sql(one.text)
    if one.request_id and page.scope.allows("logs.read"):
        st.page_link(
            navigation.LOGS, label=plain(t("queries.to_logs", request=one.request_id)),
            icon=":material/account_tree:", query_params={"q": one.request_id, "live": "off"},
        )  # fmt: skip
