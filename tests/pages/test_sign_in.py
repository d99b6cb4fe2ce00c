"""Who may see a page: nobody without a session, and only what the role allows."""

import pytest

from core.i18n import Translator
from identity.oidc.service import OidcService
from pages.shell import session, sign_in
from tests.pages.conftest import ALERT, BOARD, JOBS, OVERVIEW, PASSWORD, Visit

PAGES = (OVERVIEW, BOARD, ALERT, JOBS)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_session_every_page_shows_the_form_and_nothing_else(visit: Visit, page: str) -> None:
    app = visit.open(page)
    assert [field.label for field in app.text_input] == ["User name", "Password"]
    assert [title.value for title in app.title] == ["Barometer"]
    assert not app.metric


def test_a_wrong_password_is_refused_in_words(visit: Visit) -> None:
    app = visit.open()
    app.text_input[0].set_value("nobody")
    app.text_input[1].set_value(PASSWORD)
    app.button[0].click().run()
    assert len(app.error) == 1
    assert not app.exception


def test_a_session_that_was_ended_elsewhere_ends_here_with_the_next_run(visit: Visit) -> None:
    visit.sign_in("admin", [], "en")
    app = visit.open()
    assert "Barometer" not in [title.value for title in app.title]
    visit.services.identity.end_session(session.session_token() or "")
    assert [title.value for title in app.run().title] == ["Barometer"]


def test_a_made_up_cookie_is_nobody(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "session_token", lambda: "made-up")
    assert [title.value for title in visit.open().title] == ["Barometer"]


def test_the_chosen_theme_is_kept_with_the_user(visit: Visit) -> None:
    visit.sign_in("superadmin", None, "en")
    app = visit.open()
    app.segmented_control(key="theme_device").set_value("dark").run()
    user = visit.services.identity.session_user(session.session_token() or "")
    assert user is not None
    assert user.theme == "dark"
    assert app.run().segmented_control(key="theme_dark").value == "dark"


def test_the_chosen_language_is_kept_with_the_user(visit: Visit) -> None:
    visit.sign_in("superadmin", None, "tr")
    app = visit.open()
    app.segmented_control(key="language_tr").set_value("en").run()
    user = visit.services.identity.session_user(session.session_token() or "")
    assert user is not None
    assert user.language == "en"
    assert "No hotel yet" in [title.value for title in app.run().title]


@pytest.mark.parametrize("is_on", [False, True])
def test_a_provider_is_one_more_button_and_says_why_it_was_closed(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, is_on: bool
) -> None:
    monkeypatch.setattr(OidcService, "is_on", is_on)
    sent: list[str] = []
    monkeypatch.setattr(sign_in, "send_browser_to", sent.append)
    app = visit.open(refused="oidc_user_unknown")
    assert [error.value for error in app.error] == [Translator("en")("error.oidc_user_unknown")] * is_on
    assert not visit.open(refused="made_up").error
    buttons = [one for one in app.button if one.key == "provider"]
    assert len(buttons) == is_on
    if is_on:
        buttons[0].click().run()
        assert sent == ["/auth/provider?next=%2F"]
