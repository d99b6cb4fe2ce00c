"""Users, invitations, resets, own accounts (A9.1): nobody gives more than they have, every link works once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from identity.attempts import LIMITS
from identity.links import LIFETIMES
from identity.permissions import ROLE_PERMISSIONS
from identity.service import IdentityService, User
from identity.users import UserService
from tests.integration.builders import build_hotel

PASSWORD, OTHER = "correct horse battery", "yağmurlu salı çorbası"


class People:
    """Two hotels, their services, and what a test asks of them."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.identity = IdentityService(database, clock)
        self.users = UserService(database, clock, Mailer(Settings()))
        self.accounts = AccountService(database, clock, self.identity)
        with database.transaction() as connection:
            self.hotels = [build_hotel(connection).hotel_id for _ in range(2)]

    def add(self, username: str, role: str = "admin", hotels: list[int] | None = None) -> User:
        self.identity.add_user(SYSTEM, username, PASSWORD, role, hotels=hotels)
        return self.identity.check_password(username, PASSWORD)

    def scope(self, user: User) -> Scope:
        return self.identity.scope_of(user)

    def token(self, user: User) -> str:
        return self.identity.redeem_ticket(self.identity.new_ticket(user))

    def actions(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.execute(text("SELECT action FROM audit_log ORDER BY id")).scalars())


@pytest.fixture
def people(database: Database, clock: FixedClock) -> People:
    return People(database, clock)


def refusal(attempt: Callable[[], object]) -> str:
    with pytest.raises(AppError) as refused:
        attempt()
    return refused.value.code


def test_who_is_invited_chooses_a_password_by_the_link_and_signs_in(people: People) -> None:
    link = people.users.invite(SYSTEM, "yeni", "admin", full_name="Yeni Biri", hotels=people.hotels[:1])
    assert refusal(lambda: people.identity.check_password("yeni", "")) == "sign_in_refused"
    [account] = people.users.listed(SYSTEM)
    assert (account.state, link.kind) == ("invited", "invitation")
    assert people.accounts.invited(link.token).user.full_name == "Yeni Biri"
    assert refusal(lambda: people.accounts.use_link(link.token, "short")) == "password_too_short"
    people.accounts.use_link(link.token, PASSWORD)
    assert people.identity.check_password("yeni", PASSWORD).hotels == frozenset(people.hotels[:1])
    [account] = people.users.listed(SYSTEM)
    assert account.state == "active"
    assert people.actions() == [
        "user_invited", "sign_in_failed", "password_chosen", "signed_in",
    ]  # fmt: skip


def test_a_link_works_once_for_a_short_time_and_until_a_newer_one(people: People, clock: FixedClock) -> None:
    user = people.add("ayse")
    first, second = (people.users.new_link(SYSTEM, user.id) for _ in range(2))
    assert second.kind == "reset"
    for worthless in (first.token, "made up", ""):
        assert refusal(lambda token=worthless: people.accounts.use_link(token, OTHER)) == "link_refused"  # type: ignore[misc]
    assert people.accounts.invited(second.token).user == user
    people.accounts.use_link(second.token, OTHER)
    assert refusal(lambda: people.accounts.use_link(second.token, PASSWORD)) == "link_refused"
    late = people.users.new_link(SYSTEM, user.id)
    clock.advance(LIFETIMES["reset"])
    assert refusal(lambda: people.accounts.use_link(late.token, PASSWORD)) == "link_refused"
    assert people.identity.check_password("ayse", OTHER)


