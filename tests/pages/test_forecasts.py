"""Forecasts: what runs out, what to order and how good the forecasts were, in both languages (A4, C11)."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
import streamlit as st
from python_calamine import CalamineWorkbook
from sqlalchemy import text as sql

from core.i18n import Translator
from tests.integration.reports.forecast_store import CASE, COST, LASTS_DAYS, LEVEL, PLENTY, Store, build_store
from tests.pages.conftest import OVERVIEW, Text, Visit

FORECASTS = "pages/forecasts/forecasts.py"
LANGUAGES = ["tr", "en"]
TODAY = date(2026, 3, 2)
NAME = "Kola *0,33* =1+1"


@pytest.fixture
def store(visit: Visit) -> Store:
    return build_store(visit.services.database)


def manager(visit: Visit, store: Store, language: str = "en") -> Translator:
    visit.sign_in("admin", [store.hotel.hotel_id], language)
    return Translator(language, "Europe/Istanbul")


def table(app: Any, column: str) -> dict[str, list[str]]:
    """The first table with that column, unescaped."""
    frames = [element.value for element in app.table]
    frame = next(frame for frame in frames if column in frame.columns)
    return {str(name): [str(cell).replace("\\", "") for cell in frame[name]] for name in frame.columns}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_installation_and_an_empty_hotel_say_what_to_do(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app = visit.open(FORECASTS)
    assert not app.exception
    assert "manage.py import" in text(app)
    store = build_store(visit.services.database)
    with store.database.transaction() as connection:
        connection.execute(sql("DELETE FROM ml_metrics"))
    app = visit.open(FORECASTS)
    assert not app.exception
    assert Translator(language)("forecasts.empty_text") in text(app)


def test_an_attendant_is_told_that_it_is_not_for_their_role(visit: Visit, text: Text, store: Store) -> None:
    store.forecast(0)
    visit.sign_in("kat_sorumlusu", [store.hotel.hotel_id], "en")
    said = text(visit.open(FORECASTS))
    assert Translator("en")("shell.forbidden_text") in said
    assert NAME not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_key_figures_are_those_of_the_store(visit: Visit, store: Store, language: str) -> None:
    """14 left at 4 a day: one of three products is out in a week; three cases of twelve at 1.50 are proposed."""
    store.forecast(0)
    t = manager(visit, store, language)
    app = visit.open(FORECASTS)
    assert not app.exception
    assert [metric.value for metric in app.metric] == [
        "1",
        "1",
        t.money(3 * CASE * COST, "EUR"),
        t("forecasts.made_today"),
    ]
    assert app.metric[0].delta == t("forecasts.of_products", count=3)
    assert app.metric[3].delta == t.day(TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_run_out_stands_with_its_day_and_all_products_on_demand(visit: Visit, store: Store, language: str) -> None:
    store.forecast(0)
    t = manager(visit, store, language)
    mine = table(visit.open(FORECASTS), t("forecasts.alone"))
    assert mine[t("forecasts.product")] == [NAME]
    assert mine[t("forecasts.level")] == [str(LEVEL)]
    assert mine[t("forecasts.alone")] == [str(LASTS_DAYS)]
    assert mine[t("forecasts.runs_out")] == [f"**{t.day(TODAY + timedelta(days=LASTS_DAYS - 1))}**"]
    assert mine[t("forecasts.soon_probability")] == [f"> {t.percent(0.99)}"]
    every = table(visit.open(FORECASTS, show="all"), t("forecasts.alone"))
    assert len(every[t("forecasts.product")]) == 3
    assert any(t("forecasts.learning") in cell for cell in every[t("forecasts.runs_out")])
    assert t("forecasts.not_within", count=60) in every[t("forecasts.runs_out")]


def test_without_forecasts_it_says_so_and_proposes_nothing(visit: Visit, text: Text, store: Store) -> None:
    t = manager(visit, store)
    app = visit.open(FORECASTS)
    assert not app.exception
    said = text(app)
    for key in ("never_made_text", "no_orders_title", "learning_title", "not_measured_title", "no_backtest"):
        assert t(f"forecasts.{key}") in said, key
    assert [metric.value for metric in app.metric][1:3] == [t("forecasts.not_known")] * 2
    assert table(app, t("forecasts.alone"))[t("forecasts.model")] == [t("forecast_model.recent_mean")]


def test_a_forecast_that_missed_a_night_is_called_old(visit: Visit, text: Text, store: Store) -> None:
    store.forecast(2)
    t = manager(visit, store)
    said = text(visit.open(FORECASTS))
    assert t("forecasts.old", at=TODAY - timedelta(days=2)) in said
    assert t("forecasts.made_days_ago", count=2) in said


def test_the_service_level_is_in_the_address_and_moves_the_proposal(visit: Visit, text: Text, store: Store) -> None:
    store.forecast(0)
    t = manager(visit, store)
    due = t("forecasts.order")
    usual = table(visit.open(FORECASTS), due)
    assert usual[due] == [t("forecasts.in_cases", units="36", count=3)]
    relaxed = visit.open(FORECASTS, level="0.5")
    assert t("forecasts.nothing_due_title") in text(relaxed)
    careful = table(visit.open(FORECASTS, level="0.999"), due)
    point = t("forecasts.reorder_point")
    assert int(careful[point][0]) > int(usual[point][0])
    assert table(visit.open(FORECASTS, level="7"), due) == usual  # an address made by hand
    app = visit.open(FORECASTS)
    app.select_slider(key="filter_level").set_value("0.5").run()
    assert app.query_params["level"] in ("0.5", ["0.5"])
    assert t("forecasts.nothing_due_title") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_holds_the_rows_on_the_screen(
    visit: Visit, store: Store, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    store.forecast(0)
    t = manager(visit, store, language)
    kept: list[tuple[Callable[[], bytes], str]] = []
    monkeypatch.setattr(st, "download_button", lambda _, data, *, file_name, **__: kept.append((data, file_name)))
    for show, level in (("mine", "0.95"), ("all", "0.975")):
        app = visit.open(FORECASTS, show=show, level=level)
        assert not app.exception
        make, name = kept[-1]
        assert name.endswith("-2026-03-02.xlsx")
        book = CalamineWorkbook.from_filelike(BytesIO(make()))
        titles, *rows = book.get_sheet_by_index(0).to_python()
        shown = table(app, t("forecasts.order"))
        assert [row[0] for row in rows] == shown[t("forecasts.product")]
        place = titles.index(t("forecasts.reorder_point"))
        assert [t.number(float(str(row[place])), 0) for row in rows] == shown[t("forecasts.reorder_point")]
        assert rows[0][titles.index(t("forecasts.order_units"))] == 3 * CASE
        assert rows[0][titles.index(t("forecasts.value"))] == 3 * CASE * COST
        assert len(set(titles)) == len(titles)
        about = dict(book.get_sheet_by_index(1).to_python())
        assert about[t("forecasts.service_level")] == t.percent(float(level), 1 if level == "0.975" else 0)


def test_the_product_is_in_the_address_with_its_finding_and_its_numbers(visit: Visit, text: Text, store: Store) -> None:
    store.forecast(0)
    t = manager(visit, store)
    first = visit.open(FORECASTS)
    assert first.selectbox(key="filter_product").value == str(store.low)
    assert t("forecasts.level_below", level="14 units", point="20").split(",")[0] in text(first)
    plenty = store.hotel.products[PLENTY]
    app = visit.open(FORECASTS, ("demand", "shelf"), product=str(plenty))
    assert app.selectbox(key="filter_product").value == str(plenty)
    assert t("forecasts.lasts_long", count=60) in text(app)
    assert "837 units in store, above" in text(app)
    demand, shelf = (element.value for element in app.dataframe[:2])
    assert set(demand["value"].dropna()) == {1.0}
    assert shelf["value"].iloc[-29:].dropna().iloc[-1] == 837
    assert visit.open(FORECASTS, product="999999").selectbox(key="filter_product").value == str(store.low)


@pytest.mark.parametrize("language", LANGUAGES)
def test_forecasts_stand_beside_what_happened_with_their_sample(
    visit: Visit, text: Text, store: Store, language: str
) -> None:
    """A4.5, A4.4: five mornings, each up to yesterday: 6 + 5 + 4 + 3 + 2 comparisons of each known product."""
    store.forecast(6, 5, 4, 3, 2)
    t = manager(visit, store, language)
    app = visit.open(FORECASTS, ("outcome",))
    assert not app.exception
    outcome = table(app, t("forecasts.comparisons"))
    assert outcome[t("forecasts.comparisons")] == ["40", "20"]
    days = app.dataframe[0].value
    inside = int(((days["value"] >= days["lower"]) & (days["value"] <= days["upper"])).sum())
    assert t("forecasts.outcome_title", inside=inside, count=6) in text(app)
    methods = table(app, t("forecasts.against_naive"))
    assert methods[t("forecasts.model")][0] == t("forecasts.own_choice")
    assert t("forecast_model.linear_regression") in methods[t("forecasts.model")]
    naive = methods[t("forecasts.model")].index(t("forecast_model.seasonal_naive"))
    assert methods[t("forecasts.against_naive")][naive] in (t("forecasts.as_good"), "–")
    assert t("forecasts.judged_weeks") in table(visit.open(FORECASTS, ahead="week"), t("forecasts.against_naive"))


def test_a_manager_sees_no_other_hotel_and_no_other_hotels_product(visit: Visit, text: Text, store: Store) -> None:
    other = build_store(visit.services.database)
    with other.database.transaction() as connection:
        connection.execute(
            sql("UPDATE products SET name = 'Secret ' || id WHERE hotel_id = :id"), {"id": other.hotel.hotel_id}
        )
    store.forecast(0)
    manager(visit, store)
    app = visit.open(FORECASTS, hotel="H2", product=str(other.low), show="all")
    assert [box.key for box in app.selectbox] == ["filter_product"]
    assert "Secret" not in text(app) + str([frame.value.to_string() for frame in app.table])


def test_the_overview_leads_here(visit: Visit, store: Store) -> None:
    manager(visit, store)
    app = visit.open(OVERVIEW)
    links = [element.proto for element in app.get("page_link")]
    assert Translator("en")("forecasts.link") in [link.label for link in links]
