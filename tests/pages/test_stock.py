"""Explore → Stock: levels, count differences, one product, and the way to its alerts (A1, C11)."""

from datetime import timedelta

import pytest
import streamlit as st
from sqlalchemy import text as sql

from core.i18n import Translator
from pages.shell.stock_panels import choose_product
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel
from tests.pages.conftest import Text, Visit
from tests.pages.hotel import small_hotel

STOCK = "pages/exploration/stock.py"
LANGUAGES = ["tr", "en"]


@pytest.fixture
def store(visit: Visit) -> BuiltHotel:
    """P0: 60 received, 55 issued, critical at 10. P1: 20 received, counted 18 and 18, no cost. P2 never moved."""
    with visit.services.database.transaction() as connection:
        hotel = build_hotel(connection)
        connection.execute(
            sql("UPDATE products SET cost = 2, critical_level = 10 WHERE id = :id"), {"id": hotel.products[0]}
        )
        for product, days_ago, kind, quantity in (
            (0, 5, "giris", 60), (0, 4, "cikis", 55), (1, 5, "giris", 20), (1, 3, "sayim", 18), (1, 2, "sayim", 18),
        ):  # fmt: skip
            hotel.movement(connection, product, NOW - timedelta(days=days_ago), kind, quantity)
    return hotel


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_store_that_never_moved_says_what_to_do(visit: Visit, text: Text, language: str) -> None:
    with visit.services.database.transaction() as connection:
        hotel = build_hotel(connection)
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(STOCK)
    assert not app.exception
    assert Translator(language)("stock.empty_title") in text(app)
    assert not app.dataframe


@pytest.mark.parametrize("language", LANGUAGES)
def test_low_products_stand_first_with_their_figures(
    visit: Visit, text: Text, store: BuiltHotel, language: str
) -> None:
    visit.sign_in("admin", [store.hotel_id], language)
    app, t = visit.open(STOCK, days="7"), Translator(language)
    assert not app.exception
    table = app.dataframe[0].value
    assert table[t("overview.product")].tolist() == ["P0", "P1", "P2"]
    assert table[t("stock.state")].tolist() == [t(f"stock.state_{state}") for state in ("low", "enough", "unknown")]
    assert table[t("stock.level_now")].tolist()[:2] == [5, 18]
    assert table[t("stock.kind_cikis")].tolist()[:2] == [55, 0]
    assert table[t("stock.kind_sayim")].tolist()[:2] == [0, -2]
    assert t("stock.kind_fire") not in table
    assert app.metric[0].value == t.money(10, "EUR")
    assert [metric.value for metric in app.metric[1:]] == ["1", t("stock.of", part=1, all=2)]
    assert t("stock.without_cost", count=1) in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_count_is_listed_with_what_the_books_said(visit: Visit, text: Text, store: BuiltHotel, language: str) -> None:
    visit.sign_in("admin", [store.hotel_id], language)
    app, t = visit.open(STOCK), Translator(language)
    assert t("stock.counts_found", count=1, all=2) in text(app)
    counts = app.dataframe[1].value
    assert counts[[t("stock.booked"), t("stock.counted"), t("stock.difference")]].values.tolist() == [[20, 18, -2]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_product_of_the_address_shows_its_movements_and_outflow(visit: Visit, text: Text, language: str) -> None:
    hotel = small_hotel(visit.services)  # 70 received thirty days ago, two issued on each of the 29 days after it
    visit.sign_in("admin", [hotel.hotel_id], language)
    app, t = visit.open(STOCK, ("movements", "outflow"), product="P0", days="7"), Translator(language)
    assert not app.exception
    assert t("stock.level_title", product="P0", level="12", critical="0") in text(app)
    assert app.dataframe[0].value[t("stock.open_alerts")].tolist().count(1) == 1
    moves, days = app.dataframe[-2].value, app.dataframe[-1].value
    assert moves[t("stock.change")].tolist() == [-2] * 7
    assert moves[t("stock.level_after")].tolist() == [12, 14, 16, 18, 20, 22, 24]
    assert days[t("stock.left")].tolist() == [2] * 7
    assert t("stock.not_judged") in text(app)
    [link] = [one for one in app.get("page_link") if "alerts" in str(one.proto)]
    assert "q=P0" in str(link.proto)


def test_without_a_chosen_product_it_says_how_to_choose(visit: Visit, text: Text, store: BuiltHotel) -> None:
    visit.sign_in("admin", [store.hotel_id], "en")
    app = visit.open(STOCK, product="nothing")
    assert Translator("en")("stock.choose_hint") in text(app)
    app.selectbox[-1].select("P2").run()
    assert app.query_params["product"] == "P2"
    assert Translator("en")("stock.never_moved", product="P2") in text(app)


def test_a_click_on_a_row_becomes_the_product_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Table:
        class selection:  # noqa: N801  as Streamlit names it
            rows = (1,)

    address: dict[str, str] = {}
    monkeypatch.setattr(st, "session_state", {"stock": Table})
    monkeypatch.setattr(st, "query_params", address)
    choose_product("stock", ["P0", "P1"])
    assert address == {"product": "P1"}


def test_an_attendant_does_not_see_it_and_a_manager_no_other_hotel(visit: Visit, text: Text, store: BuiltHotel) -> None:
    visit.sign_in("kat_sorumlusu", [store.hotel_id], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(STOCK))
    other = small_hotel(visit.services, with_alerts=False)
    visit.sign_in("admin", [other.hotel_id], "en")
    assert visit.open(STOCK).dataframe[0].value["Level now"].tolist()[0] == 12
