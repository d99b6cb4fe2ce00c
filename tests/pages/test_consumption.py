"""Explore → Consumption: filters in the address, figures of the rows, downloads of what is shown (A2.1, A2.3, C11)."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import streamlit as st

from core.i18n import Translator
from pages.shell.consumption_panels import choose_product
from pages.shell.consumption_tables import csv_bytes, rounded
from reports.excel import Column, workbook
from tests.conftest import NOW
from tests.integration.reports.explored import PRICES, TODAY, Explored, explored
from tests.pages.conftest import Text, Visit

CONSUMPTION = "pages/exploration/consumption.py"
LANGUAGES = ["tr", "en"]
TABLES = ("trend", "floors", "products")


@pytest.fixture
def house(visit: Visit) -> Explored:
    """A week of looks: 2 units of P0 and 1 of P1 in room 101 a day, 3 of P0 in the suite on one day."""
    house = explored(visit.services.database)
    for ago in range(1, 8):
        house.look(0, ago, (2, 1), (1.0, 1.0))
    house.look(2, 2, (3, 0), (1.0, 1.0), "vacated")
    return house


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hotel_without_looks_says_what_to_do(visit: Visit, text: Text, language: str) -> None:
    empty = explored(visit.services.database)
    visit.sign_in("admin", [empty.id], language)
    app = visit.open(CONSUMPTION)
    assert not app.exception
    assert Translator(language)("consumption.empty_title") in text(app)
    assert not app.metric


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_key_figures_are_those_of_the_rows(visit: Visit, text: Text, house: Explored, language: str) -> None:
    house.stay(0, first_days_ago=10, nights=10)
    house.stays_known(*range(1, 8))
    visit.sign_in("admin", [house.id], language)
    app, t = visit.open(CONSUMPTION, days="7"), Translator(language)
    assert not app.exception
    assert t("consumption.title") in [title.value for title in app.title]
    assert [metric.value for metric in app.metric] == [
        t("shell.units", count=24), t.number(24 / 7, 2), t.money(17 * PRICES[0] + 7 * PRICES[1], "EUR"),
    ]  # fmt: skip
    assert app.metric[0].delta == t("consumption.no_before")
    said = text(app)
    assert t("consumption.trend_more", share=t.percent(0.5)) in said
    assert t("consumption.half", count=1, all=2) in said
    assert t("consumption.nights_known", count=7, days=7) in said


def test_the_tables_hold_what_the_rows_add_up_to(visit: Visit, house: Explored) -> None:
    visit.sign_in("admin", [house.id], "en")
    tables = [frame.value for frame in visit.open(CONSUMPTION, TABLES, days="7").dataframe]
    trend, floors, products, types, segments = tables
    assert trend["Units"].tolist() == [3, 3, 3, 3, 3, 6, 3]
    assert trend["Expected a day"].tolist() == [2, 2, 2, 2, 2, 4, 2]
    assert floors["Units"].tolist() == [3] * 7 + [3]
    assert floors["Floor"].tolist() == ["1"] * 7 + ["2"]
    assert products["Units"].tolist() == [17, 7]
    assert products["Share of units"].tolist() == [round(17 / 24, 3), round(7 / 24, 3)]
    assert sorted(types["Units"]) == [3, 21]
    assert types["Units a night"].isna().all()
    assert segments["Room at the check"].tolist() == ["Occupied", "Just vacated"]
    assert segments["Checks"].tolist() == [7, 1]


def test_the_address_holds_every_filter(visit: Visit, house: Explored) -> None:
    visit.sign_in("admin", [house.id], "en")
    app = visit.open(CONSUMPTION, ("trend",), days="7", floor="1", type="STD", product="P1", step="week")
    assert [box.value for box in app.selectbox] == ["7", "1", "STD", "P1"]
    assert app.metric[0].value == "7 units"
    trend = app.dataframe[0].value
    weeks: dict[str, int] = {}
    for ago in range(1, 8):
        on = TODAY - timedelta(days=ago)
        weeks[str(on.isocalendar().week)] = weeks.get(str(on.isocalendar().week), 0) + 1
    assert sorted(trend["Units"]) == sorted(weeks.values())
    app.selectbox[3].select("all").run()
    assert "product" not in app.query_params
    assert app.metric[0].value == "21 units"
    app.selectbox[1].select("2").run()
    assert app.query_params["floor"] == "2"


def test_a_table_is_made_when_somebody_opens_it(visit: Visit, house: Explored) -> None:
    visit.sign_in("admin", [house.id], "en")
    closed = visit.open(CONSUMPTION, days="7")
    assert len(closed.dataframe) == 2
    labels = [button.proto.label for button in closed.get("download_button")]
    assert len(visit.open(CONSUMPTION, TABLES, days="7").dataframe) == 2 + len(TABLES)
    opened = visit.open(CONSUMPTION, TABLES, days="7").get("download_button")
    assert len(opened) == len(labels) + 2 * len(TABLES)


def test_an_unknown_code_in_the_address_means_all(visit: Visit, house: Explored) -> None:
    visit.sign_in("admin", [house.id], "en")
    app = visit.open(CONSUMPTION, days="13", product="' OR 1=1 --")
    assert not app.exception
    assert app.metric[0].value == "24 units"


def test_a_click_on_a_product_filters_the_page_and_a_second_one_lets_it_go(
    visit: Visit, house: Explored, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Chart:
        class selection:  # noqa: N801  as Streamlit names it
            points = [{"customdata": "P1"}]

    address: dict[str, str] = {}
    monkeypatch.setattr(st, "session_state", {"chart": Chart})
    monkeypatch.setattr(st, "query_params", address)
    choose_product("chart")
    assert address == {"product": "P1"}
    choose_product("chart")
    assert address == {}


def test_an_attendant_and_a_stranger_do_not_see_it(visit: Visit, text: Text, house: Explored) -> None:
    visit.sign_in("kat_sorumlusu", [house.id], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(CONSUMPTION))
    other = explored(visit.services.database)
    visit.sign_in("admin", [other.id], "en")
    app = visit.open(CONSUMPTION, days="7")
    assert not app.metric
    assert "hotel" not in [box.label for box in app.selectbox]


def test_what_is_downloaded_is_what_is_shown_and_never_a_formula() -> None:
    columns = [Column("Product"), Column("Units", "whole"), Column("Share", "percent"), Column("Rate", "decimal")]
    sheet = rounded("x", columns, [("=HYPERLINK()", 3.0, 0.12345, float("nan")), ("Su; soda", 1234.0, 1.0, 0.666)])
    assert csv_bytes(sheet, Translator("en")).decode("utf-8-sig").splitlines() == [
        "Product,Units,Share,Rate", "'=HYPERLINK(),3,0.123,", "Su; soda,1234,1.0,0.67",
    ]  # fmt: skip
    assert csv_bytes(sheet, Translator("tr")).decode("utf-8-sig").splitlines() == [
        "Product;Units;Share;Rate", "'=HYPERLINK();3;0,123;", '"Su; soda";1234;1,0;0,67',
    ]  # fmt: skip
    book = ZipFile(BytesIO(workbook([sheet], NOW, currency="EUR")))
    cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>0.67</v>" in cells
    assert "<f>" not in cells
