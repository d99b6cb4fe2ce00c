"""Signing in and out in a real browser: the session is an HttpOnly cookie checked against its row."""

import pytest

from core.errors import AppError
from core.scope import SYSTEM
from tests.browser.conftest import PASSWORD, Instance, NewVisitor
from tests.waiting import wait_for

pytestmark = pytest.mark.browser


def test_a_right_password_leads_to_the_overview_and_the_cookie_is_out_of_reach_of_scripts(
    new_visitor: NewVisitor,
) -> None:
    visitor = new_visitor()
    visitor.open()
    visitor.sign_in("ayse")
    visitor.see("Genel bakış")
    cookie = next(each for each in visitor.page.context.cookies() if each["name"] == "barometer_session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert "barometer_session" not in visitor.page.evaluate("document.cookie")
    assert "ticket" not in visitor.page.url


def test_a_wrong_password_is_refused_and_signs_nobody_in(new_visitor: NewVisitor) -> None:
    visitor = new_visitor()
    visitor.open()
    visitor.sign_in("deniz", "wrong")
    visitor.page.get_by_test_id("stAlert").wait_for()
    visitor.page.reload()
    visitor.page.get_by_label("Kullanıcı adı").wait_for()


def test_reloading_and_a_new_tab_stay_signed_in(new_visitor: NewVisitor) -> None:
    visitor = new_visitor()
    visitor.open()
    visitor.sign_in("ayse")
    visitor.see("Genel bakış")
    visitor.page.reload()
    visitor.see("Genel bakış")
    tab = visitor.page.context.new_page()
    tab.goto(visitor.address)
    tab.get_by_role("heading", name="Genel bakış", exact=True).wait_for()


def test_signing_out_ends_the_session_for_a_copied_cookie_too(new_visitor: NewVisitor) -> None:
    visitor, thief = new_visitor("ayse"), new_visitor()
    thief.page.context.add_cookies(
        [each for each in visitor.page.context.cookies() if each["name"] == "barometer_session"]  # type: ignore[misc]
    )
    thief.open()
    thief.see("Genel bakış")
    visitor.open()
    visitor.page.get_by_role("button", name="Çıkış yap").click()
    visitor.page.get_by_label("Kullanıcı adı").wait_for()
    # The page of the ended session can show the form a moment before the browser has gone to where the cookie ends.
    wait_for(lambda: "barometer_session" not in [each["name"] for each in visitor.page.context.cookies()])
    thief.page.reload()
    thief.page.get_by_label("Kullanıcı adı").wait_for()


def test_the_first_page_is_found_by_the_address_that_the_table_of_pages_names(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("ayse")
    visitor.open("/overview?period=7d")
    visitor.see("Genel bakış")
    assert visitor.page.url == f"{visitor.address}/?period=7d"
    assert not visitor.page.get_by_role("dialog").count()


def test_strangers_do_not_lock_a_person_out_of_their_own_browser(new_visitor: NewVisitor, instance: Instance) -> None:
    identity = instance.services.identity
    identity.add_user(SYSTEM, "leyla", PASSWORD, "admin", full_name="Leyla", hotels=instance.hotel_ids[:1])
    own, stranger = new_visitor(), new_visitor()
    own.open()
    own.sign_in("leyla")
    own.see("Genel bakış")
    card = next(each for each in own.page.context.cookies() if each["name"] == "barometer_browser")
    assert (card["httpOnly"], card["sameSite"]) == (True, "Lax")
    own.page.get_by_role("button", name="Çıkış yap").click()
    own.page.get_by_label("Kullanıcı adı").wait_for()
    for _ in range(5):
        with pytest.raises(AppError, match="sign_in_refused"):
            identity.check_password("leyla", "wrong")
    stranger.open()
    stranger.sign_in("leyla")
    stranger.page.get_by_text("Çok fazla hatalı deneme yapıldı").wait_for()
    own.sign_in("leyla")
    own.see("Genel bakış")


def test_a_shared_address_is_reached_after_signing_in(new_visitor: NewVisitor, instance: Instance) -> None:
    visitor = new_visitor(locale="en-GB")
    visitor.open(f"/alerts?severity=kritik&alert={instance.alert_ids[0]}")
    visitor.sign_in("deniz", PASSWORD, labels=("User name", "Password", "Sign in"))
    visitor.see("Alerts")
    assert f"severity=kritik&alert={instance.alert_ids[0]}" in visitor.page.url


def test_a_ticket_works_once(new_visitor: NewVisitor, instance: Instance) -> None:
    identity = instance.services.identity
    ticket = identity.begin_session(identity.check_password("ayse", PASSWORD))
    first, second = new_visitor(), new_visitor()
    for visitor in (first, second):
        visitor.open()
        visitor.page.get_by_label("Kullanıcı adı").wait_for()
        with visitor.page.expect_navigation():  # as our own form does: an address that was typed signs nobody in
            visitor.page.evaluate("ticket => location.assign('/auth/enter?ticket=' + ticket)", ticket)
    first.see("Genel bakış")
    second.page.get_by_label("Kullanıcı adı").wait_for()


def test_another_site_can_neither_sign_anybody_in_nor_out(new_visitor: NewVisitor, instance: Instance) -> None:
    visitor = new_visitor("ayse")
    for path in ("/auth/enter?ticket=x", "/auth/leave"):
        answer = visitor.page.context.request.get(
            instance.address + path, headers={"Sec-Fetch-Site": "cross-site"}, max_redirects=0
        )
        assert answer.status == 403
    visitor.open()
    visitor.see("Genel bakış")


def test_a_floor_attendant_is_told_that_the_dashboard_is_not_for_them(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("bora")
    visitor.open("/alerts")
    visitor.see("Bu sayfa rolünüze açık değil")
    assert visitor.page.get_by_text("Oda").count() == 0
