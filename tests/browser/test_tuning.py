"""A data scientist at the slider, from the first move to the saved version, and the browser's back (A2.5, A6.3)."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.clock import SystemClock
from core.i18n import Translator
from core.scope import SYSTEM
from tests.browser.conftest import Instance, NewVisitor
from tests.integration.tried_past import CHECK, TYPE, tried_past

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def tried(instance: Instance) -> str:
    """A past in the second hotel, which no other test looks at: thirty days of one check. The hotel's code."""
    hotel_id = instance.hotel_ids[1]
    tried_past(instance.services.database, hotel_id, SystemClock().now() - timedelta(hours=1))
    [code] = [hotel.code for hotel in instance.services.hotels.listed(SYSTEM) if hotel.id == hotel_id]
    return code


@pytest.mark.parametrize(("username", "language", "locale"), [("deniz", "en", "en-GB"), ("firat", "tr", "tr-TR")])
def test_the_slider_is_moved_and_what_it_does_is_saved_as_a_version(
    new_visitor: NewVisitor, instance: Instance, tried: str, username: str, language: str, locale: str
) -> None:
    t, visitor, thresholds = Translator(language), new_visitor(username, locale=locale), instance.services.thresholds
    before = thresholds.current(SYSTEM, instance.hotel_ids[1])[TYPE].version
    visitor.open(f"/thresholds?hotel={tried}&metric={TYPE}&check={CHECK}")
    visitor.see(t("tuning.title"))
    page, save = visitor.page, visitor.page.get_by_role("button", name=t("tuning.save"), exact=True)
    expect(save).to_be_disabled()
    slider = page.get_by_role("slider", name=t("tuning.extra"))
    slider.press("PageUp")  # one move: of several a slow machine draws those on the way there too
    page.wait_for_url(re.compile(rf"{CHECK}\.extra="))
    visitor.see(t("tuning.title"))
    expect(page.get_by_role("heading", name=re.compile(t("tuning.disappear", alerts="").strip()))).to_be_visible()
    save.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("too many false alarms on this floor")
    page.keyboard.press("Tab")
    dialog.get_by_role("button", name=t("tuning.save"), exact=True).click()
    expect(dialog).to_have_count(0)
    now = thresholds.current(SYSTEM, instance.hotel_ids[1])[TYPE]
    assert now.version == before + 1
    assert now.families[CHECK].extra_evidence > 0
    expect(page.get_by_text("too many false alarms on this floor").first).to_be_visible()
    assert visitor.problems == []


def test_the_browsers_back_takes_a_filter_back(new_visitor: NewVisitor) -> None:
    t, visitor = Translator("tr"), new_visitor("ayse")
    visitor.open("/consumption")
    visitor.see(t("consumption.title"))
    period = visitor.page.get_by_label(t("consumption.period")).first
    visitor.choose(period, t("consumption.last_days", count=90))
    visitor.page.wait_for_url(re.compile("days=90"))
    visitor.see(t("consumption.title"))
    visitor.page.go_back()
    visitor.page.wait_for_url(re.compile(r"/consumption$"))
    shown = visitor.page.get_by_role("combobox", name=t("consumption.period"))
    expect(shown).to_have_value(t("consumption.last_days", count=30))
    assert visitor.problems == []
