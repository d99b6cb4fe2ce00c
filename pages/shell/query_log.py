"""The log of statements on the page Queries: the newest or slowest hundred of every process, one of them in full."""

from typing import TYPE_CHECKING

import streamlit as st

from operations.queries.statement_log import LOG_PERIODS, ORDERS, PROCESSES, WHICH
from pages.shell import navigation
from pages.shell import query_words as words
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.filters import ALL, choose_one, filter_row
from pages.shell.guard import Page
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.queries.statement_log import LoggedStatement

WIDE = 220


def recent(page: Page) -> None:
    """The filters, the table, and the statement of the row that is chosen."""
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
    found = page.services.queries.log.read(page.scope, which, None if process == ALL else process, period, order)
    if not found:
        st.info(plain(t("queries.nothing_logged")), icon=":material/search_off:")
        return
    sheet = words.log_sheet(t, found)
    words_of = [t("queries.fine"), t("queries.slow"), t("queries.failed")]
    verdicts = st.column_config.MultiselectColumn(options=words_of, color=["green", "red", "orange"], width="small")
    ended = st.column_config.DatetimeColumn(timezone=t.time_zone, format="YYYY-MM-DD HH:mm:ss")
    wide = st.column_config.TextColumn(width="large")
    shown = {t("queries.verdict_recent"): verdicts, t("requests.ended"): ended, t("queries.statement"): wide}
    key = f"table_recent_{which}_{process}_{period}_{order}"
    show_sheet(sheet, key, config=shown, selection_mode="single-row", on_select="rerun")
    rows = [row for row in st.session_state[key].selection.rows if row < len(found)]
    if rows:
        _one(page, found[rows[0]])
    else:
        muted(t("queries.choose_row"))
    downloads(page, [sheet], "queries-recent", None)


def _one(page: Page, one: "LoggedStatement") -> None:
    """The whole statement, and the way to what else its request wrote."""
    t = page.t
    with st.container(border=True):
        st.code(one.text, language="sql", wrap_lines=True)
        muted(t("queries.logged_by", process=t(f"queries.process_{one.process}"), pid=str(one.process_id),
                host=one.host, place=words.place(t, one.place)))  # fmt: skip
        if one.request_id and page.scope.allows("logs.read"):
            st.page_link(
                navigation.LOGS, label=plain(t("queries.to_logs", request=one.request_id)),
                icon=":material/account_tree:", query_params={"q": one.request_id, "live": "off"},
            )  # fmt: skip
