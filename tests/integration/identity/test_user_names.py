"""Names of users: one word that means one person, whoever adds them and however it is written (A9.1, A9.4)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.clock import FixedClock
from core.errors import AppError
from core.mail import Mailer
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database
from identity.service import IdentityService
from identity.users import UserService


@pytest.fixture
def invite(database: Database, clock: FixedClock) -> Callable[[str], str]:
    """Invites somebody of that name; the code of the refusal, or "done"."""

    def attempt(username: str) -> str:
        try:
            UserService(database, clock, Mailer(Settings())).invite(SYSTEM, username, "admin", hotels=[])
        except AppError as refused:
            return refused.code
        return "done"

    return attempt


@pytest.mark.parametrize("username", ["", "a b", "x" * 65, "<b>", "a\nb", "..", "-x"])
def test_a_user_name_is_one_word(invite: Callable[[str], str], username: str) -> None:
    assert invite(username) == "username_wrong"


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("\uff41yse", "username_wrong"), ("\u0430yse", "username_wrong"), ("ays\u03b5", "username_wrong"),
        ("AYSE", "user_exists"), ("system", "username_reserved"), ("Anonymous", "username_reserved"),
        ("command", "username_reserved"), ("ayşe", "done"),
    ],
)  # fmt: skip
def test_nobody_is_called_like_somebody_else_or_like_the_software_itself(
    invite: Callable[[str], str], username: str, code: str
) -> None:
    assert invite("ayse") == "done"
    assert invite(username) == code


def test_names_that_differ_in_capitals_alone_are_given_once_to_those_who_ask_at_once(
    invite: Callable[[str], str],
) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(invite, ["ece", "Ece", "ECE", "eCe"])) == ["done", *["user_exists"] * 3]


def test_every_way_of_adding_a_user_holds_names_to_one_rule(
    invite: Callable[[str], str], database: Database, clock: FixedClock
) -> None:
    assert invite("ayse/key") == "username_wrong"
    with pytest.raises(AppError, match="username_wrong"):
        IdentityService(database, clock).add_user(SYSTEM, "ayse/key", "correct horse battery", "admin")
