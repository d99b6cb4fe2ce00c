"""Tables of the exploration pages: one ``Sheet`` is shown, and downloaded as CSV and Excel exactly as it is shown."""

import csv
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from io import StringIO
from math import isnan
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from core.i18n import Translator
from pages.shell.folding import when_open
from pages.shell.guard import Page
from reports.consumption import Consumption
from reports.excel import Column, Kind, Sheet, workbook

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
DIGITS: dict[Kind, int] = {"decimal": 2, "percent": 3, "money": 2}
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rows_of(frame: Any) -> list[Any]:
    """The rows of a service's frame, each with its columns as attributes."""
    return list(frame.itertuples())


def rounded(name: str, columns: list[Column], rows: list[tuple[Any, ...]]) -> Sheet:
    """A sheet whose numbers have the digits that are shown."""
    kinds = [column.kind for column in columns]
    return Sheet(name, columns, [tuple(map(_rounded, row, kinds)) for row in rows])


def _rounded(value: Any, kind: Kind) -> Any:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    return round(value) if kind == "whole" else round(value, DIGITS[kind]) if kind in DIGITS else value


def show_sheet(sheet: Sheet, key: str, config: dict[str, Any] | None = None, **selection: Any) -> None:
    """A sortable table of the sheet; what is not known is a dash. ``config``: columns shown in their own way."""
    st.dataframe(
        {column.title: [row[place] for row in sheet.rows] for place, column in enumerate(sheet.columns)},
        hide_index=True, alt=sheet.name, placeholder="–", key=key,
        column_config={column.title: _config(column) for column in sheet.columns} | (config or {}), **selection,
    )  # fmt: skip


def folded_sheet(
    page: Page, make: Callable[[], Sheet], name: str, *, currency: str | None = None,
    config: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """The table of a chart, with its downloads, made when it is opened."""

    def show() -> None:
        sheet = make()
        show_sheet(sheet, f"table_{name}", config=config)
        downloads(page, [sheet], name.replace("_", "-"), currency)

    when_open(page.t("consumption.table"), f"open_{name}", show)


def _config(column: Column) -> Any:
    if column.kind == "date":
        return st.column_config.DateColumn(format="YYYY-MM-DD")
    if column.kind == "text":
        return st.column_config.TextColumn()
    return st.column_config.NumberColumn(format="percent" if column.kind == "percent" else "localized")


def downloads(page: Page, sheets: list[Sheet], name: str, currency: str | None) -> None:
    """Buttons for what the sheets show: one CSV each, one workbook of them all; made when they are asked for."""
    t = page.t
    with st.container(horizontal=True):
        for place, sheet in enumerate(sheets):
            label = t("consumption.csv") if len(sheets) == 1 else t("consumption.csv_of", table=sheet.name)
            st.download_button(
                label, partial(csv_bytes, sheet, t), f"{name}-{place + 1}.csv", "text/csv",
                key=f"csv_{name}_{place}", on_click="ignore", icon=":material/download:",
            )  # fmt: skip
        st.download_button(
            t("consumption.xlsx"), lambda: workbook(sheets, page.now, currency=currency, time_zone=t.time_zone),
            f"{name}.xlsx", EXCEL, key=f"xlsx_{name}", on_click="ignore", icon=":material/table_view:",
        )  # fmt: skip


def csv_bytes(sheet: Sheet, t: Translator) -> bytes:
    """The sheet as the spreadsheets of the reader's language open it; text never becomes a formula there."""
    is_turkish = t.language == "tr"
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter=";" if is_turkish else ",")
    writer.writerow([_cell(column.title, is_turkish) for column in sheet.columns])
    writer.writerows([_cell(value, is_turkish, t.time_zone) for value in row] for row in sheet.rows)
    return buffer.getvalue().encode("utf-8-sig")


def _cell(value: Any, has_decimal_comma: bool, zone: str = "UTC") -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    written = str(value)
    return written.replace(".", ",") if has_decimal_comma else written


def in_currency(title: str, currency: str) -> str:
    return f"{title}, {currency}"


def trend_sheet(t: Translator, frame: Any) -> Sheet:
    """Units by day, week or month, and what was expected a day; ``frame``: of ``Consumption.trend``."""
    columns = [
        Column(t("consumption.from"), "date"), Column(t("consumption.until"), "date"),
        Column(t("consumption.days_observed"), "whole"), Column(t("consumption.units"), "whole"),
        Column(t("consumption.units_a_day"), "decimal"), Column(t("consumption.expected_a_day"), "decimal"),
    ]  # fmt: skip
    rows = [
        (row.day.date(), row.last_on.date(), int(row.observed), row.units, row.mean, row.expected)
        for row in rows_of(frame)
    ]
    return rounded(t("consumption.trend"), columns, rows)


def floors_sheet(t: Translator, found: Consumption) -> Sheet:
    """Units by floor and day, with what was expected."""
    columns = [
        Column(t("consumption.floor")), Column(t("consumption.day"), "date"), Column(t("consumption.units"), "whole"),
        Column(t("consumption.expected"), "decimal"),
    ]  # fmt: skip
    rows = [(row.floor, row.day.date(), row.units, row.expected) for row in rows_of(found.floor_days)]
    return rounded(t("consumption.floors"), columns, rows)


def products_sheet(t: Translator, found: Consumption) -> Sheet:
    """Products, the most used first."""
    columns = [
        Column(t("overview.product")), Column(t("consumption.units"), "whole"),
        Column(t("consumption.share"), "percent"), Column(t("consumption.cumulative"), "percent"),
        Column(in_currency(t("consumption.revenue"), found.currency), "money"),
    ]  # fmt: skip
    rows = [(row.name, row.units, row.share, row.cumulative, row.revenue) for row in rows_of(found.products)]
    return rounded(t("consumption.products"), columns, rows)


def types_sheet(t: Translator, found: Consumption) -> Sheet:
    """Room types by what is used an occupied night."""
    columns = [
        Column(t("consumption.room_type")), Column(t("consumption.units_a_night"), "decimal"),
        Column(in_currency(t("consumption.revenue_a_night"), found.currency), "money"),
        Column(t("consumption.rooms"), "whole"), Column(t("consumption.nights"), "whole"),
        Column(t("consumption.units"), "whole"),
    ]  # fmt: skip
    rows = [
        (row.room_type, row.units_per_night, row.revenue_per_night, row.rooms, row.nights, row.units)
        for row in rows_of(found.room_types)
    ]
    return rounded(t("consumption.room_types"), columns, rows)


def segments_sheet(t: Translator, found: Consumption) -> Sheet:
    """Looks into rooms that were taken, had just been left, or stood empty."""
    columns = [
        Column(t("consumption.occupancy")), Column(t("consumption.looks"), "whole"),
        Column(t("consumption.units"), "whole"), Column(t("consumption.units_per_look"), "decimal"),
    ]  # fmt: skip
    rows = [
        (t(f"consumption.occupancy_{row.occupancy}"), row.looks, row.units, row.per_look)
        for row in rows_of(found.segments)
    ]
    return rounded(t("consumption.segments"), columns, rows)
