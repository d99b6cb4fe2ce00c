"""Panels of the Stock page: key figures, products, counts beside the books, one product over time."""

import streamlit as st

from pages.shell import navigation, reads
from pages.shell import stock_tables as tables
from pages.shell.charts import left_out
from pages.shell.consumption_tables import downloads, folded_sheet, rows_of, show_sheet
from pages.shell.filters import choose_one
from pages.shell.guard import Page
from pages.shell.sentences import finding, money
from pages.shell.session import browser_theme
from pages.shell.text import muted, plain
from reports.figures.stock_level import StockLevelLabels, stock_level_figure
from reports.figures.template import CONFIG
from reports.figures.trend import TrendLabels, trend_figure
from reports.stock import ProductStock, Stock, StockFilters

PRODUCT = "product"
NONE = "none"
WIDTH = 260  # names of products are longer than other choices
FINDINGS = ("stock.outflow", "stock.outflow_as", "stock.outflow_more", "stock.outflow_less")


def key_figures(page: Page, found: Stock) -> None:
    """What the stock is worth, what is low, and what counts found."""
    t = page.t
    told = t("stock.without_cost", count=found.without_cost) if found.without_cost else t("stock.value_help")
    with st.container(horizontal=True):
        st.metric(t("stock.value"), money(t, found.value, found.currency), border=True, help=plain(told))
        st.metric(t("stock.low"), t.number(found.low), border=True)
        together = money(t, found.difference_value, found.currency)
        st.metric(
            t("stock.counts_differing"), t("stock.of", part=len(found.differences), all=len(found.counts)),
            None if found.difference_value is None else t("stock.together", value=together), delta_color="off",
            delta_arrow="off", border=True,
        )  # fmt: skip
    if found.without_cost:
        muted(told)


def table(page: Page, found: Stock) -> None:
    """All products; a click on a row opens the product below."""
    t = page.t
    st.header(t("stock.products_low", count=found.low) if found.low else t("stock.products"), anchor=False)
    sheet = tables.products_sheet(t, found)
    codes = [row.code for row in rows_of(found.products)]
    key = f"stock_{st.query_params.get(PRODUCT, '')}"  # a new key for each choice: a selection must not outlive it
    show_sheet(sheet, key, on_select=lambda: choose_product(key, codes), selection_mode="single-row")
    muted(t("stock.note"))
    downloads(page, [sheet], "stock", found.currency)


def choose_product(key: str, codes: list[str]) -> None:
    """The clicked row becomes the product of the address."""
    rows = st.session_state[key].selection.rows
    if rows:
        st.query_params[PRODUCT] = codes[rows[0]]


def counts(page: Page, found: Stock) -> None:
    """The counts that found something else than the books said."""
    t = page.t
    if found.counts.empty:
        st.header(t("stock.counts"), anchor=False)
        muted(t("stock.no_counts"))
        return
    title = t("stock.counts_found", count=len(found.differences), all=len(found.counts))
    st.header(title, anchor=False)
    if found.differences.empty:
        muted(t("stock.counts_agree"))
        return
    sheet = tables.counts_sheet(t, found)
    show_sheet(sheet, "counts", config=tables.instants(t, t("stock.counted_at")))
    muted(t("stock.counts_note"))
    downloads(page, [sheet], "counts", found.currency)


def one_product(page: Page, hotel_code: str, filters: StockFilters, found: Stock) -> None:
    """The chosen product: level over time, outflow by day, and the way to its alerts."""
    t = page.t
    names = {row.code: row.name for row in sorted(rows_of(found.products), key=lambda row: row.name)}
    st.header(t("stock.one"), anchor=False)
    shown = {NONE: t("stock.choose"), **names}
    chosen = choose_one(PRODUCT, list(shown), t("overview.product"), shown.__getitem__, width=WIDTH)
    if chosen == NONE:
        muted(t("stock.choose_hint"))
        return
    product = reads.product_stock(page, filters, chosen)
    left_out(page, product.faults)
    if product.level is None:
        muted(t("stock.never_moved", product=product.name))
        return
    _level(page, product)
    _outflow(page, product)
    st.page_link(
        navigation.BOARD, label=t("stock.alerts", product=plain(product.name)),
        query_params={"q": product.name, "hotel": hotel_code}, icon=":material/notifications:",
    )  # fmt: skip


def _level(page: Page, product: ProductStock) -> None:
    t = page.t
    level, critical = t.number(product.level or 0, 0), t.number(product.critical_level, 0)
    title = t("stock.level_title", product=product.name, level=level, critical=critical)
    st.markdown(f"**{plain(title)}**")
    labels = StockLevelLabels(
        t("stock.level"), t("stock.critical"), t("stock.kind_giris"), t("stock.counted"), t("unit.units")
    )
    figure = stock_level_figure(product.moves, product.critical_level, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"level_{product.code}", alt=title)
    shown_at = tables.instants(t, t("stock.moved_at"))
    folded_sheet(page, lambda: tables.moves_sheet(t, product), "movements", config=shown_at)


def _outflow(page: Page, product: ProductStock) -> None:
    t = page.t
    title = finding(t, FINDINGS, product.deviation_ratio, product.is_as_expected)
    st.markdown(f"**{plain(title)}**")
    if product.days["mean"].isna().all():
        muted(t("stock.not_measured"))
        return
    labels = TrendLabels(t("stock.left"), t("consumption.expected"), t("consumption.units_a_day"))
    figure = trend_figure(product.days, labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"outflow_{product.code}", alt=title)
    muted(t("stock.outflow_note") if product.deviation_ratio is not None else t("stock.not_judged"))
    folded_sheet(page, lambda: tables.days_sheet(t, product), "outflow")
