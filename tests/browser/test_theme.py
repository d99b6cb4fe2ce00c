"""The theme that a user chose goes with them: at once, at every address, in every browser (C11)."""

from typing import Literal

import pytest
from playwright.sync_api import expect

from core.scope import SYSTEM
from tests.browser.conftest import PASSWORD, Instance, NewVisitor, Visitor

pytestmark = pytest.mark.browser
LIGHT, DARK = "rgb(251, 250, 247)", "rgb(18, 23, 29)"


def looks(visitor: Visitor, ground: str) -> None:
    expect(visitor.page.get_by_test_id("stApp")).to_have_css("background-color", ground)


def choose(visitor: Visitor, name: str) -> None:
    """A choice in the account corner loads the page anew."""
    with visitor.page.expect_navigation():
        visitor.page.get_by_test_id("stSidebar").get_by_text(name).click()
    visitor.see("Uyarılar")


def test_a_chosen_theme_shows_at_once_and_in_every_other_browser(new_visitor: NewVisitor, instance: Instance) -> None:
    instance.services.identity.add_user(SYSTEM, "hale", PASSWORD, "admin", hotels=instance.hotel_ids[:1])
    first = new_visitor("hale", theme="light")
    first.open("/alerts?severity=kritik")
    first.see("Uyarılar")
    looks(first, LIGHT)
    choose(first, "Koyu")
    looks(first, DARK)
    assert first.page.url.endswith("/alerts?severity=kritik")
    second = new_visitor("hale", theme="light")
    for path, title in (("/", "Genel bakış"), ("/alerts", "Uyarılar"), ("/quality", "Veri kalitesi")):
        second.open(path)
        second.see(title)
        looks(second, DARK)
    choose_device(second)


def choose_device(visitor: Visitor) -> None:
    """Afterwards the page follows the device again, also where it had been dark."""
    visitor.open("/alerts")
    visitor.see("Uyarılar")
    choose(visitor, "Cihaz")
    looks(visitor, LIGHT)
    visitor.page.emulate_media(color_scheme="dark")
    looks(visitor, DARK)


@pytest.mark.parametrize(("device", "ground"), [("light", LIGHT), ("dark", DARK)])
def test_who_is_not_signed_in_has_the_theme_of_the_device(
    new_visitor: NewVisitor, device: Literal["light", "dark"], ground: str
) -> None:
    visitor = new_visitor(theme=device)
    visitor.open()
    visitor.page.get_by_label("Kullanıcı adı").wait_for()
    looks(visitor, ground)


def test_the_keyboard_is_seen_where_it_stands_in_the_navigation(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("ayse")
    visitor.open()
    visitor.see("Genel bakış")
    link = visitor.page.get_by_test_id("stSidebarNavLink").nth(1)
    looks = "element => [getComputedStyle(element).outlineStyle, getComputedStyle(element).outlineWidth]"
    assert link.evaluate(looks)[0] == "none"
    visitor.page.get_by_test_id("stSidebarNavLink").first.focus()
    visitor.page.keyboard.press("Tab")
    assert link.evaluate("element => element === document.activeElement")
    assert link.evaluate(looks) == ["solid", "2px"]


def test_no_english_hint_stands_beside_a_field_in_which_somebody_types(
    new_visitor: NewVisitor, instance: Instance
) -> None:
    visitor = new_visitor()
    visitor.open()
    visitor.page.get_by_label("Kullanıcı adı").press_sequentially("ayse")
    hint = visitor.page.get_by_test_id("InputInstructions")
    hint.wait_for(state="attached")
    assert "Press Enter" in hint.evaluate("element => element.textContent")  # Streamlit's own, still
    assert not hint.inner_text()
    signed_in = new_visitor("firat")
    signed_in.open("/users")
    signed_in.page.get_by_role("button", name="Davet et").click()
    signed_in.page.get_by_role("dialog").get_by_label("Kullanıcı adı").press_sequentially("bakim")
    count = signed_in.page.get_by_test_id("InputInstructions")
    count.wait_for()
    assert count.inner_text() == "5/64"


@pytest.mark.parametrize("kind", ["stMultiSelect", "stSelectbox"])
def test_no_english_words_stand_in_a_list_to_choose_from(new_visitor: NewVisitor, kind: str) -> None:
    """What Streamlit would write of its own: "Select all" above the options, "No results" below a vain search (C11)."""
    visitor = new_visitor("ayse")
    visitor.open("/alerts")
    visitor.see("Uyarılar")
    field = visitor.page.get_by_test_id(kind).first.locator("input").first
    field.click()
    listed = visitor.page.get_by_role("listbox")
    listed.get_by_role("option").first.wait_for()
    assert "Select" not in listed.inner_text()
    field.press_sequentially("qqqxx")
    expect(listed).to_contain_text("No results")  # Streamlit's own, still
    assert not listed.inner_text().strip()


@pytest.mark.parametrize(("theme", "ink"), [("light", "color(srgb 1 1 1)"), ("dark", "color(srgb 0 0 0)")])
def test_main_buttons_can_be_read_on_pages_and_in_dialogs(
    new_visitor: NewVisitor, theme: Literal["light", "dark"], ink: str
) -> None:
    visitor = new_visitor("firat", theme=theme)
    visitor.open("/users")
    visitor.see("Kullanıcılar")
    button = visitor.page.get_by_role("button", name="Davet et", exact=True)
    expect(button).to_have_css("color", ink)
    button.hover()
    expect(button).to_have_css("color", ink)
    button.click()
    expect(visitor.page.get_by_role("dialog").get_by_role("button", name="Davet et")).to_have_css("color", ink)
