"""Through the alerts by keyboard, mouse and thumb; keys typed into a field stay there; back is back (A5.6, C11)."""

import re

import pytest
from playwright.sync_api import expect

from core.i18n import Translator
from core.scope import SYSTEM
from pipeline.alerts.service import AlertFilters
from tests.browser.conftest import Instance, NewVisitor, Visitor

pytestmark = pytest.mark.browser
TWO = "state=all&severity=kritik&severity=dusuk"  # also when other tests closed or judged one


def listed(instance: Instance, *severities: str, state: str = "open") -> list[int]:
    """What the board shows now, in its order; other tests of this suite change it."""
    filters = AlertFilters(hotel_ids=tuple(instance.hotel_ids[:1]), severities=severities, states=(state,))
    return [row.id for row in instance.services.alerts.board(SYSTEM, filters).rows]


def at(visitor: Visitor, alert_id: int, number: int, total: int, language: str = "tr") -> None:
    """The alert stands in the address and its place among the others on the screen."""
    expect(visitor.page).to_have_url(re.compile(rf"alert={alert_id}\b"))
    said = Translator(language)("board.place", number=number, total=total)
    expect(visitor.page.get_by_text(said, exact=True)).to_be_visible()


def press(visitor: Visitor, key: str) -> None:
    """Keys work from the moment that their buttons are there."""
    visitor.page.get_by_role("button", name=re.compile("Shortcut J")).wait_for()
    visitor.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    visitor.page.keyboard.press(key)


def test_keys_go_through_the_board_and_stop_at_its_ends(new_visitor: NewVisitor, instance: Instance) -> None:
    ids, visitor = listed(instance), new_visitor("ayse")
    assert len(ids) >= 3
    visitor.open("/alerts")
    visitor.see("Uyarılar")
    for number, alert_id in enumerate(ids, start=1):
        press(visitor, "j")
        at(visitor, alert_id, number, len(ids))
    expect(visitor.page.get_by_role("button", name="Sonraki")).to_be_disabled()
    press(visitor, "j")
    press(visitor, "k")
    at(visitor, ids[-2], len(ids) - 1, len(ids))
    assert visitor.problems == []


def test_steps_on_the_alerts_own_page_keep_the_filters_and_back_is_the_alert_before(
    new_visitor: NewVisitor, instance: Instance
) -> None:
    first, last = listed(instance, "kritik", "dusuk", state="all")
    visitor = new_visitor("eda")
    visitor.open(f"/alert?{TWO}&alert={first}")
    at(visitor, first, 1, 2, "en")
    press(visitor, "j")
    at(visitor, last, 2, 2, "en")
    assert TWO in visitor.page.url
    visitor.page.go_back()
    at(visitor, first, 1, 2, "en")
    visitor.page.go_forward()
    at(visitor, last, 2, 2, "en")
    visitor.page.get_by_text("Back to the list").click()
    visitor.see("Alerts")
    expect(visitor.page).to_have_url(re.compile(rf"/alerts\?{TWO}$"))


def test_what_is_typed_into_a_field_moves_nothing(new_visitor: NewVisitor, instance: Instance) -> None:
    ids, visitor = listed(instance), new_visitor("ayse")
    visitor.open(f"/alerts?alert={ids[0]}")
    at(visitor, ids[0], 1, len(ids))
    note = visitor.page.get_by_label("Not", exact=True)
    note.click()
    note.press_sequentially("jjkkjj")
    expect(note).to_have_value("jjkkjj")
    visitor.page.wait_for_timeout(500)  # a step would have begun by now: it takes a tenth of this below
    at(visitor, ids[0], 1, len(ids))
    visitor.page.get_by_role("heading", name="Uyarılar", exact=True).click()
    press(visitor, "j")
    at(visitor, ids[1], 2, len(ids))


def test_a_thumb_goes_from_alert_to_alert_on_the_phone(new_visitor: NewVisitor, instance: Instance) -> None:
    ids, visitor = listed(instance), new_visitor("ayse", width=390, phone=True)
    visitor.open(f"/alerts?alert={ids[0]}")
    at(visitor, ids[0], 1, len(ids))
    visitor.page.get_by_role("button", name="Sonraki").click()
    at(visitor, ids[1], 2, len(ids))
    visitor.page.get_by_role("button", name="Önceki").click()
    at(visitor, ids[0], 1, len(ids))


@pytest.mark.parametrize(("width", "phone"), [(1440, False), (390, True)], ids=["desktop", "phone"])
def test_one_press_of_back_leads_from_an_alert_to_the_list_with_its_filters(
    new_visitor: NewVisitor, instance: Instance, width: int, phone: bool
) -> None:
    last = listed(instance, "kritik", "dusuk", state="all")[1]
    visitor = new_visitor("ayse", width=width, phone=phone)
    visitor.open(f"/alerts?{TWO}")
    visitor.see("Uyarılar")
    before = visitor.page.evaluate("history.length")
    visitor.page.get_by_test_id("stMain").get_by_role("button", name=Translator("tr")("board.open")).nth(1).click()
    at(visitor, last, 2, 2)
    visitor.page.locator(".js-plotly-plot").wait_for()
    assert visitor.page.evaluate("history.length") == before + 1
    visitor.page.go_back()
    visitor.see("Uyarılar")
    expect(visitor.page).to_have_url(re.compile(rf"/alerts\?{TWO}$"))
    expect(visitor.page.locator(".js-plotly-plot")).to_have_count(0)


def test_a_filter_that_leads_to_the_first_page_is_one_step_of_the_history(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("ayse")
    visitor.open("/alerts?page=2")
    visitor.see("Uyarılar")
    before = visitor.page.evaluate("history.length")
    visitor.page.get_by_role("radio", name=Translator("tr")("board.view_table")).click()
    expect(visitor.page).to_have_url(re.compile(r"/alerts\?view=table$"))
    assert visitor.page.evaluate("history.length") == before + 1
    visitor.page.go_back()
    expect(visitor.page).to_have_url(re.compile(r"/alerts\?page=2$"))
