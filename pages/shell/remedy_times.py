"""How long alerts last until the data is normal again: median and range by severity and by type (A5.7)."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import alert_reads
from pages.shell.filters import switch
from pages.shell.guard import Page
from pages.shell.text import SEVERITIES, muted, plain, severity_badge
from pipeline.alerts.service import AlertFilters

if TYPE_CHECKING:
    from pipeline.alerts.remedies.service import TimesRow

DAYS = ("7", "30")


def remedy_times(page: Page, wanted: AlertFilters) -> None:
    """The alerts of the chosen hotels that closed in 7 or 30 days."""
    t = page.t
    st.header(t("remedy.title"), anchor=False)
    days = int(switch("days", DAYS, t("board.period"), lambda days: t("remedy.days", count=int(days))))
    found = alert_reads.remedy_times(page, wanted.hotel_ids or (), days)
    everything = found.everything
    with st.container(horizontal=True):
        for label, value, sample in (
            (t("remedy.median"), median_and_range(page, everything), everything.remedied),
            (t("remedy.reaction"), _length(page, everything.acknowledged_median_seconds), everything.acknowledged),
        ):
            st.metric(label, value, t("remedy.sample", count=sample), delta_color="off", delta_arrow="off", border=True)
    severities = {row.severity: row for row in found.by_severity}
    _table(
        page,
        t("board.severity"),
        [(severity_badge(t, one), severities[one]) for one in SEVERITIES if one in severities],
    )
    _table(page, t("board.type"), [(plain(t(f"alert_type.{row.alert_type}")), row) for row in found.by_type])
    muted(t("remedy.help"))


def _table(page: Page, name: str, rows: "list[tuple[str, TimesRow]]") -> None:
    t = page.t
    if rows:
        st.table(
            {
                name: [label for label, _ in rows],
                t("remedy.median"): [plain(median_and_range(page, row)) for _, row in rows],
                t("remedy.remedied"): [t.number(row.remedied) for _, row in rows],
                t("remedy.otherwise"): [t.number(row.otherwise) for _, row in rows],
            },
            border="horizontal",
            hide_index=True,
        )


def median_and_range(page: Page, row: "TimesRow") -> str:
    t = page.t
    if row.median_seconds is None or row.shortest_seconds is None or row.longest_seconds is None:
        return t("quality.unknown")
    return t(
        "remedy.with_range",
        median=t.length(row.median_seconds),
        shortest=t.length(row.shortest_seconds),
        longest=t.length(row.longest_seconds),
    )


def _length(page: Page, seconds: float | None) -> str:
    return page.t("quality.unknown") if seconds is None else page.t.length(seconds)
