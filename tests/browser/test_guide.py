"""The user guide speaks of screens that exist, and its pictures are taken by walking through them (C15).

``make guide`` (BAROMETER_GUIDE=1) takes the pictures anew from the sample hotel; without it the steps that do more than
open a page are walked on the small hotels of this suite, and nothing is written. Every page is opened elsewhere here.
"""

import pytest
from playwright.sync_api import expect

from core.i18n import LANGUAGES, Translator
from tests.browser import conftest
from tests.browser.conftest import Instance, NewVisitor, Visitor
from tests.browser.guide import GUIDE, PICTURES, USERS, Picture, headings, kept, referenced
from tests.browser.screens import DETAIL, PAGES

pytestmark = pytest.mark.browser
TITLES = (*PAGES.values(), "shell.alert")


def guide(language: str) -> str:
    return (GUIDE / f"{language}.md").read_text(encoding="utf-8")


def without_a_heading(text: str, language: str) -> list[str]:
    """Screens that the guide does not explain."""
    return [title for title in TITLES if Translator(language)(title) not in headings(text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_has_its_own_heading_in_the_guide(language: str) -> None:
    assert without_a_heading(guide(language), language) == []
    assert without_a_heading("# Silences\n### Jobs", "en") == [
        title for title in TITLES if title not in ("silence.title", "jobs.title")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_of_the_guide_has_a_step_that_takes_it_and_the_other_way_round(language: str) -> None:
    assert sorted(referenced(guide(language), language)) == sorted(picture.name for picture in PICTURES)
    stored = {path.stem for path in (GUIDE / "images" / language).glob("*.png")}
    assert stored == {picture.name for picture in PICTURES}
    assert referenced("![a](images/tr/made-up.png) ![b](images/en/other.png)", "tr") == ["made-up"]


def test_every_screen_is_in_a_picture() -> None:
    shown = {(picture.path.split("?")[0], picture.title) for picture in PICTURES}
    assert shown == {*PAGES.items(), (DETAIL, "shell.alert")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_steps_of_the_guide_are_walked(new_visitor: NewVisitor, instance: Instance, language: str) -> None:
    visitors: dict[tuple[object, ...], Visitor] = {}
    for picture in PICTURES:
        if not (conftest.GUIDE or picture.does_more):
            continue
        key = (picture.user, picture.width, picture.is_dark)
        if key not in visitors:
            visitors[key] = newcomer(new_visitor, picture, language)
        walk(visitors[key], picture, language, instance.alert_ids[1])


def newcomer(new_visitor: NewVisitor, picture: Picture, language: str) -> Visitor:
    return new_visitor(
        USERS[picture.user][language],
        width=picture.width,
        theme="dark" if picture.is_dark else "light",
        locale="tr-TR" if language == "tr" else "en-GB",
        phone=picture.width < 500,
    )


def walk(visitor: Visitor, picture: Picture, language: str, alert_id: int) -> None:
    t = Translator(language)
    visitor.page.set_viewport_size({"width": picture.width, "height": picture.height})
    visitor.open(picture.path.format(alert=alert_id))
    visitor.see(t(picture.title))
    visitor.page.wait_for_load_state("networkidle")
    picture.arrange(visitor, t)
    expect(visitor.page.get_by_test_id("stSkeleton")).to_have_count(0)
    assert visitor.page.get_by_test_id("stException").count() == 0, picture.name
    if conftest.GUIDE:
        visitor.page.wait_for_timeout(2_000)  # charts and tables draw after the network is quiet
        kept(visitor.page.screenshot(), GUIDE / "images" / language / f"{picture.name}.png")
