"""Every page of the navigation table as people open it: no complaint, nothing to scroll sideways, no rule of axe-core
broken; in both languages and themes, on the desk, the tablet and the phone (C11)."""

from time import monotonic
from typing import Literal

import pytest

from core.i18n import Translator
from core.scope import SYSTEM
from operations.queries.statement_log import StatementLog
from tests.browser.accessibility import EXEMPTIONS, violations
from tests.browser.conftest import PATIENCE, Instance, NewVisitor, Visitor
from tests.browser.screens import DETAIL, PAGES, opener

pytestmark = pytest.mark.browser
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
ON_THE_PHONE = ("/", "/alerts", "/forecasts", "/consumption", "/thresholds")
WIDE = """document.querySelector('[data-testid="stMain"]').insertAdjacentHTML(
    'beforeend', '<div style="width: 4000px; flex: none">wide</div>')"""
PLANTED = """document.querySelector('[data-testid="stMain"]').insertAdjacentHTML(
    'beforeend', '<p style="color: #999; background: #fff">pale</p><button></button><h5>too deep</h5>')"""


def opened(visitor: Visitor, path: str, title: str) -> Visitor:
    visitor.open(path)
    visitor.see(title)
    visitor.page.wait_for_load_state("networkidle")
    return visitor


def fits(visitor: Visitor) -> bool:
    """Charts that are drawn and those that follow a new width do so a moment later."""
    until = monotonic() + PATIENCE / 1000
    while scrolls_sideways(visitor) and monotonic() < until:
        visitor.page.wait_for_timeout(100)
    return not scrolls_sideways(visitor)


def scrolls_sideways(visitor: Visitor) -> bool:
    return bool(
        visitor.page.evaluate(
            "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
            ".some(part => part.scrollWidth > part.clientWidth + 1)"
        )
    )


# Each visit costs seconds: one looks for everything that can be wrong with a page, at narrower widths too.
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("manager", "administrator", "language", "theme"),
    [("eda", "deniz", "en", "dark"), ("ayse", "firat", "tr", "light")],
)
def test_no_page_complains_breaks_a_rule_or_scrolls_sideways(
    new_visitor: NewVisitor, path: str, manager: str, administrator: str, language: str, theme: Theme
) -> None:
    t = Translator(language)
    someone = new_visitor(
        opener(path, manager, administrator), theme=theme, locale="en-GB" if language == "en" else "tr-TR"
    )
    visitor = opened(someone, path, t(PAGES[path]))
    assert visitor.page.get_by_test_id("stException").count() == 0
    assert visitor.page.get_by_text(t("shell.failed")).count() == 0
    assert fits(visitor)
    assert violations(visitor.page) == []
    for width in (768, 390):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        assert fits(visitor), width
    assert visitor.problems == []


# Some of these are built otherwise for a phone, which a narrow window is not.
@pytest.mark.parametrize("path", ON_THE_PHONE)
def test_no_page_complains_breaks_a_rule_or_scrolls_sideways_on_the_phone(new_visitor: NewVisitor, path: str) -> None:
    visitor = opened(new_visitor("ayse", width=390, phone=True), path, Translator("tr")(PAGES[path]))
    assert fits(visitor)
    assert violations(visitor.page) == []
    assert visitor.problems == []


def test_what_is_too_wide_and_what_the_page_complains_of_are_seen(new_visitor: NewVisitor) -> None:
    visitor = opened(new_visitor("ayse"), "/silences", "Susturmalar")
    visitor.page.evaluate(WIDE)
    assert scrolls_sideways(visitor)
    with visitor.page.expect_event("pageerror"):
        visitor.page.evaluate("() => { setTimeout(() => { throw new Error('planted') }) }")
    assert "planted" in "".join(visitor.problems)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("address", [DETAIL + "?", "/alerts?", "/alerts?view=table&", "/alerts?view=groups&"])
def test_no_alert_breaks_a_rule(new_visitor: NewVisitor, instance: Instance, theme: Theme, address: str) -> None:
    visitor = new_visitor("ayse", theme=theme)
    visitor.open(f"{address}alert={instance.alert_ids[1]}")
    visitor.see("Uyarılar" if address.startswith("/alerts") else "Uyarı")
    visitor.page.wait_for_load_state("networkidle")
    assert violations(visitor.page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_no_view_of_the_queries_breaks_a_rule(new_visitor: NewVisitor, instance: Instance, theme: Theme) -> None:
    for statement in ("SELECT code FROM hotels", "SELECT code FROM hotels ORDER BY code"):
        instance.services.queries.plans.keep(SYSTEM, statement)
    StatementLog(lambda: instance.services.database, "dashboard").flush()
    visitor = new_visitor("firat", theme=theme)
    for view in ("recent", "locks", "explain", "plans&statement=all", "tables"):
        opened(visitor, f"/queries?view={view}", "Sorgular")
        assert violations(visitor.page) == [], view
        visitor.page.set_viewport_size({"width": 390, "height": 900})
        assert fits(visitor), view
        visitor.page.set_viewport_size({"width": 1280, "height": 900})
    assert visitor.problems == []


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
