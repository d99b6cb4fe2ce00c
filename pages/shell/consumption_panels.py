"""Panels of the Consumption page: key figures, trend, floors by day, products, room types and occupancy."""

import streamlit as st

from pages.shell import consumption_tables as tables
from pages.shell.consumption_filters import PRODUCT
from pages.shell.filters import switch
from pages.shell.guard import Page
from pages.shell.sentences import finding, money, signed_percent, units
from pages.shell.session import browser_theme
from pages.shell.text import muted, plain
from reports.consumption import Consumption
from reports.consumption_sums import STEPS
from reports.figures.heat_map import HeatMapLabels, heat_map_figure
from reports.figures.pareto import SHOWN, ParetoLabels, pareto_figure
from reports.figures.template import CONFIG
from reports.figures.trend import TrendLabels, trend_figure

FINDINGS = ("consumption.trend", "consumption.trend_as", "consumption.trend_more", "consumption.trend_less")


def key_figures(page: Page, found: Consumption) -> None:
    """Units, units an occupied night and revenue, each beside the period before."""
    t, totals, before = page.t, found.totals, found.before
    rate = t("overview.not_known") if totals.units_per_night is None else t.number(totals.units_per_night, 2)
    old_rate = None if before is None or before.units_per_night is None else t.number(before.units_per_night, 2)
    shown = [
        (t("consumption.units_total"), units(t, totals.units), before and units(t, before.units), "units", None),
        (t("consumption.units_per_night"), rate, old_rate, "units_per_night", _nights_told(page, found)),
        (
            t("consumption.revenue"), money(t, totals.revenue, found.currency),
            before and money(t, before.revenue, found.currency), "revenue", t("consumption.revenue_help"),
        ),
    ]  # fmt: skip
    with st.container(horizontal=True):
        for label, value, old, what, told in shown:
            change = signed_percent(t, found.change(what))
            compared = t("consumption.before", value=old, change=change) if old else t("consumption.no_before")
            st.metric(
                label, value, compared, delta_color="off", delta_arrow="off", border=True, help=told and plain(told)
            )


def _nights_told(page: Page, found: Consumption) -> str:
    t, totals = page.t, found.totals
    if totals.nights is None:
        return t("consumption.nights_unknown")
    return t("consumption.nights_known", count=totals.nights, days=totals.known_days)


def trend(page: Page, found: Consumption) -> None:
    """By day, week or month, beside what was expected."""
    t = page.t
    title = finding(t, FINDINGS, found.deviation_ratio, found.is_as_expected)
    st.header(title, anchor=False)
    step = switch("step", list(STEPS), t("consumption.step"), lambda step: t(f"consumption.step_{step}"))
    labels = TrendLabels(t("consumption.found"), t("consumption.expected"), t("consumption.units_a_day"))
    frame = found.trend(step)
    figure = trend_figure(frame, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"trend_{step}", alt=title)
    if found.deviation_ratio is None:
        muted(t("consumption.no_expected"))
    tables.folded_sheet(page, lambda: tables.trend_sheet(t, frame), "trend", currency=found.currency)


def floors(page: Page, found: Consumption) -> None:
    """Floor by day."""
    t = page.t
    title = t("consumption.floors")
    if found.floor_deviation is not None:
        floor, ratio = found.floor_deviation
        key = "consumption.floor_more" if ratio > 0 else "consumption.floor_less"
        title = t(key, floor=floor, share=t.percent(abs(ratio)))
    st.header(title, anchor=False)
    labels = HeatMapLabels(
        t("consumption.floor"), t("consumption.found"), t("consumption.expected"), t("overview.not_known"),
        t("unit.units"),
    )  # fmt: skip
    figure = heat_map_figure(found.floor_days, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="floors", alt=title)
    muted(t("consumption.floors_note"))
    tables.folded_sheet(page, lambda: tables.floors_sheet(t, found), "floors", currency=found.currency)


def products(page: Page, found: Consumption) -> None:
    """Products by share; a click filters the page by one."""
    t, chosen, few = page.t, found.filters.product, found.half_of_products
    title = t("consumption.products") if few is None else t("consumption.half", count=few, all=len(found.products))
    st.header(title, anchor=False)
    if few is not None:
        labels = ParetoLabels(t("consumption.found"), t("consumption.share"), t("consumption.cumulative"))
        key = f"pareto_{chosen or ''}"  # a new key for each choice: a selection must not outlive its page
        st.plotly_chart(
            pareto_figure(found.products, labels, t, browser_theme(), chosen), theme=None, config=CONFIG, key=key,
            alt=title, on_select=lambda: choose_product(key), selection_mode="points",
        )  # fmt: skip
        hint = t("consumption.products_hint")
        muted(f"{hint} {t('consumption.products_top', count=SHOWN)}" if len(found.products) > SHOWN else hint)
    tables.folded_sheet(page, lambda: tables.products_sheet(t, found), "products", currency=found.currency)


def choose_product(key: str) -> None:
    """The clicked product becomes the filter; the one that is chosen already is let go."""
    points = st.session_state[key].selection.points
    if not points:
        return
    code = points[0]["customdata"]
    code = code[0] if isinstance(code, list | tuple) else code
    if st.query_params.get(PRODUCT) == code:
        st.query_params.pop(PRODUCT)
    else:
        st.query_params[PRODUCT] = code


def room_types(page: Page, found: Consumption) -> None:
    """What an occupied night uses, by room type."""
    t = page.t
    sheet = tables.types_sheet(t, found)
    st.header(sheet.name, anchor=False)
    tables.show_sheet(sheet, "room_types")
    muted(_nights_told(page, found))
    tables.downloads(page, [sheet], "room-types", found.currency)


def segments(page: Page, found: Consumption) -> None:
    """Whose look found how much: taken, just left, empty rooms."""
    t = page.t
    sheet = tables.segments_sheet(t, found)
    st.header(sheet.name, anchor=False)
    tables.show_sheet(sheet, "segments")
    muted(t("consumption.segments_note"))
    tables.downloads(page, [sheet], "occupancy", None)
