"""Tables as Excel workbooks: rows with column titles and formats become bytes; text never becomes a formula."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from math import isfinite
from typing import Any, Literal
from zoneinfo import ZoneInfo

import xlsxwriter

Kind = Literal["text", "whole", "decimal", "percent", "money", "date", "instant"]
FORMATS: dict[Kind, str] = {
    "text": "@", "whole": "#,##0", "decimal": "#,##0.00", "percent": "0.0%", "money": '#,##0.00 "{currency}"',
    "date": "yyyy-mm-dd", "instant": "yyyy-mm-dd hh:mm",
}  # fmt: skip
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
MAX_NAME, MAX_TEXT, MAX_WIDTH = 31, 32_767, 60


@dataclass(frozen=True)
class Column:
    """A title in the reader's language and how its values are written."""

    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Sheet:
    """One table: rows of values in the columns' order. What is not known (None, not finite) is an empty cell."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]


def workbook(
    sheets: Sequence[Sheet], created_at: datetime, *, currency: str | None = None, time_zone: str = "UTC"
) -> bytes:
    """An XLSX file: titles stand still above the rows, every column can be filtered.

    ``percent`` takes ratios, ``money`` amounts in ``currency``; Excel knows no time zones, so that instants are
    written as ``time_zone``'s wall clock. Sheets need different names.
    """
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, SAFE) as book:
        book.set_properties({"created": created_at, "author": "Barometer"})
        styles = {kind: book.add_format({"num_format": _format(kind, currency)}) for kind in FORMATS}
        title = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for sheet in sheets:
            page = book.add_worksheet(NOT_IN_NAMES.sub(" ", sheet.name)[:MAX_NAME])
            page.freeze_panes(1, 0)
            for place, column in enumerate(sheet.columns):
                page.write_string(0, place, column.title, title)
                page.set_column(place, place, _width(column, [row[place] for row in sheet.rows]))
            for number, row in enumerate(sheet.rows, start=1):
                for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
                    _write(page, (number, place), value, styles[column.kind], ZoneInfo(time_zone))
            if sheet.columns and sheet.rows:
                page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    return buffer.getvalue()


def _format(kind: Kind, currency: str | None) -> str:
    """Without a currency money is an amount with two decimals."""
    if kind == "money" and currency is None:
        return "#,##0.00"
    return FORMATS[kind].replace("{currency}", (currency or "").replace('"', ""))


def _write(page: Any, cell: tuple[int, int], value: Any, style: Any, zone: ZoneInfo) -> None:
    if isinstance(value, str):
        page.write_string(*cell, value[:MAX_TEXT], style)
    elif isinstance(value, datetime):
        page.write_datetime(*cell, value.astimezone(zone).replace(tzinfo=None), style)
    elif isinstance(value, date):
        page.write_datetime(*cell, value, style)
    elif value is not None and isfinite(value):
        page.write_number(*cell, float(value), style)


def _width(column: Column, values: Sequence[Any]) -> int:
    """Wide enough for what stands in it; long titles wrap."""
    longest = max((len(value) for value in values if isinstance(value, str)), default=12)
    return min(max(longest, 12) + 2, MAX_WIDTH)
