"""Workbooks hold what they are given: text stays text, what is not known stays empty, clocks are the hotel's (A4.6)."""

from datetime import UTC, date, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from reports.excel import Column, Sheet, workbook

AT = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)


def read(content: bytes, sheet: int = 0) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(sheet).to_python()


def part(content: bytes, name: str) -> str:
    with ZipFile(BytesIO(content)) as book:
        return book.read(name).decode()


@pytest.mark.parametrize(
    "text", ["=1+1", "=HYPERLINK(1)", "+49", "-3", "@x", "http://x.example", "12", "Çikolata İçi", ""]
)
def test_text_is_never_a_formula_a_link_or_a_number(text: str) -> None:
    content = workbook([Sheet("S", [Column("Ürün")], [(text,)])], AT)
    assert read(content) == [["Ürün"], [text]] if text else [["Ürün"]]
    xml = part(content, "xl/worksheets/sheet1.xml")
    assert "<f>" not in xml
    assert "hyperlink" not in xml


def test_numbers_are_numbers_in_their_formats() -> None:
    columns = [Column("units", "whole"), Column("days", "decimal"), Column("share", "percent"), Column("cost", "money")]
    content = workbook([Sheet("S", columns, [(72, 3.5, 0.95, 103.68)])], AT, currency="TRY")
    assert read(content) == [["units", "days", "share", "cost"], [72, 3.5, 0.95, 103.68]]
    styles = part(content, "xl/styles.xml")
    assert "&quot;TRY&quot;" in styles
    assert "0.0%" in styles
    assert "{currency}" not in part(workbook([Sheet("S", columns, [])], AT), "xl/styles.xml")


def test_what_is_not_known_is_an_empty_cell_and_nought_is_not() -> None:
    rows = [(None, 0.0), (float("nan"), float("inf"))]
    found = read(workbook([Sheet("S", [Column("a", "whole"), Column("b", "money")], rows)], AT))
    assert found[1:] == [["", 0.0]]  # of the last row nothing is known


def test_instants_are_the_hotels_wall_clock_and_days_are_days() -> None:
    columns = [Column("at", "instant"), Column("on", "date")]
    content = workbook([Sheet("S", columns, [(AT, date(2026, 3, 2))])], AT, time_zone="Europe/Istanbul")
    at, on = read(content)[1]
    assert (str(at), str(on)) == ("2026-03-02 08:30:00", "2026-03-02")


def test_names_that_excel_refuses_are_mended_and_several_sheets_stand_in_order() -> None:
    names = ["a/b: [c]? " + "x" * 40, "Bilgi"]
    book = CalamineWorkbook.from_filelike(
        BytesIO(workbook([Sheet(name, [Column("t")], [("x",)]) for name in names], AT))
    )
    assert [len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in book.sheet_names] == [True, True]
    assert book.sheet_names[1] == "Bilgi"


def test_the_same_rows_make_the_same_file_whenever_they_are_written() -> None:
    sheets = [Sheet("S", [Column("t")], [("x",)])]
    assert workbook(sheets, AT) == workbook(sheets, AT)


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        workbook([Sheet("S", [Column("a")], [("x", "y")])], AT)
