"""Tables of the Stock page: what stands in them is what is downloaded."""

from typing import Any

import streamlit as st

from core.i18n import Translator
from pages.shell.consumption_tables import in_currency, rounded, rows_of
from pages.shell.session import is_phone
from reports.excel import Column, Sheet
from reports.stock import ProductStock, Stock

CLOCK_WIDTH = 76


def instants(t: Translator, title: str, *, seconds: bool = False) -> dict[str, Any]:
    """How a column of instants is shown: the hotel's wall clock.

    Where seconds matter the day seldom does: phones begin with the clock and cut the rest, for what stands beside it.
    """
    if seconds and is_phone():
        clock = "HH:mm:ss · YYYY-MM-DD"
        return {title: st.column_config.DatetimeColumn(timezone=t.time_zone, format=clock, width=CLOCK_WIDTH)}
    shown = "YYYY-MM-DD HH:mm:ss" if seconds else "YYYY-MM-DD HH:mm"
    return {title: st.column_config.DatetimeColumn(timezone=t.time_zone, format=shown)}


def products_sheet(t: Translator, found: Stock) -> Sheet:
    """One row a product: where it stands, then what moved in the period, by the kinds that occurred."""
    columns = [
        Column(t("overview.product")), Column(t("stock.state")), Column(t("stock.level_now"), "whole"),
        Column(t("stock.critical"), "whole"), Column(t("stock.open_alerts"), "whole"),
        Column(in_currency(t("stock.value_at_cost"), found.currency), "money"),
        Column(t("stock.days_since_count"), "whole"), Column(t("stock.opening"), "whole"),
        *(Column(t(f"stock.kind_{kind}"), "whole") for kind in found.kinds), Column(t("stock.group")),
    ]  # fmt: skip
    rows = [
        (
            row.name, t(f"stock.state_{row.state}"), row.level, row.critical_level, row.open_alerts, row.value,
            row.days_since_count, row.opening, *(getattr(row, kind) for kind in found.kinds), row.product_group,
        )
        for row in rows_of(found.products)
    ]  # fmt: skip
    return rounded(t("stock.products"), columns, rows)


def counts_sheet(t: Translator, found: Stock) -> Sheet:
    """One row a count that differed from the books, the newest first."""
    columns = [
        Column(t("stock.counted_at"), "instant"), Column(t("overview.product")), Column(t("stock.booked"), "whole"),
        Column(t("stock.counted"), "whole"), Column(t("stock.difference"), "whole"),
        Column(in_currency(t("stock.difference_value"), found.currency), "money"), Column(t("stock.group")),
    ]  # fmt: skip
    rows = [
        (
            row.occurred_at.to_pydatetime(), row.name, row.booked, row.counted, row.difference, row.value,
            row.product_group,
        )
        for row in rows_of(found.differences)
    ]  # fmt: skip
    return rounded(t("stock.counts"), columns, rows)


def moves_sheet(t: Translator, product: ProductStock) -> Sheet:
    """One row a movement of the period, the newest first."""
    columns = [
        Column(t("stock.moved_at"), "instant"), Column(t("stock.kind")), Column(t("stock.change"), "whole"),
        Column(t("stock.level_after"), "whole"),
    ]  # fmt: skip
    rows = [
        (row.occurred_at.to_pydatetime(), t(f"stock.kind_{row.kind}"), row.change, row.level)
        for row in reversed(rows_of(product.moves))
        if isinstance(row.kind, str)
    ]
    return rounded(t("stock.moves"), columns, rows)


def days_sheet(t: Translator, product: ProductStock) -> Sheet:
    """What left the store by day, and what was expected; None where it was not measured or not judged."""
    columns = [
        Column(t("consumption.day"), "date"), Column(t("stock.left"), "whole"),
        Column(t("consumption.expected"), "decimal"),
    ]  # fmt: skip
    rows = [(row.day.date(), row.mean, row.expected) for row in rows_of(product.days)]
    return rounded(t("stock.outflow"), columns, rows)
