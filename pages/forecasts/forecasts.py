"""Forecasts: what runs out when, what to order today, and how far the forecasts can be trusted (A4)."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import forecast_words as words
from pages.shell import reads
from pages.shell.filters import choose_one, filter_row, switch
from pages.shell.forecast_charts import demand_chart, outcome_chart, outcome_figures, shelf_chart
from pages.shell.forecast_methods import method_table
from pages.shell.forecast_tables import asked_level, order_table, run_out_table
from pages.shell.guard import Page, open_page
from pages.shell.header import header
from pages.shell.hotels import choose_hotel
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from reports.forecast_rows import RunOutRow
    from reports.forecasts import Orders, RunOuts
    from sources.hotels import HotelRow

TOPICS = ("sources", "metrics", "forecasts")
SHOWN = ("mine", "all")


def key_figures(page: Page, found: "RunOuts", orders: "Orders") -> None:
    """What runs out, what to order, what that costs, how old the forecast is."""
    t = page.t
    due = t.number(len(orders.due)) if orders.rows else t("forecasts.not_known")
    value = t("forecasts.not_known") if orders.value is None else t.money(orders.value, orders.currency)
    of_products = t("forecasts.of_products", count=len(found.rows))
    made_on = t.day(found.made_on) if found.made_on else None
    level = t("forecasts.at_level", level=words.service_level(t, asked_level()))
    shown = [
        (t("forecasts.soon"), t.number(found.soon), of_products),
        (t("forecasts.due"), due, level),
        (t("forecasts.cost"), value, t("forecasts.at_cost")),
        (t("forecasts.made"), words.made(t, found), made_on),
    ]
    with st.container(horizontal=True):
        for label, figure, comparison in shown:
            st.metric(label, figure, comparison, delta_color="off", delta_arrow="off", border=True)
    if found.is_old:
        st.warning(t("forecasts.old", at=found.made_on), icon=":material/history:")
    elif found.made_on is None:
        st.warning(t("forecasts.never_made_text"), icon=":material/hourglass_empty:")


def one_product(page: Page, hotel: "HotelRow", found: "RunOuts", orders: "Orders") -> "RunOutRow":
    """The chosen product by day."""
    t = page.t
    st.header(t("forecasts.one_product"), anchor=False)
    rows = {str(row.product_id): row for row in found.rows}
    chosen = choose_one(
        "product", list(rows), t("forecasts.product"), lambda product_id: rows[product_id].name, width=420
    )
    row = rows[chosen]
    days = reads.product_days(page, hotel.id, row.product_id)
    points = [order.reorder_point for order in orders.rows if order.product_id == row.product_id]
    left, right = st.columns(2, gap="large")
    with left:
        demand_chart(page, days, found.today)
    with right:
        shelf_chart(page, row, days, found.today, next(iter(points), None))
    muted(t("forecasts.shelf_note"))
    return row


def outcome(page: Page, hotel: "HotelRow", row: "RunOutRow") -> None:
    """Forecasts beside what happened, and every method on the same past (A4.4, A4.5)."""
    t = page.t
    st.header(t("forecasts.outcome"), anchor=False)
    found = reads.forecast_comparison(page, hotel.id, row.product_id)
    if found.everything.observations:
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown(plain(row.name))
            outcome_chart(page, found)
        with right:
            outcome_figures(page, found)
    else:
        text = t("forecasts.not_measured_text")
        st.info(f"**{t('forecasts.not_measured_title')}**  \n{text}", icon=":material/help:")
    method_table(page, hotel.id)


def show() -> None:
    page = open_page("metrics.read")
    top = st.container()
    page, hotel = choose_hotel(page)
    t, found = page.t, reads.run_outs(page, hotel.id)
    with top:
        header(t("forecasts.title"), t, page.now, found.as_of)
    if not found.rows:
        st.info(f"**{t('forecasts.empty_title')}**  \n{t('forecasts.empty_text')}", icon=":material/inventory_2:")
        st.stop()
    orders = reads.orders(page, hotel.id, float(asked_level()))
    key_figures(page, found, orders)
    with filter_row(t("shell.filters")):
        shown = switch("show", SHOWN, t("forecasts.show"), lambda one: t(f"forecasts.show_{one}"))
    only_mine = shown == "mine"
    run_out_table(page, found, only_mine)
    order_table(page, hotel, orders, only_mine, found.today.isoformat())
    outcome(page, hotel, one_product(page, hotel, found, orders))
    rerun_when_changed(reads.version(page, *TOPICS), lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
