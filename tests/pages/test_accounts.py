"""Users, the own account, the page of a link, the second step of signing in (A9.1), as people meet them."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlparse

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import AppError
from core.i18n import LANGUAGES, Translator
from core.scope import SYSTEM
from identity import totp
from identity.service import User
from identity.tokens.caller import Caller
from pages.shell import account_panels, navigation, session, sign_in
from tests.mailbox import Mailbox, receiving
from tests.pages.conftest import PASSWORD, Text, Visit
from tests.pages.hotel import small_hotel

NEW = "yağmurlu salı çorbası"


def button(app: AppTest, label: str) -> None:
    next(one for one in app.button if one.label == label).click().run()
    assert not app.exception


def fill(app: AppTest, **values: str) -> None:
    for key, value in values.items():
        app.text_input(key=key).set_value(value)


def me(visit: Visit) -> User:
    user = visit.services.identity.session_user(session.session_token() or "")
    assert user is not None
    return user


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tickets with which the browser was sent to the route that sets the cookie."""
    tickets: list[str] = []
    for place in (sign_in, account_panels):
        monkeypatch.setattr(place, "enter_with", lambda ticket, _: tickets.append(ticket))
    return tickets


@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_is_invited_and_the_link_is_shown_once(visit: Visit, text: Text, language: str) -> None:
    small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, language)
    t = Translator(language)
    app = visit.open(navigation.USERS)
    app.button(key="invite").click().run()
    fill(app, invite_username="yeni", invite_name="Yeni Biri")
    app.selectbox(key="invite_role").set_value("veri_bilimci")
    [_, send] = [one for one in app.button if one.label == t("users.invite")]  # the page's, and the dialog's
    send.click().run()
    link = next(code.value for code in app.code if "/password?link=" in code.value)
    token = parse_qs(urlparse(link).query)["link"][0]
    invited = visit.services.accounts.invited(token)
    assert (invited.user.username, invited.user.role, invited.kind) == ("yeni", "veri_bilimci", "invitation")
    again = visit.open(navigation.USERS)
    assert not [code for code in again.code if token in code.value]
    assert t("users.state_invited") in text(again)
    assert "Yeni Biri" in text(again)


def test_the_list_is_searched_and_says_who_is_locked(visit: Visit, text: Text) -> None:
    visit.sign_in("superadmin", None, "en")
    for name in ("ayse", "cem"):
        visit.services.identity.add_user(SYSTEM, name, PASSWORD, "admin", full_name=f"{name} soyadı", hotels=[])
    for _ in range(5):
        with pytest.raises(AppError):
            visit.services.identity.check_password("cem", "wrong")
    shown = text(visit.open(navigation.USERS))
    assert "ayse soyadı" in shown
    assert "locked until" in shown
    found = text(visit.open(navigation.USERS, search="CEM"))
    assert "cem soyadı" in found
    assert "ayse soyadı" not in found
    assert "cem soyadı" in text(visit.open(navigation.USERS, state="locked"))
    assert "Nobody found" in text(visit.open(navigation.USERS, state="disabled"))


def test_the_last_superadmin_is_told_why_they_stay(visit: Visit) -> None:
    visit.sign_in("superadmin", None, "en")
    app = visit.open(navigation.USERS)
    app.button(key=f"manage_{me(visit).id}").click().run()
    app.button(key="disable").click().run()
    assert "last active superadmin" in app.error[0].value
    assert me(visit).is_active


def test_a_user_is_disabled_enabled_and_gets_a_link(visit: Visit, text: Text) -> None:
    visit.sign_in("superadmin", None, "en")
    user_id = visit.services.identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    app = visit.open(navigation.USERS)
    app.button(key=f"manage_{user_id}").click().run()
    app.button(key="new_link").click().run()
    assert [code for code in app.code if "/password?link=" in code.value]
    assert Translator("en")("users.disable_help") in text(app)  # before it is done
    for what, state in (("disable", "disabled"), ("enable", "active")):
        app.button(key=f"manage_{user_id}").click().run()
        app.button(key=what).click().run()
        assert {one.row.username: one.state for one in visit.services.users.listed(SYSTEM)}["ayse"] == state