def test_a_link_used_twice_at_once_sets_one_password(people: People) -> None:
    link = people.users.new_link(SYSTEM, people.add("ayse").id)

    def use(password: str) -> bool:
        try:
            people.accounts.use_link(link.token, password)
        except AppError:
            return False
        return True

    wanted = [f"{PASSWORD} {number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        used = [password for password, done in zip(wanted, pool.map(use, wanted), strict=True) if done]
    assert len(used) == 1
    assert people.identity.check_password("ayse", used[0])


def test_a_reset_ends_every_session_and_lifts_the_lock(people: People) -> None:
    user = people.add("ayse")
    token = people.token(user)
    for _ in range(LIMITS["name"].failures):
        refusal(lambda: people.identity.check_password("ayse", "wrong"))
    assert people.users.listed(SYSTEM)[0].state == "locked"
    link = people.users.new_link(SYSTEM, user.id)
    assert people.identity.session_user(token) is not None  # the link alone changes nothing
    people.accounts.use_link(link.token, OTHER)
    assert people.identity.session_user(token) is None
    assert people.identity.check_password("ayse", OTHER)
    assert refusal(lambda: people.identity.check_password("ayse", PASSWORD)) == "sign_in_refused"


def test_no_link_stands_in_the_database_nor_in_the_audit_log(people: People, database: Database) -> None:
    link = people.users.new_link(SYSTEM, people.add("ayse").id)
    with database.reading() as connection:
        stored = str(connection.execute(text("SELECT * FROM user_links, audit_log")).all())
    assert "reset" in stored
    assert link.token not in stored


def test_a_disabled_user_gets_no_link_and_theirs_ends(people: People) -> None:
    user = people.add("ayse")
    link = people.users.new_link(SYSTEM, user.id)
    people.users.set_active(SYSTEM, user.id, False)
    assert refusal(lambda: people.users.new_link(SYSTEM, user.id)) == "user_is_disabled"
    people.users.set_active(SYSTEM, user.id, True)
    assert refusal(lambda: people.accounts.use_link(link.token, OTHER)) == "link_refused"


def test_the_password_is_changed_with_the_present_one_and_every_session_ends(people: People) -> None:
    user = people.add("ayse")
    tokens = [people.token(user) for _ in range(2)]
    change = people.accounts.change_password
    assert refusal(lambda: change(user, "wrong", OTHER)) == "present_password_wrong"
    assert refusal(lambda: change(user, PASSWORD, "ayse-ayse-12")) == "password_is_name"
    assert people.identity.lasting_sessions(tokens) == set(tokens)
    ticket = change(user, PASSWORD, OTHER)
    assert people.identity.lasting_sessions(tokens) == set()
    assert people.identity.session_user(people.identity.redeem_ticket(ticket)) == user
    assert people.identity.check_password("ayse", OTHER)


def test_the_present_password_cannot_be_guessed_by_who_took_over_a_session(people: People) -> None:
    user = people.add("ayse")
    for _ in range(LIMITS["name"].failures):
        assert refusal(lambda: people.accounts.change_password(user, "wrong", OTHER)) == "present_password_wrong"
    assert refusal(lambda: people.accounts.change_password(user, PASSWORD, OTHER)) == "account_locked"


def test_people_end_their_own_sessions_one_by_one_or_all_others(people: People) -> None:
    ayse, cem = people.add("ayse"), people.add("cem")
    own, second, third = (people.token(ayse) for _ in range(3))
    foreign = people.token(cem)
    [of_cem] = people.accounts.sessions(cem, foreign)
    listed = people.accounts.sessions(ayse, own)
    assert [row.is_this for row in listed].count(True) == 1
    assert len(listed) == 3
    assert refusal(lambda: people.accounts.end_session(ayse, of_cem.id)) == "not_found"
    other = next(row for row in people.accounts.sessions(ayse, second) if row.is_this)
    people.accounts.end_session(ayse, other.id)
    assert people.identity.lasting_sessions([own, second, third]) == {own, third}
    assert people.accounts.end_other_sessions(ayse, own) == 1
    assert people.identity.lasting_sessions([own, third, foreign]) == {own, foreign}


def test_the_last_active_superadmin_stays_one(people: People) -> None:
    first, second = people.add("bir", "superadmin"), people.add("iki", "superadmin")
    people.users.set_active(SYSTEM, second.id, False)
    demote = {"full_name": "", "email": "", "role": "admin", "hotels": None}
    assert refusal(lambda: people.users.set_active(SYSTEM, first.id, False)) == "last_superadmin"
    assert refusal(lambda: people.users.change(SYSTEM, first.id, **demote)) == "last_superadmin"  # type: ignore[arg-type]
    people.users.set_active(SYSTEM, second.id, True)
    people.users.change(SYSTEM, first.id, **demote)  # type: ignore[arg-type]
    assert people.identity.check_password("bir", PASSWORD).role == "admin"


def test_two_superadmins_disabled_at_once_leave_one(people: People) -> None:
    both = [people.add(name, "superadmin") for name in ("bir", "iki")]

    def disable(user: User) -> bool:
        try:
            people.users.set_active(SYSTEM, user.id, False)
        except AppError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(disable, both)) == [False, True]


