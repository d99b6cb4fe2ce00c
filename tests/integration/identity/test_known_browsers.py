"""A stranger's wrong passwords do not lock people out of the browsers in which they have signed in before (A9.1)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.mail import Mailer
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database
from identity.accounts import AccountService
from identity.attempts import LIMITS
from identity.known_browsers import BETWEEN, LIFETIME, MOST
from identity.service import IdentityService, User
from identity.users import UserService
from tests.integration.identity.conftest import PASSWORD

LIMIT = LIMITS["browser"].failures
ADDRESS = "192.0.2.7"
OTHER = "another horse battery"


@pytest.fixture
def card(identity: IdentityService, ayse: User) -> str:
    """The cookie of the browser in which Ayşe has signed in."""
    return signed_in(identity, "ayse", PASSWORD, None)


def signed_in(identity: IdentityService, name: str, password: str, before: str | None) -> str:
    token = identity.redeem_ticket(identity.begin_session(identity.check_password(name, password, browser=before)))
    cards = identity.browser_cards(token, before)
    assert cards
    return cards


def said(identity: IdentityService, name: str, password: str, browser: str | None = None) -> str:
    try:
        return identity.check_password(name, password, ADDRESS, browser).username
    except AppError as error:
        return error.code


def test_a_stranger_locks_the_name_for_strangers_and_not_the_known_browser(
    identity: IdentityService, card: str
) -> None:
    tried = [said(identity, "ayse", "wrong") for _ in range(LIMITS["address"].failures + 5)]
    assert tried[: LIMIT + 1] == ["sign_in_refused"] * LIMIT + ["account_locked"]
    assert said(identity, "ayse", PASSWORD) in ("account_locked", "address_locked")
    assert said(identity, "ayse", PASSWORD, card) == "ayse"
    assert said(identity, "ayse", PASSWORD) in ("account_locked", "address_locked"), "her success lifts no lock"


def test_a_known_browser_is_locked_by_its_own_failures_and_no_other_is(
    identity: IdentityService, clock: FixedClock, card: str
) -> None:
    other = signed_in(identity, "ayse", PASSWORD, None)
    tried = [said(identity, "ayse", "wrong", card) for _ in range(LIMIT + 1)]
    assert tried == ["sign_in_refused"] * LIMIT + ["account_locked"]
    assert said(identity, "ayse", PASSWORD, card) == "account_locked"
    assert said(identity, "ayse", PASSWORD, other) == "ayse"
    assert said(identity, "ayse", PASSWORD) == "ayse", "nor is who comes from elsewhere"
    clock.advance(timedelta(minutes=15, seconds=1))
    assert said(identity, "ayse", PASSWORD, card) == "ayse"


def test_a_right_password_forgets_the_failures_of_its_browser(identity: IdentityService, card: str) -> None:
    for _ in range(3):
        assert [said(identity, "ayse", "wrong", card) for _ in range(LIMIT - 1)] == ["sign_in_refused"] * (LIMIT - 1)
        assert said(identity, "ayse", PASSWORD, card) == "ayse"


@pytest.mark.parametrize(
    "forged",
    [
        lambda card: card.replace(card[:2], "9.", 1), lambda card: card[:-1] + ("0" if card[-1] != "0" else "1"),
        lambda card: card.replace(".", "..", 1), lambda card: "~" * 5_000 + card, lambda card: card + "\x00",
        lambda card: card.upper(), lambda card: "\u0661" + card[1:], lambda card: "1." * 4, lambda card: "",
        lambda card: card.partition(":")[0] + ":" + "0" * 64, lambda card: "1.1." + "0" * 32 + ".deadbeef:" + "0" * 64,
    ],
)  # fmt: skip
def test_a_forged_card_is_worth_nothing(identity: IdentityService, card: str, forged: Callable[[str], str]) -> None:
    for _ in range(LIMIT):
        said(identity, "ayse", "wrong", forged(card))
    assert said(identity, "ayse", PASSWORD, forged(card)) == "account_locked"


def test_a_card_belongs_to_one_account_one_password_and_ninety_days(
    identity: IdentityService, database: Database, clock: FixedClock, ayse: User, card: str
) -> None:
    identity.add_user(SYSTEM, "bora", PASSWORD, "admin", hotels=[])

    def is_known(name: str, password: str, cookie: str) -> bool:
        for _ in range(LIMIT):
            said(identity, name, "wrong")
        found = said(identity, name, password, cookie) == name
        clock.advance(timedelta(minutes=16))
        return found

    assert is_known("ayse", PASSWORD, card)
    assert not is_known("bora", PASSWORD, card)
    AccountService(database, clock, identity).change_password(ayse, PASSWORD, OTHER)
    assert not is_known("ayse", OTHER, card)
    renewed = signed_in(identity, "ayse", OTHER, card)
    assert is_known("ayse", OTHER, renewed)
    clock.advance(LIFETIME)
    assert not is_known("ayse", OTHER, renewed)


def test_several_people_of_one_browser_have_their_cards_side_by_side(identity: IdentityService, card: str) -> None:
    names = [f"user{number}" for number in range(MOST)]
    for name in names:
        identity.add_user(SYSTEM, name, PASSWORD, "admin", hotels=[])
        card = signed_in(identity, name, PASSWORD, card)
    again = signed_in(identity, names[0], PASSWORD, card)
    assert len(card.split(BETWEEN)) == len(again.split(BETWEEN)) == MOST
    for name in ("ayse", *names):
        for _ in range(LIMIT):
            said(identity, name, "wrong")
    with identity.database.transaction() as connection:
        connection.execute(text("DELETE FROM sign_in_attempts WHERE kind = 'address'"))
    assert [said(identity, name, PASSWORD, again) for name in names] == names
    assert said(identity, "ayse", PASSWORD, again) == "account_locked", "hers was the oldest of nine"


def test_whether_a_name_exists_is_not_told_by_a_card(identity: IdentityService, card: str) -> None:
    for cookie in (None, card):
        with identity.database.transaction() as connection:
            connection.execute(text("DELETE FROM sign_in_attempts"))
        answers = [[said(identity, name, "wrong", cookie) for _ in range(LIMIT + 1)] for name in ("bora", "nobody")]
        assert answers[0] == answers[1]


def test_administrators_lift_the_lock_of_a_known_browser_too(
    identity: IdentityService, database: Database, clock: FixedClock, ayse: User, card: str
) -> None:
    identity.add_user(SYSTEM, "bora", PASSWORD, "admin", hotels=[])
    boras = signed_in(identity, "bora", PASSWORD, None)
    for _ in range(LIMIT + 1):
        said(identity, "ayse", "wrong", card)
        said(identity, "bora", "wrong", boras)
    UserService(database, clock, Mailer(Settings())).unlock(SYSTEM, ayse.id)
    assert said(identity, "ayse", PASSWORD, card) == "ayse"
    assert said(identity, "bora", PASSWORD, boras) == "account_locked"


def test_a_stranger_does_not_lock_an_open_session_out_of_its_own_account(
    identity: IdentityService, database: Database, clock: FixedClock, ayse: User
) -> None:
    for _ in range(LIMIT):
        said(identity, "ayse", "wrong")
    assert AccountService(database, clock, identity).change_password(ayse, PASSWORD, OTHER)


def test_nobody_without_a_password_gets_a_card_and_no_card_holds_a_hash(
    identity: IdentityService, database: Database, ayse: User, card: str
) -> None:
    assert "argon2" not in card
    token = identity.redeem_ticket(identity.begin_session(ayse))
    with database.transaction() as connection:
        connection.execute(text("UPDATE users SET password_hash = NULL"))
    assert identity.browser_cards(token, card) is None
    assert identity.browser_cards("no session", card) is None
