"""Lines of logs in words, and the tables of the Logs page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.i18n import UNKNOWN, Translator
from operations.logs.lines import LEVELS
from pages.shell.audit_words import known
from pages.shell.consumption_tables import rounded, rows_of
from pages.shell.stock_tables import instants
from pages.shell.text import badge
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.logs.lines import LogLine
    from operations.logs.statistics import LogStatistics, Pattern

CHARACTERS = 300  # of a line in a table; the detail has all of it
COLOURS = {
    "critical": "red", "error": "orange", "warning": "yellow", "info": "blue", "debug": "gray", "unknown": "violet",
}  # fmt: skip
ICONS = {
    "critical": ":material/error:", "error": ":material/warning:", "warning": ":material/report:",
    "info": ":material/info:", "debug": ":material/bug_report:", "unknown": ":material/help:",
}  # fmt: skip


def level(t: Translator, code: str) -> str:
    return t(f"logs.level_{code}")


def levels(t: Translator) -> dict[str, str]:
    return {code: level(t, code) for code in LEVELS}


def level_badge(t: Translator, code: str) -> str:
    return badge(level(t, code), COLOURS[code], ICONS[code])


def process(t: Translator, stream: str) -> str:
    """Who writes the file, called as elsewhere; a file of another name is shown by it."""
    return known(t, f"queries.process_{stream}", stream)


def lines_sheet(t: Translator, lines: "Sequence[LogLine]", name: str) -> Sheet:
    """One row a line, in the order given."""
    columns = [
        Column(t("board.time"), "instant"), Column(t("logs.level")), Column(t("logs.text")), Column(t("logs.process")),
    ]  # fmt: skip
    rows = [(line.at, level(t, line.level), line.text[:CHARACTERS], process(t, line.stream)) for line in lines]
    return rounded(name, columns, rows)


def lines_config(t: Translator) -> dict[str, Any]:
    """Times to the second; levels in their colours; room for the text, which phones show beside them."""
    by, text = st.column_config.TextColumn(width=112), st.column_config.TextColumn(width=560)
    at = instants(t, t("board.time"), seconds=True)
    return {**at, **level_column(t), t("logs.text"): text, t("logs.process"): by}


def level_column(t: Translator) -> dict[str, Any]:
    colours = [COLOURS[code] for code in LEVELS]
    return {
        t("logs.level"): st.column_config.MultiselectColumn(options=list(levels(t).values()), color=colours, width=92)
    }


def patterns_sheet(t: Translator, found: "Sequence[Pattern]") -> Sheet:
    """One row a pattern, new ones first."""
    columns = [
        Column(t("logs.pattern")), Column(t("logs.count"), "whole"), Column(t("logs.level")),
        Column(t("logs.first_at"), "instant"), Column(t("logs.last_at"), "instant"), Column(t("logs.news")),
    ]  # fmt: skip
    rows = [
        (
            one.pattern, one.count, level(t, one.level), one.first_at, one.last_at,
            t("logs.is_new") if one.is_new else None,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("logs.patterns"), columns, rows)


def counts_sheet(t: Translator, frame: Any) -> Sheet:
    """The table of the chart: one row a step."""
    columns = [Column(t("board.time"), "instant"), *(Column(word, "whole") for word in levels(t).values())]
    rows = [(row.at.to_pydatetime(), *(getattr(row, code) for code in LEVELS)) for row in rows_of(frame)]
    return rounded(t("logs.volume"), columns, rows)


def at_least(t: Translator, number: int, is_complete: bool) -> str:
    return t.number(number) if is_complete else t("logs.at_least", number=t.number(number))


def other_versions(found: "LogStatistics") -> str:
    return ", ".join(one or UNKNOWN for one in found.compares_with)


def mark_column(t: Translator) -> Column:
    """Where the line itself is marked among those around it."""
    return Column(t("logs.this_line"))