def test_nobody_gives_or_changes_more_than_they_have(people: People) -> None:
    near, far = people.hotels
    operator = people.scope(people.add("operator", "sistem_yoneticisi", [near]))
    boss, stranger, clerk = people.add("boss", "superadmin", [near]), people.add("cem", "admin", [far]), people.add(
        "ece", "admin", [near]
    )  # fmt: skip
    users = people.users
    seen = {account.row.username: account.may_change for account in users.listed(operator)}
    assert seen == {"operator": True, "ece": True, "boss": False}
    assert "superadmin" not in users.roles_to_give(operator)
    assert "admin" in users.roles_to_give(operator)
    assert refusal(lambda: users.invite(operator, "x", "superadmin", hotels=[near])) == "forbidden"
    assert refusal(lambda: users.invite(operator, "x", "admin", hotels=None)) == "forbidden"
    assert refusal(lambda: users.invite(operator, "x", "admin", hotels=[far])) == "not_found"
    for attempt in (
        lambda id_: users.set_active(operator, id_, False),
        lambda id_: users.unlock(operator, id_),
        lambda id_: users.new_link(operator, id_),
        lambda id_: users.forget_second_factor(operator, id_),
        lambda id_: users.change(operator, id_, full_name="", email="", role="admin", hotels=[near]),
    ):
        assert refusal(lambda attempt=attempt: attempt(boss.id)) == "forbidden"  # type: ignore[misc]
        assert refusal(lambda attempt=attempt: attempt(stranger.id)) == "not_found"  # type: ignore[misc]
        attempt(clerk.id)
        users.set_active(SYSTEM, clerk.id, True)
    assert (
        refusal(lambda: users.change(operator, clerk.id, full_name="", email="", role="superadmin", hotels=[near]))
        == "forbidden"
    )


def test_without_the_permission_nothing_can_be_done_to_users(people: People) -> None:
    clerk = people.add("ece", "admin")
    scope, users = people.scope(clerk), people.users
    assert "users.write" not in ROLE_PERMISSIONS["admin"]
    for attempt in (
        lambda: users.listed(scope),
        lambda: users.invite(scope, "x", "depo_sorumlusu", hotels=[]),
        lambda: users.set_active(scope, clerk.id, False),
        lambda: users.unlock(scope, clerk.id),
        lambda: users.new_link(scope, clerk.id),
        lambda: users.forget_second_factor(scope, clerk.id),
        lambda: users.change(scope, clerk.id, full_name="", email="", role="depo_sorumlusu", hotels=[]),
    ):
        assert refusal(attempt) == "forbidden"


def test_a_change_of_role_and_hotels_counts_at_once_and_is_written_down(people: People) -> None:
    user = people.add("ayse", "admin", people.hotels[:1])
    token = people.token(user)
    people.users.change(SYSTEM, user.id, full_name="Ayşe", email="", role="veri_bilimci", hotels=people.hotels)
    now = people.identity.session_user(token)
    assert now is not None
    assert (now.full_name, now.role, now.hotels) == ("Ayşe", "veri_bilimci", frozenset(people.hotels))
    assert people.actions()[-1] == "user_changed"


def test_an_unlocked_user_tries_again(people: People, clock: FixedClock) -> None:
    user = people.add("ayse")
    for _ in range(LIMITS["name"].failures):
        refusal(lambda: people.identity.check_password("ayse", "wrong"))
    clock.advance(timedelta(seconds=1))
    people.users.unlock(SYSTEM, user.id)
    assert people.identity.check_password("ayse", PASSWORD)


def test_a_hotel_that_does_not_exist_is_refused_and_one_named_twice_is_given_once(people: People) -> None:
    hotel = people.hotels[0]
    unknown = [hotel, 2_000_000_000]
    assert refusal(lambda: people.users.invite(SYSTEM, "elif", "admin", hotels=unknown)) == "not_found"
    assert refusal(lambda: people.add("elif", hotels=unknown)) == "not_found"
    people.users.invite(SYSTEM, "elif", "admin", hotels=[hotel, hotel])
    user_id = people.users.id_of(SYSTEM, "elif")
    change = {"full_name": "Elif", "email": "", "role": "admin"}
    assert refusal(lambda: people.users.change(SYSTEM, user_id, **change, hotels=unknown)) == "not_found"
    [elif_] = [one.row for one in people.users.listed(SYSTEM) if one.row.username == "elif"]
    assert elif_.hotels == {hotel}


def test_the_audit_log_tells_what_a_change_of_a_user_changed(people: People) -> None:
    user = people.add("ayse", hotels=people.hotels)
    people.users.change(SYSTEM, user.id, full_name="Ayşe Y.", email="", role="veri_bilimci", hotels=None)
    with people.database.reading() as connection:
        query = text("SELECT before, after FROM audit_log WHERE action = 'user_changed'")
        before, after = connection.execute(query).one()
    assert before == {"full_name": "ayse", "email": None, "role": "admin", "hotels": sorted(people.hotels)}
    assert after == {"full_name": "Ayşe Y.", "email": None, "role": "veri_bilimci", "hotels": None}
