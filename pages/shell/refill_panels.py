"""Panels of the page Refill times: key figures, trend, attendants, floors and rooms a day."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.shell import refill_tables as tables
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import switch
from pages.shell.guard import Page
from pages.shell.sentences import finding, minutes, signed_percent, units
from pages.shell.session import browser_theme
from pages.shell.text import muted
from reports.figures.ranges import RangeLabels, ranges_figure
from reports.figures.template import CONFIG
from reports.figures.trend import TrendLabels, trend_figure
from reports.refill_times import RefillTimes, RefillTotals

STEPS = ("week", "month", "day")
FINDINGS = ("refills.trend", "refills.trend_as", "refills.trend_longer", "refills.trend_shorter")


def key_figures(page: Page, found: RefillTimes) -> None:
    """Mean, median, refills and units put in, each beside the period before."""
    t, now, before = page.t, found.totals, found.before
    shown: list[tuple[str, str, Callable[[RefillTotals], str]]] = [
        (t("refills.mean"), "mean_minutes", lambda totals: minutes(t, totals.mean_minutes)),
        (t("refills.median"), "median_minutes", lambda totals: minutes(t, totals.median_minutes)),
        (t("refills.refills"), "refills", lambda totals: t.number(totals.refills, 0)),
        (t("refills.units_put_in"), "units", lambda totals: units(t, totals.units)),
    ]
    for pair in (shown[:2], shown[2:]):
        for column, (label, what, told) in zip(st.columns(2), pair, strict=True):
            with column:
                compared = t("consumption.no_before") if found.filters.is_compared else None
                if before is not None:
                    change = signed_percent(t, found.change(what))
                    compared = t("consumption.before", value=told(before), change=change)
                st.metric(label, told(now), compared, delta_color="off", delta_arrow="off", border=True)


def trend(page: Page, found: RefillTimes) -> None:
    """The mean by week, month or day, beside what was expected."""
    t = page.t
    title = finding(t, FINDINGS, found.deviation_ratio, found.is_as_expected)
    st.header(title, anchor=False)
    step = switch("step", list(STEPS), t("consumption.step"), lambda step: t(f"consumption.step_{step}"))
    labels = TrendLabels(t("refills.mean_found"), t("refills.expected"), t("refills.minutes_a_refill"))
    frame = found.trend(step)
    figure = trend_figure(frame, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"trend_{step}", alt=title)
    muted(t("consumption.no_expected" if found.deviation_ratio is None else "refills.expected_note"))
    folded_sheet(page, lambda: tables.trend_sheet(t, frame), "refills_trend")


def attendants(page: Page, found: RefillTimes) -> None:
    """Attendants by name, beside the others at the same load."""
    t = page.t
    title = t("refills.attendants")
    st.header(title, anchor=False)
    _ranges(page, found.attendants, t("refills.attendant"), title, found.filters.attendant)
    muted(t("refills.attendants_note"))
    sheet = tables.attendants_sheet(t, found)
    show_sheet(sheet, "table_refills-attendants")
    downloads(page, [sheet], "refills-attendants", None)


def floors(page: Page, found: RefillTimes) -> None:
    """Floor by floor."""
    title = page.t("refills.floors")
    st.header(title, anchor=False)
    _ranges(page, found.floors, page.t("consumption.floor"), title, None)
    folded_sheet(page, lambda: tables.floors_sheet(page.t, found), "refills_floors")


def rooms(page: Page, found: RefillTimes) -> None:
    """By how many rooms an attendant refilled on one day."""
    t = page.t
    title = t("refills.rooms")
    st.header(title, anchor=False)
    _ranges(page, found.rooms, t("refills.rooms_a_day"), title, None)
    muted(t("refills.rooms_note"))
    folded_sheet(page, lambda: tables.rooms_sheet(t, found), "refills_rooms")


def _ranges(page: Page, frame: Any, rows: str, title: str, chosen: str | None) -> None:
    t = page.t
    if frame["is_few"].all():
        muted(t("refills.all_few"))
        return
    labels = RangeLabels(
        t("refills.median_short"), t("refills.band"), t("refills.same_load"), t("refills.minutes_a_refill"), rows
    )
    figure = ranges_figure(frame, labels, t, browser_theme(), chosen)
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"ranges_{rows}_{chosen or ''}", alt=title)
