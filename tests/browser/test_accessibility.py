"""No page keeps anybody out: axe-core on every page of the navigation table, light and dark, wide and narrow (C11)."""

from typing import Literal

import pytest

from core.i18n import Translator
from tests.browser.accessibility import EXEMPTIONS, violations
from tests.browser.conftest import Instance, NewVisitor, Visitor
from tests.browser.screens import DETAIL, PAGES, opener

pytestmark = pytest.mark.browser
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
ON_THE_PHONE = ("/", "/alerts", "/forecasts", "/consumption", "/thresholds")
PLANTED = """document.querySelector('[data-testid="stMain"]').insertAdjacentHTML(
    'beforeend', '<p style="color: #999; background: #fff">pale</p><button></button><h5>too deep</h5>')"""


def opened(visitor: Visitor, path: str, title: str) -> Visitor:
    visitor.open(path)
    visitor.see(title)
    visitor.page.wait_for_load_state("networkidle")
    return visitor


# With tests of test_screens.py, every page is opened in both languages by a manager and by an administrator.
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("username", "language", "theme"), [("eda", "en", "light"), ("firat", "tr", "dark")])
def test_no_page_breaks_a_rule_in_either_theme(
    new_visitor: NewVisitor, path: str, username: str, language: str, theme: Theme
) -> None:
    who = opener(path, username, {"en": "deniz", "tr": "firat"}[language])
    someone = new_visitor(who, theme=theme, locale="en-GB" if language == "en" else "tr-TR")
    visitor = opened(someone, path, Translator(language)(PAGES[path]))
    assert visitor.page.get_by_test_id("stException").count() == 0
    assert visitor.problems == []
    assert violations(visitor.page) == []


@pytest.mark.parametrize("path", ON_THE_PHONE)
def test_no_page_breaks_a_rule_on_the_phone(new_visitor: NewVisitor, path: str) -> None:
    visitor = opened(new_visitor("ayse", width=390, phone=True), path, Translator("tr")(PAGES[path]))
    assert violations(visitor.page) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("address", [DETAIL + "?", "/alerts?", "/alerts?view=table&", "/alerts?view=groups&"])
def test_no_alert_breaks_a_rule(new_visitor: NewVisitor, instance: Instance, theme: Theme, address: str) -> None:
    visitor = new_visitor("ayse", theme=theme)
    visitor.open(f"{address}alert={instance.alert_ids[1]}")
    visitor.see("Uyarılar" if address.startswith("/alerts") else "Uyarı")
    visitor.page.wait_for_load_state("networkidle")
    assert violations(visitor.page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_sign_in_form_breaks_no_rule(new_visitor: NewVisitor, theme: Theme) -> None:
    visitor = opened(new_visitor(theme=theme), "/", "Barometer")
    visitor.page.get_by_label("Parola", exact=True).wait_for()
    assert violations(visitor.page) == []


def test_pale_text_a_nameless_button_and_a_heading_too_deep_are_found(new_visitor: NewVisitor) -> None:
    visitor = opened(new_visitor("ayse"), "/silences", "Susturmalar")
    assert violations(visitor.page) == []
    visitor.page.evaluate(PLANTED)
    assert {line.split()[0] for line in violations(visitor.page)} == {"color-contrast", "button-name", "heading-order"}


def test_what_is_exempt_is_exempt_there_only(new_visitor: NewVisitor) -> None:
    visitor = opened(new_visitor("ayse"), "/silences", "Susturmalar")
    visitor.page.evaluate(
        """document.querySelector('[data-testid="stMain"]').insertAdjacentHTML('beforeend', '<ul><div>x</div></ul>')"""
    )
    assert {one.rule for one in EXEMPTIONS} == {"list", "listitem"}
    assert [line.split()[0] for line in violations(visitor.page)] == ["list"]


def test_a_dialog_and_what_unfolds_break_no_rule(new_visitor: NewVisitor, instance: Instance) -> None:
    t, visitor = Translator("tr"), new_visitor("ayse")
    visitor.open(f"{DETAIL}?alert={instance.alert_ids[1]}")
    visitor.page.get_by_text(t("triage.more")).click()
    visitor.page.get_by_role("button", name=t("triage.silence")).click()
    visitor.page.get_by_role("dialog").get_by_label(t("silence.reason"), exact=True).wait_for()
    visitor.page.wait_for_load_state("networkidle")
    assert violations(visitor.page) == []
