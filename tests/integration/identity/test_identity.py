"""Sign-in, sessions and roles (A9.1): what is refused stays refused, what is ended ends at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.mail import Mailer
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.models.identity import ROLES
from db.session import Database
from identity.attempts import LIMITS, LOCK_TIME
from identity.permissions import PERMISSIONS, ROLE_PERMISSIONS
from identity.service import IDLE_LIMIT, SESSION_LIFETIME, TICKET_LIFETIME, IdentityService, User
from identity.users import UserService
from tests.integration.identity.conftest import PASSWORD, refusal

ATTEMPT_LIMIT, ADDRESS_LIMIT = LIMITS["name"].failures, LIMITS["address"].failures
ADDRESS = "192.0.2.7"


def test_the_first_administrator_is_added_once_with_a_generated_password(identity: IdentityService) -> None:
    username, password = identity.ensure_first_administrator(None)
    assert password is not None
    assert identity.check_password(username, password).role == "superadmin"
    assert identity.ensure_first_administrator(None) == (username, None)


def test_a_wrong_password_and_an_unknown_user_are_refused_alike(identity: IdentityService, ayse: User) -> None:
    assert refusal(identity, "ayse", "wrong") == refusal(identity, "nobody", PASSWORD) == "sign_in_refused"


def test_five_failures_lock_the_account_even_for_the_right_password_until_the_time_is_over(
    identity: IdentityService, ayse: User, clock: FixedClock
) -> None:
    for _ in range(ATTEMPT_LIMIT):
        assert refusal(identity, "ayse", "wrong") == "sign_in_refused"
    assert refusal(identity, "ayse", PASSWORD) == "account_locked"
    clock.advance(LOCK_TIME + timedelta(seconds=1))
    assert identity.check_password("ayse", PASSWORD).username == "ayse"


def test_a_name_that_nobody_has_is_locked_like_one_that_somebody_has(identity: IdentityService, ayse: User) -> None:
    """Otherwise the sixth answer would tell which names exist."""
    said = {
        name: [refusal(identity, name, "wrong") for _ in range(ATTEMPT_LIMIT + 1)] for name in ("ayse", "nobody at all")
    }
    assert said["ayse"] == said["nobody at all"] == ["sign_in_refused"] * ATTEMPT_LIMIT + ["account_locked"]


def test_an_address_is_locked_after_twenty_failures_with_any_names_and_others_are_not(
    identity: IdentityService, ayse: User, clock: FixedClock
) -> None:
    for attempt in range(ADDRESS_LIMIT):
        assert refusal(identity, f"name {attempt}", "wrong", ADDRESS) == "sign_in_refused"
    assert refusal(identity, "ayse", PASSWORD, ADDRESS) == "address_locked"
    assert identity.check_password("ayse", PASSWORD, "192.0.2.8") == ayse
    clock.advance(LOCK_TIME + timedelta(seconds=1))
    assert identity.check_password("ayse", PASSWORD, ADDRESS) == ayse


def test_a_success_does_not_wash_an_address_clean(identity: IdentityService, ayse: User) -> None:
    """A guesser with an account of their own would go on for ever."""
    for attempt in range(ADDRESS_LIMIT):
        refusal(identity, f"name {attempt}", "wrong", ADDRESS)
        if attempt < ADDRESS_LIMIT - 1:
            assert identity.check_password("ayse", PASSWORD, ADDRESS) == ayse
    assert refusal(identity, "ayse", PASSWORD, ADDRESS) == "address_locked"


def test_failures_of_a_morning_do_not_lock_a_hotel_in_the_afternoon(
    identity: IdentityService, ayse: User, clock: FixedClock
) -> None:
    for attempt in range(2 * ADDRESS_LIMIT):
        refusal(identity, f"name {attempt}", "wrong", ADDRESS)
        clock.advance(timedelta(minutes=1))
    assert identity.check_password("ayse", PASSWORD, ADDRESS) == ayse


def test_what_is_kept_of_a_name_can_neither_be_read_nor_tried_out(
    identity: IdentityService, ayse: User, database: Database
) -> None:
    refusal(identity, PASSWORD, "")
    with database.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM sign_in_attempts")).all())
    assert "name" in kept
    assert PASSWORD not in kept
    assert sha256(PASSWORD.encode()).hexdigest()[:16] not in kept


def test_four_failures_do_not_lock_and_a_success_forgets_them(identity: IdentityService, ayse: User) -> None:
    for _ in range(2):
        for _ in range(ATTEMPT_LIMIT - 1):
            refusal(identity, "ayse", "wrong")
        assert identity.check_password("ayse", PASSWORD).username == "ayse"


def test_a_ticket_works_once_and_only_for_a_minute(identity: IdentityService, ayse: User, clock: FixedClock) -> None:
    ticket = identity.begin_session(ayse)
    token = identity.redeem_ticket(ticket)
    assert identity.session_user(token) == ayse
    with pytest.raises(AppError, match="ticket_refused"):
        identity.redeem_ticket(ticket)
    late = identity.begin_session(ayse)
    clock.advance(TICKET_LIFETIME)
    with pytest.raises(AppError, match="ticket_refused"):
        identity.redeem_ticket(late)


def test_a_session_ends_by_sign_out_by_time_and_by_disabling_the_user(
    identity: IdentityService, ayse: User, clock: FixedClock
) -> None:
    first, second, third = (identity.redeem_ticket(identity.begin_session(ayse)) for _ in range(3))
    identity.end_session(first)
    assert identity.session_user(first) is None
    assert identity.session_user(second) == ayse
    assert identity.lasting_sessions([first, second, third, "made up"]) == {second, third}
    users = UserService(identity.database, clock, Mailer(Settings()))
    users.set_active(SYSTEM, ayse.id, False)
    assert identity.session_user(second) is None
    assert identity.lasting_sessions([second, third]) == set()
    assert refusal(identity, "ayse", PASSWORD) == "sign_in_refused"
    users.set_active(SYSTEM, ayse.id, True)
    assert identity.session_user(third) is None  # what ended stays ended
    last = identity.redeem_ticket(identity.begin_session(ayse))
    for _ in range(2 * SESSION_LIFETIME.days):
        assert identity.session_user(last) == ayse
        clock.advance(IDLE_LIMIT - timedelta(minutes=1))
        identity.note_use(last)
    clock.advance(SESSION_LIFETIME - 2 * SESSION_LIFETIME.days * (IDLE_LIMIT - timedelta(minutes=1)))
    assert identity.session_user(last) is None


def test_a_session_that_nobody_uses_ends_after_twelve_hours(
    identity: IdentityService, ayse: User, clock: FixedClock
) -> None:
    used, left = (identity.redeem_ticket(identity.begin_session(ayse)) for _ in range(2))
    clock.advance(IDLE_LIMIT - timedelta(minutes=1))
    identity.note_use(used)
    clock.advance(timedelta(minutes=1))
    assert identity.session_user(used) == ayse
    assert identity.session_user(left) is None
    identity.note_use(left)
    assert identity.session_user(left) is None  # it cannot be woken up again


def test_a_session_that_somebody_put_into_the_browser_ends_when_its_owner_signs_in(
    identity: IdentityService, ayse: User
) -> None:
    planted = identity.redeem_ticket(identity.begin_session(ayse))
    own = identity.redeem_ticket(identity.begin_session(ayse), before=planted)
    assert identity.session_user(planted) is None
    assert identity.session_user(own) == ayse


def test_a_session_remembers_the_device_and_a_part_of_the_address(
    identity: IdentityService, ayse: User, database: Database
) -> None:
    identity.redeem_ticket(identity.begin_session(ayse), "Mozilla/5.0 (X11; Linux) Firefox/140", ADDRESS)
    with database.reading() as connection:
        [row] = connection.execute(text("SELECT device, address FROM user_sessions")).all()
    assert tuple(row) == ("Firefox, Linux", "192.0.2.0/24")


def test_neither_password_nor_ticket_nor_token_is_stored_in_clear(
    identity: IdentityService, ayse: User, database: Database
) -> None:
    ticket = identity.begin_session(ayse)
    token = identity.redeem_ticket(identity.begin_session(ayse))
    with database.reading() as connection:
        stored = str(connection.execute(text("SELECT * FROM users, user_sessions")).all())
    assert [secret for secret in (PASSWORD, ticket, token) if secret in stored] == []
    assert "$argon2id$" in stored


def test_adding_users_needs_the_permission_a_free_name_a_known_role_and_a_long_password(
    identity: IdentityService, ayse: User
) -> None:
    def code(scope: Scope, username: str, password: str, role: str) -> str:
        with pytest.raises(AppError) as refused:
            identity.add_user(scope, username, password, role)
        return refused.value.code

    assert code(identity.scope_of(ayse), "x", PASSWORD, "admin") == "forbidden"
    assert code(SYSTEM, "ayse", PASSWORD, "admin") == "user_exists"
    assert code(SYSTEM, "x", PASSWORD, "king") == "unknown_role"
    assert code(SYSTEM, "x", "short", "admin") == "password_too_short"
    assert code(SYSTEM, "x", "qwerty123456", "admin") == "password_common"


def test_nobody_adds_a_user_who_may_do_or_see_more_than_they_may(identity: IdentityService) -> None:
    operator = Scope("operator", ROLE_PERMISSIONS["sistem_yoneticisi"], frozenset({1}))

    def attempt(role: str, hotels: list[int] | None) -> str:
        with pytest.raises(AppError) as refused:
            identity.add_user(operator, "yeni", PASSWORD, role, hotels=hotels)
        return refused.value.code

    assert attempt("superadmin", []) == "forbidden"
    assert attempt("admin", None) == "forbidden"
    assert attempt("admin", [2]) == "not_found"
    assert identity.add_user(operator, "yeni", PASSWORD, "admin", hotels=[]) > 0


def test_a_password_typed_as_the_user_name_is_not_written_down(identity: IdentityService, database: Database) -> None:
    refusal(identity, PASSWORD, "")
    with database.reading() as connection:
        log = str(connection.execute(text("SELECT * FROM audit_log")).all())
    assert "sign_in_failed" in log
    assert PASSWORD not in log


def test_attempts_that_run_at_once_are_counted_one_by_one(
    identity: IdentityService, ayse: User, database: Database
) -> None:
    """Five wrong passwords in parallel lock the account; not counting under a lock would lose some of them."""
    with ThreadPoolExecutor(ATTEMPT_LIMIT) as pool:
        codes = list(pool.map(lambda _: refusal(identity, "ayse", "wrong"), range(ATTEMPT_LIMIT)))
    assert codes == ["sign_in_refused"] * ATTEMPT_LIMIT
    assert refusal(identity, "ayse", PASSWORD) == "account_locked"


def test_a_ticket_redeemed_twice_at_once_makes_one_session(identity: IdentityService, ayse: User) -> None:
    ticket = identity.begin_session(ayse)

    def redeem(_: int) -> str | None:
        try:
            return identity.redeem_ticket(ticket)
        except AppError:
            return None

    with ThreadPoolExecutor(4) as pool:
        tokens = [token for token in pool.map(redeem, range(4)) if token is not None]
    assert len(tokens) == 1
    assert identity.session_user(tokens[0]) == ayse


def test_a_hash_of_other_parameters_is_renewed_at_the_next_sign_in(
    identity: IdentityService, ayse: User, database: Database
) -> None:
    weak = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.transaction() as connection:
        connection.execute(text("UPDATE users SET password_hash = :weak"), {"weak": weak})
    assert identity.check_password("ayse", PASSWORD) == ayse
    with database.reading() as connection:
        renewed = connection.execute(text("SELECT password_hash FROM users")).scalar_one()
    assert renewed != weak
    assert identity.check_password("ayse", PASSWORD) == ayse


def test_every_role_of_the_specification_has_its_permissions() -> None:
    assert set(ROLE_PERMISSIONS) == set(ROLES)
    assert "alerts.read" not in ROLE_PERMISSIONS["kat_sorumlusu"]
    assert "users.write" not in ROLE_PERMISSIONS["admin"]
    assert {one for held in ROLE_PERMISSIONS.values() for one in held} <= {*PERMISSIONS, "*"}


def test_signing_in_and_failing_to_are_in_the_audit_log(
    identity: IdentityService, ayse: User, database: Database
) -> None:
    refusal(identity, "ayse", "wrong")
    with database.reading() as connection:
        actions = connection.execute(text("SELECT action FROM audit_log ORDER BY id")).scalars().all()
    assert actions == ["user_added", "signed_in", "sign_in_failed"]
