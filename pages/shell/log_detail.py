"""One line of a log: everything it tells, and what its process wrote before and after it."""

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import AppError
from core.i18n import UNKNOWN
from operations.logs.lines import TEXT_CHARACTERS
from pages.shell import log_words as words
from pages.shell.audit_entry import pairs
from pages.shell.consumption_tables import show_sheet
from pages.shell.filters import PAGE, to_address
from pages.shell.guard import Page
from pages.shell.log_filters import LINE
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.logs.lines import LogLine
    from operations.logs.service import LogDetail


def detail(page: Page) -> None:
    """The line that the address names, if it names one."""
    t, line_id = page.t, st.query_params.get(LINE)
    if not line_id:
        return
    with st.container(border=True):
        found = _read(page, line_id)
        if found is None:
            st.info(plain(t("logs.gone")), icon=":material/delete_sweep:")
        else:
            _line(page, found.line)
            _context(page, found)
        st.button(t("logs.close"), key="logs_close", icon=":material/close:", on_click=to_address, kwargs={LINE: None})


def _read(page: Page, line_id: str) -> "LogDetail | None":
    """None when its file was deleted meanwhile, as the oldest are."""
    try:
        return page.services.logs.detail(page.scope, line_id)
    except AppError as error:
        if error.code != "not_found":
            raise
        return None


def _line(page: Page, line: "LogLine") -> None:
    t = page.t
    st.subheader(plain(line.event[: words.CHARACTERS]) or UNKNOWN, anchor=False)
    st.markdown(words.level_badge(t, line.level))
    muted(t("logs.of", at=line.at, process=words.process(t, line.stream), pid=str(line.pid or UNKNOWN),
            version=line.version or UNKNOWN, logger=line.logger or UNKNOWN))  # fmt: skip
    if not line.is_readable:
        muted(t("logs.is_unreadable", size=line.size))
        st.code(line.event[:TEXT_CHARACTERS], language=None, wrap_lines=True)
    known = {"request_id": line.request_id, "actor": line.actor, **line.fields}
    if told := {name: value for name, value in known.items() if value is not None}:
        pairs(page, told)
    if line.masked:
        muted(t("logs.was_masked", count=line.masked))
    if line.exception:
        st.code(line.exception, language=None, wrap_lines=True)
    if line.request_id:
        st.button(
            t("logs.same_request"), key="logs_same_request", icon=":material/account_tree:", on_click=to_address,
            kwargs={
                "q": line.request_id, "level": None, "process": None, "period": None, "as": None, PAGE: None,
                "live": "off",
            },
        )  # fmt: skip


def _context(page: Page, found: "LogDetail") -> None:
    """Before and after, the line itself in the middle, in the order of the file."""
    t = page.t
    st.markdown(f"**{t('logs.context')}**")
    around = [*found.before, found.line, *found.after]
    sheet = words.lines_sheet(t, around, t("logs.context"))
    marked = [("→" if line is found.line else "") for line in around]
    rows = [(mark, *row) for mark, row in zip(marked, sheet.rows, strict=True)]
    sheet = type(sheet)(sheet.name, [words.mark_column(t), *sheet.columns], rows)
    show_sheet(sheet, "table_log_context", config=words.lines_config(t))
