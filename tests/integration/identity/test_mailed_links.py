"""Links to choose a password by mail: to whom, in what words, and what strangers learn from asking (A9.1)."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.mail import Mailer
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.session import Database
from identity.accounts import AccountService
from identity.attempts import LIMITS, LOCK_TIME
from identity.permissions import ROLE_PERMISSIONS
from identity.resets import ResetService
from identity.service import IdentityService
from identity.users import UserService
from tests.mailbox import PUBLIC, Mailbox, receiving

PASSWORD, OTHER = "correct horse battery", "yağmurlu salı çorbası"
EMAIL = "ayse@hotel.example"


class Desk:
    """The services that send links, and what arrived."""

    def __init__(self, database: Database, clock: FixedClock, box: Mailbox, settings: Settings) -> None:
        self.database, self.box = database, box
        self.identity = IdentityService(database, clock)
        self.users = UserService(database, clock, Mailer(settings))
        self.accounts = AccountService(database, clock, self.identity)
        self.resets = ResetService(database, clock, Mailer(settings))

    def add(self, username: str, email: str = EMAIL, language: str = "en") -> int:
        return self.identity.add_user(SYSTEM, username, PASSWORD, "admin", email=email, language=language)

    def ask(self, username: str, address: str | None = None) -> None:
        self.resets.ask(username, address).result(10)

    def token(self) -> str:
        """Of the newest mail."""
        found = re.search(re.escape(PUBLIC) + r"/password\?link=(\S+)", self.box.texts[-1])
        assert found is not None
        return found[1]

    def actions(self) -> list[tuple[str, str]]:
        query = "SELECT actor, action FROM audit_log WHERE action <> 'user_added' ORDER BY id"
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with receiving() as found:
        yield found


@pytest.fixture
def desk(database: Database, clock: FixedClock, box: Mailbox) -> Desk:
    box.mails.clear()
    box.refused = ""
    return Desk(database, clock, box, box.settings())


def refusal(attempt: Callable[[], object]) -> str:
    with pytest.raises(AppError) as refused:
        attempt()
    return refused.value.code


@pytest.mark.parametrize(("language", "said"), [("en", "within 72 hours"), ("tr", "72 saat içinde")])
def test_an_invitation_goes_to_its_address_in_its_language(desk: Desk, language: str, said: str) -> None:
    link = desk.users.invite(SYSTEM, "ayse", "admin", full_name="Ayşe Yılmaz", email=EMAIL, language=language)
    assert desk.users.mail(SYSTEM, link) == EMAIL
    [mail] = desk.box.mails
    assert (mail["To"], mail["Content-Language"]) == (EMAIL, language)
    assert "Ayşe Yılmaz" in desk.box.texts[0]
    assert said in desk.box.texts[0]
    assert desk.accounts.use_link(desk.token(), PASSWORD).username == "ayse"
    assert ("system", "link_mailed") in desk.actions()


def test_a_link_that_could_not_be_mailed_stays_good_and_nothing_says_it_went(desk: Desk) -> None:
    link = desk.users.new_link(SYSTEM, desk.add("ayse"))
    desk.box.refused = EMAIL
    assert refusal(lambda: desk.users.mail(SYSTEM, link)) == "mail_not_sent"
    assert [action for _, action in desk.actions()] == ["link_made"]
    assert desk.accounts.invited(link.token).kind == "reset"


def test_who_may_not_change_a_user_mails_them_nothing(desk: Desk) -> None:
    desk.identity.add_user(SYSTEM, "boss", PASSWORD, "superadmin", email=EMAIL)
    link = desk.users.new_link(SYSTEM, desk.users.id_of(SYSTEM, "boss"))
    operator = Scope("operator", ROLE_PERMISSIONS["sistem_yoneticisi"], hotels=None)
    assert refusal(lambda: desk.users.mail(operator, link)) == "forbidden"
    bare = desk.users.invite(SYSTEM, "bare", "admin")
    assert refusal(lambda: desk.users.mail(SYSTEM, bare)) == "no_email"
    assert desk.box.mails == []


def test_another_address_ends_the_links_of_the_one_before(desk: Desk) -> None:
    user_id = desk.add("ayse")
    link = desk.users.new_link(SYSTEM, user_id)
    for email, is_good in ((EMAIL, True), ("other@hotel.example", False)):
        desk.users.change(SYSTEM, user_id, full_name="", email=email, role="admin", hotels=None)
        if is_good:
            assert desk.accounts.invited(link.token)
    assert refusal(lambda: desk.accounts.invited(link.token)) == "link_refused"
    assert refusal(lambda: desk.users.change(
        SYSTEM, user_id, full_name="", email="nobody", role="admin", hotels=None)) == "email_wrong"  # fmt: skip
    assert desk.users.listed(SYSTEM)[0].row.email == "other@hotel.example"


def test_who_forgot_their_password_gets_a_link_and_every_other_link_ends_with_its_use(desk: Desk) -> None:
    earlier = desk.users.new_link(SYSTEM, desk.add("ayse", language="tr"))
    session = desk.identity.redeem_ticket(desk.identity.new_ticket(desk.identity.check_password("ayse", PASSWORD)))
    desk.ask(" ayse ", "10.0.0.7")
    assert "yeni parola istendi" in desk.box.texts[0]
    assert desk.actions()[-1] == ("ayse", "reset_asked")
    assert desk.accounts.invited(earlier.token)  # a stranger who asks ends nobody's link
    desk.accounts.use_link(desk.token(), OTHER)
    assert refusal(lambda: desk.accounts.invited(earlier.token)) == "link_refused"
    assert desk.identity.session_user(session) is None
    assert desk.identity.check_password("ayse", OTHER)


def test_nobody_learns_who_is_known_here(desk: Desk, clock: FixedClock) -> None:
    desk.add("ayse")
    desk.add("without", email="")
    desk.users.set_active(SYSTEM, desk.add("gone"), False)
    desk.users.invite(SYSTEM, "invited", "admin", email=EMAIL)
    for name in ("nobody", "without", "gone", "invited"):
        for _ in range(LIMITS["reset"].failures):
            desk.ask(name)
        assert refusal(lambda name=name: desk.ask(name)) == "resets_locked"  # type: ignore[misc]
    assert desk.box.mails == []
    for _ in range(LIMITS["reset"].failures):
        desk.ask("ayse")
    assert refusal(lambda: desk.ask("ayse")) == "resets_locked"
    assert len(desk.box.mails) == LIMITS["reset"].failures
    assert desk.identity.check_password("ayse", PASSWORD)  # asking locks nobody out
    clock.advance(LOCK_TIME)
    desk.ask("ayse")


@pytest.mark.parametrize(("same", "other"), [("10.0.0.7", "10.0.0.8"), ("2001:db8::{:x}", "2001:db8:0:1::1")])
def test_one_address_cannot_ask_for_everybody(desk: Desk, same: str, other: str) -> None:
    """Whose IPv6 network it is, owns all of its addresses."""
    for number in range(LIMITS["reset_address"].failures):
        desk.ask(f"name{number}", same.format(number + 1))
    assert refusal(lambda: desk.ask("another", same.format(99))) == "address_locked"
    desk.ask("another", other)


def test_a_name_that_no_keyboard_types_is_answered_like_any_other(desk: Desk) -> None:
    desk.ask("a\x00b")
    assert desk.box.mails == []


def test_an_old_or_used_link_is_worth_nothing(desk: Desk, clock: FixedClock) -> None:
    desk.add("ayse")
    desk.ask("ayse")
    clock.advance(timedelta(hours=2))
    assert refusal(lambda: desk.accounts.use_link(desk.token(), OTHER)) == "link_refused"
    desk.ask("ayse")
    desk.accounts.use_link(desk.token(), OTHER)
    assert refusal(lambda: desk.accounts.use_link(desk.token(), PASSWORD)) == "link_refused"


def test_neither_the_database_nor_the_log_holds_what_was_mailed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.add("ayse")
    desk.ask("ayse")
    token = desk.token()
    held = []
    with desk.database.reading() as connection:
        for name in connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all():
            held += [str(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]
    assert any("reset_asked" in one for one in held)
    assert not [one for one in held if token in one]
    said = capsys.readouterr()
    assert token not in said.out + said.err


def test_without_a_mail_server_it_is_said(database: Database, clock: FixedClock, box: Mailbox) -> None:
    desk = Desk(database, clock, box, Settings())
    assert not desk.resets.is_on
    assert refusal(lambda: desk.ask("ayse")) == "mail_off"
    link = desk.users.invite(SYSTEM, "ayse", "admin", email=EMAIL)
    assert refusal(lambda: desk.users.mail(SYSTEM, link)) == "mail_off"