@pytest.fixture
def box(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """The installation has a mail server."""
    with receiving() as found:
        for name, value in found.given().items():
            monkeypatch.setattr(visit.services.users.mailer.settings, name, value)
        yield found


def test_an_invitation_is_mailed_and_shown_only_when_the_mail_was_not_taken(visit: Visit, box: Mailbox) -> None:
    visit.sign_in("superadmin", None, "en")
    app = visit.open(navigation.USERS)
    app.button(key="invite").click().run()
    fill(app, invite_username="yeni", invite_email="yeni@hotel.example")
    app.button(key=next(one.key for one in app.button if one.label == "Invite" and one.key != "invite")).click().run()
    assert "link is on its way" in app.success[0].value
    assert not [code for code in app.code if "link=" in code.value]
    assert [mail["To"] for mail in box.mails] == ["yeni@hotel.example"]
    box.refused = "yeni@hotel.example"
    app = visit.open(navigation.USERS)
    app.button(key=f"manage_{visit.services.users.id_of(SYSTEM, 'yeni')}").click().run()
    app.button(key="mail_link").click().run()
    assert "nobody of that name here" in app.error[0].value
    assert [code for code in app.code if "link=" in code.value]


def test_who_forgot_their_password_asks_on_the_sign_in_page(
    visit: Visit, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(st.context), "ip_address", "192.0.2.7")
    t = Translator("en")
    visit.services.identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", email="ayse@hotel.example")
    said = []
    for name in ("ayse", "nobody"):
        app = visit.open()
        app.button(key="forgotten").click().run()
        fill(app, forgotten_name=name)
        button(app, t("signin.forgotten_send"))
        said.append([one.value for one in app.success])
    assert said == [[t("signin.forgotten_sent")]] * 2
    visit.services.resets.ask("nobody").result(10)  # behind those before it
    assert [mail["To"] for mail in box.mails] == ["ayse@hotel.example"]
    app.button(key="forgotten_back").click().run()
    assert app.button(key="forgotten")


def test_without_a_mail_server_nobody_is_sent_for_a_mail(visit: Visit) -> None:
    app = visit.open()
    assert [one for one in app.text_input if one.label == "User name"]
    assert "forgotten" not in [one.key for one in app.button]


def test_a_link_leads_to_a_password_without_being_signed_in(visit: Visit, text: Text) -> None:
    link = visit.services.users.invite(SYSTEM, "yeni", "admin", hotels=[])
    app = visit.open(navigation.PASSWORD, link=link.token)
    assert "yeni" in text(app)
    fill(app, new_password=NEW, new_again="something else")
    app.button[0].click().run()
    assert "differ" in app.error[0].value
    fill(app, new_password="short", new_again="short")
    app.button[0].click().run()
    assert "12 characters" in app.error[0].value
    fill(app, new_password=NEW, new_again=NEW)
    app.button[0].click().run()
    assert app.success
    assert visit.services.identity.check_password("yeni", NEW)
    assert not visit.open(navigation.PASSWORD, link=link.token).text_input  # it works once


def test_without_a_good_link_the_page_says_so_and_no_more(visit: Visit) -> None:
    app = visit.open(navigation.PASSWORD, link="made up")
    assert len(app.error) == 1
    assert not app.text_input


def test_the_password_is_changed_with_the_present_one(visit: Visit, sent: list[str]) -> None:
    visit.sign_in("admin", [], "en")
    user, token = me(visit), session.session_token() or ""
    app = visit.open(navigation.ACCOUNT)
    fill(app, present_password_change="wrong", new_password=NEW, new_again=NEW)
    button(app, "Save the password")
    assert "present password is wrong" in app.error[0].value
    fill(app, present_password_change=PASSWORD, new_password=NEW, new_again=NEW)
    button(app, "Save the password")
    assert len(sent) == 1
    assert visit.services.identity.session_user(token) is None
    assert visit.services.identity.session_user(visit.services.identity.redeem_ticket(sent[0])) == user


def test_other_sessions_are_listed_and_ended(visit: Visit, text: Text) -> None:
    visit.sign_in("admin", [], "en")
    identity, user = visit.services.identity, me(visit)
    others = [identity.redeem_ticket(identity.new_ticket(user), "Firefox/140 (Windows)") for _ in range(2)]
    app = visit.open(navigation.ACCOUNT)
    assert len([one for one in app.markdown if "Firefox, Windows" in one.value]) == 2
    [first, *_] = [one for one in app.button if one.label == "End"]
    first.click().run()
    assert len(identity.lasting_sessions(others)) == 1
    app.button(key="end_others").click().run()
    assert identity.lasting_sessions(others) == set()
    assert me(visit) == user


def test_the_second_factor_is_set_up_used_and_switched_off(visit: Visit, sent: list[str], text: Text) -> None:
    visit.sign_in("admin", [], "en")
    clock, user = visit.services.clock, me(visit)
    app = visit.open(navigation.ACCOUNT)
    for given, said in (("wrong", "present password is wrong"), (PASSWORD, "")):
        fill(app, present_password_set_up=given)
        button(app, "Set up")
        assert said in "".join(error.value for error in app.error)
        assert bool(app.code) == (not said)
    secret = app.code[0].value.replace(" ", "")
    fill(app, factor_code_confirm="000000")
    button(app, "Switch on")
    assert "code is wrong" in app.error[0].value
    fill(app, factor_code_confirm=totp.code_at(secret, totp.step_of(clock.now())))
    button(app, "Switch on")
    codes = app.code[0].value.split()
    assert len(codes) == totp.RECOVERY_CODES
    app.button(key="codes_kept").click().run()
    assert not app.code
    assert "10 recovery codes left" in text(app)

    visitor = _stranger(visit)
    visitor.text_input[0].set_value(user.username)
    visitor.text_input[1].set_value(PASSWORD)
    visitor.button[0].click().run()
    assert sent == []  # the password alone opens nothing
    fill(visitor, sign_in_code="000000")
    visitor.button[0].click().run()
    assert "code is wrong" in visitor.error[0].value
    fill(visitor, sign_in_code=codes[0])
    visitor.button[0].click().run()
    assert len(sent) == 1
    token = visit.services.identity.redeem_ticket(sent[0])
    assert visit.services.identity.session_user(token) is not None

    visit.monkeypatch.setattr(session, "session_token", lambda: token)
    app = visit.open(navigation.ACCOUNT)
    for given, is_off in (("wrong", False), (PASSWORD, True)):
        fill(app, present_password_remove=given, factor_code_remove=codes[1])
        button(app, "Switch off")
        assert me(visit).has_second_factor != is_off


def _stranger(visit: Visit) -> AppTest:
    visit.monkeypatch.setattr(session, "session_token", lambda: None)
    return visit.open()


def test_a_password_that_was_right_long_ago_is_asked_for_again(visit: Visit) -> None:
    identity, clock = visit.services.identity, visit.services.clock
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    user = identity.check_password("ayse", PASSWORD)
    begun = identity.second_factor.begin(user, PASSWORD)
    identity.second_factor.confirm(user, totp.code_at(begun.secret, totp.step_of(clock.now())))
    app = _stranger(visit)
    app.text_input[0].set_value("ayse")
    app.text_input[1].set_value(PASSWORD)
    app.button[0].click().run()
    assert [one.label for one in app.text_input] == ["Code"]
    clock.advance(sign_in.HALFWAY_TIME)  # type: ignore[attr-defined]
    assert [one.label for one in app.run().text_input] == ["User name", "Password"]


def test_the_api_asks_for_the_second_factor_too(visit: Visit) -> None:
    identity, clock, tokens = visit.services.identity, visit.services.clock, visit.services.tokens
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    caller = Caller("192.0.2.7", "curl/8")
    assert tokens.sign_in("ayse", PASSWORD, caller).access_token
    user = identity.check_password("ayse", PASSWORD)
    begun = identity.second_factor.begin(user, PASSWORD)
    codes = identity.second_factor.confirm(user, totp.code_at(begun.secret, totp.step_of(clock.now())))
    for given, code in ((None, "second_factor_needed"), ("000000", "code_refused")):
        with pytest.raises(AppError, match=code):
            tokens.sign_in("ayse", PASSWORD, caller, code=given)
    assert tokens.sign_in("ayse", PASSWORD, caller, code=codes[0]).access_token
