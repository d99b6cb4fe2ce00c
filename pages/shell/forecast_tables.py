"""Run-outs and orders as tables, and the orders as a workbook of exactly the rows on the screen."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import forecast_words as words
from pages.shell.guard import Page
from pages.shell.session import is_phone
from pages.shell.text import muted, plain
from reports.excel import Column, Sheet, workbook

if TYPE_CHECKING:
    from reports.forecast_rows import OrderRow, RunOutRow
    from reports.forecasts import Orders, RunOuts
    from sources.hotels import HotelRow

LEVELS = ("0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "0.975", "0.99", "0.995", "0.999")
USUAL_LEVEL = "0.95"
LEVEL = "level"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def run_out_table(page: Page, found: "RunOuts", only_mine: bool) -> None:
    """When each product is empty, the most urgent first."""
    t = page.t
    st.header(t("forecasts.run_outs"), anchor=False)
    rows = [row for row in found.rows if row.needs_you or not only_mine]
    if not rows:
        st.success(f"**{t('forecasts.calm_title')}**  \n{t('forecasts.calm_text')}", icon=":material/check_circle:")
        return
    st.table(
        {
            t("forecasts.product"): [plain(row.name) for row in rows],
            t("forecasts.level"): [t.number(row.level, 0) for row in rows],
            t("forecasts.runs_out"): [words.run_out(t, row) for row in rows],
            t("forecasts.soon_probability"): [plain(words.probability(t, row)) for row in rows],
            **({} if is_phone() else more(page, rows)),
        },
        border="horizontal",
        hide_index=True,
    )
    muted(t("forecasts.run_outs_note"))


def more(page: Page, rows: "list[RunOutRow]") -> dict[str, list[str]]:
    """How sure it is and who says so, for which a phone has no room."""
    t = page.t
    return {
        t("forecasts.interval"): [plain(words.interval(t, row)) for row in rows],
        t("forecasts.alone"): [plain(words.alone(t, row)) for row in rows],
        t("forecasts.model"): [plain(words.model_of(t, row)) for row in rows],
    }


def asked_level() -> str:
    """The service level in the address; 95 % where there is none that can be chosen."""
    asked = st.query_params.get(LEVEL, USUAL_LEVEL)
    return asked if asked in LEVELS else USUAL_LEVEL


def choose_level(page: Page) -> None:
    """A slider whose value stands in the address."""
    key = "filter_level"
    st.session_state[key] = asked_level()
    st.select_slider(
        page.t("forecasts.service_level"), LEVELS, key=key, on_change=_to_address, args=(key,), width=420,
        format_func=lambda option: words.service_level(page.t, option), help=page.t("forecasts.service_level_help"),
    )  # fmt: skip


def _to_address(key: str) -> None:
    st.query_params[LEVEL] = st.session_state[key]


def order_table(page: Page, hotel: "HotelRow", found: "Orders", only_mine: bool, today: str) -> None:
    """What to order at the chosen service level, and the same as a workbook."""
    t = page.t
    st.header(t("forecasts.orders"), anchor=False)
    choose_level(page)
    rows = list(found.due if only_mine else found.rows)
    if not rows:
        key = "nothing_due" if found.rows else "no_orders"
        st.info(f"**{t(f'forecasts.{key}_title')}**  \n{t(f'forecasts.{key}_text')}", icon=":material/inventory:")
        return
    st.table(
        {
            t("forecasts.product"): [plain(row.name) for row in rows],
            t("forecasts.level"): [t.number(row.level, 0) for row in rows],
            t("forecasts.order"): [order(page, row) for row in rows],
            **({} if is_phone() else reasons(page, found, rows)),
        },
        border="horizontal",
        hide_index=True,
    )
    if found.unpriced:
        muted(t("forecasts.unpriced", count=found.unpriced))
    st.download_button(
        t("forecasts.download"),
        partial(order_workbook, page, hotel, found, rows, words.service_level(t, asked_level())),
        file_name=f"{t('forecasts.file_name')}-{hotel.code}-{today}.xlsx",
        mime=XLSX,
        icon=":material/download:",
        on_click="ignore",
        key="download_orders",
    )


def order(page: Page, row: "OrderRow") -> str:
    """Units and whole cases; above the reorder point nothing."""
    t = page.t
    if not row.is_due:
        return t("forecasts.enough")
    return plain(t("forecasts.in_cases", units=t.number(row.quantity, 0), count=round(row.cases)))


def reasons(page: Page, found: "Orders", rows: "list[OrderRow]") -> dict[str, list[str]]:
    """Why so much, for which a phone has no room."""
    t = page.t
    values = [t.money(row.value, found.currency) if row.value and row.is_due else "–" for row in rows]
    return {
        t("forecasts.reorder_point"): [t.number(row.reorder_point, 0) for row in rows],
        t("forecasts.safety_stock"): [t.number(row.safety_stock, 0) for row in rows],
        t("forecasts.lead"): [plain(words.lead(t, row)) for row in rows],
        t("forecasts.value"): [plain(value) for value in values],
    }


def order_workbook(page: Page, hotel: "HotelRow", found: "Orders", rows: "list[OrderRow]", level: str) -> bytes:
    """The rows on the screen, and a sheet that says what they are; made when asked for, out of the page's reach."""
    t = page.t
    columns = [
        Column(t("forecasts.product")), Column(t("forecasts.level"), "whole"),
        Column(t("forecasts.order_units"), "whole"), Column(t("forecasts.order_cases"), "whole"),
        Column(t("forecasts.case_size"), "whole"), Column(t("forecasts.reorder_point"), "whole"),
        Column(t("forecasts.safety_stock"), "decimal"), Column(t("forecasts.lead_days"), "decimal"),
        Column(t("forecasts.lead_spread"), "decimal"), Column(t("forecasts.lead_from")),
        Column(t("forecasts.value"), "money"),
    ]  # fmt: skip
    lines = [
        (
            row.name, row.level, row.quantity, row.cases, row.case_size, row.reorder_point, row.safety_stock,
            row.lead_days, row.lead_sd, t("forecasts.lead_own" if row.is_lead_known else "forecasts.lead_guess"),
            row.value,
        )
        for row in rows
    ]  # fmt: skip
    about = [
        (t("shell.hotel"), hotel.name),
        (t("forecasts.as_of_column"), t.instant(page.now)),
        (t("forecasts.service_level"), level),
    ]
    sheets = [
        Sheet(t("forecasts.sheet_orders"), columns, lines),
        Sheet(
            t("forecasts.sheet_about"), [Column(t("forecasts.about_what")), Column(t("forecasts.about_value"))], about
        ),
    ]
    return workbook(sheets, page.now, currency=found.currency, time_zone=t.time_zone)
