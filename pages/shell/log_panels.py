"""Panels of the Logs page: the lines with their live tail, exports, volume, patterns."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from core.errors import AppError
from operations.logs import positions
from operations.logs.service import PAGE_LINES
from pages.shell import log_words as words
from pages.shell import reads
from pages.shell.attempt import refusal
from pages.shell.console import minute
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import PAGE, to_address
from pages.shell.guard import Page
from pages.shell.log_filters import LINE, Asked, open_line
from pages.shell.page_runs import fragment
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.figures.logs import counts_frame, lines_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.logs.lines import LogLine
    from operations.logs.matching import LogFilters
    from operations.logs.service import ExportFormat, LogPage
    from operations.logs.statistics import LogStatistics

KEPT, TABLE = "logs_kept", "table_logs"
LIVE_SECONDS = 3.0
EXPORTS: "tuple[tuple[ExportFormat, str, str], ...]" = (
    ("json", ":material/data_object:", "application/json"), ("txt", ":material/description:", "text/plain"),
)  # fmt: skip
Result = TypeVar("Result")


@dataclass
class Kept:
    """The lines that the visitor sees, between two runs. ``is_drawn``: the next run of the list looks for newer ones.

    ``is_flooded``: more was written meanwhile than is read; the lines in between are left out.
    """

    asked: "tuple[LogFilters, str | None]"
    page: "LogPage"
    lines: "list[LogLine]"
    is_drawn: bool = False
    is_flooded: bool = False


def told(page: Page, read: Callable[[], Result]) -> Result | None:
    """What was read; None when it was refused, with the reason on the screen: a pattern that is wrong or too slow."""
    try:
        return read()
    except AppError as error:
        if error.code not in ("pattern_wrong", "pattern_too_slow", "logs_busy"):
            raise
        refusal(page, error)
        return None


def kept_lines(page: Page, asked: Asked) -> Kept | None:
    """The newest lines while the list is live, those that were there while it stands still."""
    known: Kept | None = st.session_state.get(KEPT)
    what = (asked.filters, positions.written(asked.start) if asked.start is not None else None)
    if known is not None and known.asked == what and not asked.is_live:
        return known
    found = told(page, lambda: page.services.logs.page(page.scope, asked.filters, asked.start))
    kept = None if found is None else Kept(what, found, found.lines)
    st.session_state[KEPT] = kept
    return kept


def lines(page: Page, asked: Asked, kept: Kept) -> None:
    """The list; while it is live it looks for new lines every few seconds."""
    kept.is_drawn, shown = False, st.query_params.get(LINE)

    def draw() -> None:
        if kept.is_drawn and st.query_params.get(LINE) != shown:
            st.rerun()  # a row was ticked: what stands around the list changes too
        if asked.is_live and kept.is_drawn:
            _look_for_newer(page, asked, kept)
        kept.is_drawn = True
        _list(page, asked, kept)

    fragment(draw, run_every=LIVE_SECONDS if asked.is_live else None)()


def _look_for_newer(page: Page, asked: Asked, kept: Kept) -> None:
    """At most a page of new lines at a time, whatever was written."""
    found = told(page, lambda: page.services.logs.newer(page.scope, asked.filters, kept.page.newest))
    if found is not None:
        kept.is_flooded = found.older is not None
        kept.lines = [*found.lines, *kept.lines][:PAGE_LINES]
        kept.page = found


def _list(page: Page, asked: Asked, kept: Kept) -> None:
    t = page.t
    if not kept.lines:
        st.info(f"**{t('logs.empty_title')}**  \n{plain(t('logs.empty_text'))}", icon=":material/search_off:")
    else:
        if kept.is_flooded:
            st.warning(plain(t("logs.flood", number=PAGE_LINES)), icon=":material/flood:")
        sheet = words.lines_sheet(t, kept.lines, t("logs.lines"))
        ids = [line.id for line in kept.lines]
        key = f"{TABLE}_{ids[0]}"  # new lines move the rows: what was ticked must not point at another one
        show_sheet(
            sheet, key, config=words.lines_config(t), selection_mode="single-row",
            on_select=partial(_row_to_address, key, ids),
        )  # fmt: skip
    now = page.services.clock.now()
    muted(t("logs.live_at", at=f"{t.clock_time(now)}:{now:%S}") if asked.is_live else t("logs.still"))


def _row_to_address(key: str, ids: list[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        open_line(ids[rows[0]])


def older(page: Page, asked: Asked, kept: Kept) -> None:
    """Where the search ended early, and the way to older lines and back to the newest."""
    t, found = page.t, kept.page
    if found.stopped_at is not None:
        st.warning(plain(t("logs.stopped", at=found.stopped_at)), icon=":material/hourglass:")
    with st.container(horizontal=True):
        st.button(
            t("logs.newest"), key="logs_newest", icon=":material/first_page:", disabled=asked.start is None,
            on_click=to_address, kwargs={PAGE: None},
        )  # fmt: skip
        st.button(
            t("logs.search_on" if found.stopped_at else "audit.older"), key="logs_older",
            icon=":material/chevron_right:", disabled=found.older is None, on_click=to_address,
            kwargs={PAGE: positions.written(found.older or {}), "live": "off"},
        )  # fmt: skip
        for kind, icon, mime in EXPORTS:
            st.download_button(
                t(f"logs.{kind}"), partial(_export, page, asked.filters, kind), f"logs.{kind}", mime,
                key=f"logs_{kind}", on_click="ignore", icon=icon, help=plain(t("logs.export_help")),
            )  # fmt: skip


def _export(page: Page, filters: "LogFilters", kind: "ExportFormat") -> bytes:
    return page.services.logs.export(page.scope, filters, kind).content


def statistics(page: Page, asked: Asked) -> None:
    """Volume by level, key figures and patterns of everything that is filtered, as far back as is read."""
    t, filters = page.t, asked.filters
    call = page.services.logs.statistics
    read = partial(reads.cached, page, (minute(page),), ("log_statistics", filters), lambda: call(page.scope, filters))
    found: LogStatistics | None = told(page, read)
    if found is None or not found.lines:
        return
    st.header(t("logs.volume"), anchor=False)
    with st.container(horizontal=True):
        for label, number in (
            ("logs.lines", found.lines), ("logs.errors", _errors(found)),
            ("logs.warnings", found.by_level.get("warning", 0)), ("logs.masked", found.masked),
            ("logs.unreadable", found.by_level.get("unknown", 0)),
        ):  # fmt: skip
            shown = words.at_least(t, number, found.is_complete)
            st.metric(t(label), shown, border=True, help=plain(t(f"{label}_help")))
    if not found.is_complete and found.since:
        muted(t("logs.counted_back_to", at=found.since))
    frame = counts_frame(found.counts, found.step_seconds)
    unit = t("logs.per_step", length=t.length(found.step_seconds))
    figure = lines_figure(frame, words.levels(t), unit, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="log_volume", alt=t("logs.volume"))
    folded_sheet(page, lambda: words.counts_sheet(t, frame), "log_volume", config=instants(t, t("board.time")))
    _patterns(page, found)


def _errors(found: "LogStatistics") -> int:
    return found.by_level.get("error", 0) + found.by_level.get("critical", 0)


def _patterns(page: Page, found: "LogStatistics") -> None:
    t, sheet = page.t, words.patterns_sheet(page.t, found.patterns)
    st.header(sheet.name, anchor=False)
    new = sum(one.is_new for one in found.patterns)
    if not found.compares_with:
        muted(t("logs.no_other_version"))
    else:
        muted(t("logs.new_patterns", count=new, versions=words.other_versions(found)))
    config = instants(t, t("logs.first_at")) | instants(t, t("logs.last_at")) | words.level_column(t)
    key = "table_log_patterns"
    examples = [one.example for one in found.patterns]
    show_sheet(
        sheet, key, config=config, selection_mode="single-row", on_select=partial(_row_to_address, key, examples)
    )
    downloads(page, [sheet], "log-patterns", None)
