"""The two screens in a real browser: figures, filters in the address, verdicts, both languages and themes, phone."""

import re

import pytest
from playwright.sync_api import expect

from core.clock import SystemClock
from core.i18n import Translator
from core.scope import SYSTEM
from pages.shell.preloading import ROUTE as PRELOAD
from tests.browser.conftest import Instance, NewVisitor
from tests.browser.screens import DETAIL, PAGES, addresses
from tests.browser.test_accessibility import fits

pytestmark = pytest.mark.browser
LIGHT, DARK = "rgb(251, 250, 247)", "rgb(18, 23, 29)"


def test_every_page_of_the_navigation_table_is_opened_by_this_suite() -> None:
    assert {*PAGES, DETAIL} == addresses()


def test_the_overview_shows_the_figures_of_the_service(new_visitor: NewVisitor, instance: Instance) -> None:
    visitor = new_visitor("ayse")
    visitor.open()
    visitor.see("Genel bakış")
    t = Translator("tr")
    figures = instance.services.overview.figures(SYSTEM, instance.hotel_ids[:1], SystemClock().now())
    assert figures.occupancy_ratio is not None
    assert figures.consumed_units is not None
    shown = visitor.page.get_by_test_id("stMetricValue")
    expect(shown.nth(0)).to_have_text(t.percent(figures.occupancy_ratio))
    expect(shown.nth(1)).to_have_text(t("shell.units", count=round(figures.consumed_units)))


def test_the_overview_loads_no_chart_library_and_nothing_from_other_sites(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("ayse")
    visitor.page.route(f"**{PRELOAD}", lambda route: route.fulfill(body="", content_type="text/javascript"))
    visitor.open()
    visitor.see("Genel bakış")
    visitor.page.wait_for_load_state("networkidle")
    assert [url for url in visitor.requests if "plotly" in url.casefold()] == []
    assert [url for url in visitor.requests if not url.startswith((visitor.address, "data:", "blob:"))] == []


def test_charts_and_tables_are_loaded_while_the_overview_is_read(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("ayse")
    with (
        visitor.page.expect_response(re.compile(r"/PlotlyChart\.")) as charts,
        visitor.page.expect_response(re.compile(r"/DataFrame\.")) as tables,
    ):
        visitor.open()
        visitor.see("Genel bakış")
    assert charts.value.ok
    assert tables.value.ok
    assert visitor.problems == []


def test_filters_stand_in_the_address_and_a_colleague_opens_the_same_view(new_visitor: NewVisitor) -> None:
    first, second = new_visitor("ayse"), new_visitor("deniz")
    first.open("/alerts")
    first.see("Uyarılar")
    first.choose(first.page.get_by_label("Önem").first, "Kritik")
    first.page.wait_for_url(re.compile("severity=kritik"))
    second.open("/alerts" + first.page.url.split("/alerts")[1])
    second.see("Alerts")
    expect(second.page.get_by_text("1 alert", exact=True).first).to_be_visible()
    # By text: the filters' arrows are buttons labelled "Open" too.
    expect(second.page.get_by_role("button").filter(has_text="Open")).to_have_count(1)


def test_a_verdict_is_stored_and_survives_reloading(new_visitor: NewVisitor, instance: Instance) -> None:
    alert_id = instance.alert_ids[3]
    visitor = new_visitor("ayse")
    visitor.open(f"/alerts?alert={alert_id}")
    visitor.page.get_by_label("Not", exact=True).fill("davet vardı")
    visitor.page.get_by_label("Not", exact=True).press("Tab")
    visitor.page.get_by_role("button", name="Beklenen durum").click()
    visitor.page.get_by_text("Beklenen durum – ayse").wait_for()
    stored = instance.services.alerts.detail(SYSTEM, alert_id).alert
    assert (stored.verdict, stored.verdict_note, stored.verdict_by) == ("beklenen", "davet vardı", "ayse")
    assert stored.read_at is not None
    visitor.page.reload()
    visitor.page.get_by_text("Beklenen durum – ayse").wait_for()


def test_an_alert_raised_meanwhile_shows_without_reloading(new_visitor: NewVisitor, instance: Instance) -> None:
    visitor = new_visitor("ayse")
    visitor.open(f"/alerts?alert={instance.alert_ids[2]}")
    visitor.page.get_by_role("button", name="İşleme al", exact=True).wait_for()
    instance.services.alerts.triage.acknowledge(SYSTEM, [instance.alert_ids[2]])
    visitor.page.get_by_text("Barometer ilgileniyor").wait_for()


def test_the_language_is_changed_on_the_spot_and_kept(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("deniz")
    visitor.open("/alerts")
    visitor.see("Alerts")
    visitor.page.get_by_test_id("stSidebar").get_by_text("Türkçe").click()
    visitor.see("Uyarılar")
    visitor.page.reload()
    visitor.see("Uyarılar")
    visitor.page.get_by_test_id("stSidebar").get_by_text("English").click()
    visitor.see("Alerts")


def test_a_phone_opens_an_alert_on_a_page_of_its_own(new_visitor: NewVisitor, instance: Instance) -> None:
    visitor = new_visitor("ayse", width=390, phone=True)
    visitor.open(f"/alerts?alert={instance.alert_ids[1]}")
    visitor.page.locator(".js-plotly-plot").wait_for()
    expect(visitor.page.get_by_role("button", name=Translator("tr")("board.open"))).to_have_count(0)
    assert fits(visitor)
    visitor.page.get_by_text("Listeye dön").click()
    visitor.see("Uyarılar")


@pytest.mark.parametrize(("theme", "ground"), [("light", LIGHT), ("dark", DARK)])
def test_the_page_follows_the_theme_of_the_browser(new_visitor: NewVisitor, theme: str, ground: str) -> None:
    visitor = new_visitor("ayse", theme=theme)
    visitor.open()
    visitor.see("Genel bakış")
    expect(visitor.page.get_by_test_id("stApp")).to_have_css("background-color", ground)
