"""The second factor (A9.1): asked for, good once, limited, sealed; recovery codes; required of administrators."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.key_ring import KeyRing
from core.mail import Mailer
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database, open_database
from identity import totp
from identity.attempts import LIMITS, LOCK_TIME
from identity.second_factor import SecondFactorService
from identity.service import IdentityService, User
from identity.users import UserService
from operations.keys.service import KeyService

PASSWORD = "correct horse battery"


@pytest.fixture
def identity(database: Database, clock: FixedClock) -> IdentityService:
    return IdentityService(database, clock)


def enrolled(identity: IdentityService, clock: FixedClock) -> tuple[str, list[str]]:
    """``ayse`` with a second factor: its secret and recovery codes; the next step has begun."""
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    user = identity.check_password("ayse", PASSWORD)
    begun = identity.second_factor.begin(user, PASSWORD)
    codes = identity.second_factor.confirm(user, code(begun.secret, clock))
    clock.advance(timedelta(seconds=totp.STEP_SECONDS))
    return begun.secret, codes


def code(secret: str, clock: FixedClock, drift: int = 0) -> str:
    return totp.code_at(secret, totp.step_of(clock.now()) + drift)


def ayse(identity: IdentityService) -> User:
    return identity.check_password("ayse", PASSWORD)


def refusal(identity: IdentityService, given: str | None) -> str:
    with pytest.raises(AppError) as refused:
        identity.begin_session(ayse(identity), given)
    return refused.value.code


def test_the_password_alone_begins_no_session(identity: IdentityService, clock: FixedClock) -> None:
    secret, _ = enrolled(identity, clock)
    assert refusal(identity, None) == "second_factor_needed"
    assert refusal(identity, "000000") == "code_refused"
    ticket = identity.begin_session(ayse(identity), code(secret, clock))
    assert identity.session_user(identity.redeem_ticket(ticket)) == ayse(identity)


def test_a_secret_that_was_never_confirmed_is_not_asked_for(identity: IdentityService) -> None:
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    identity.second_factor.begin(ayse(identity), PASSWORD)
    assert identity.begin_session(ayse(identity))


def test_a_code_works_once_even_for_two_at_once(identity: IdentityService, clock: FixedClock) -> None:
    secret, _ = enrolled(identity, clock)
    user, given = ayse(identity), code(secret, clock)

    def attempt(_: int) -> bool:
        try:
            identity.begin_session(user, given)
        except AppError as error:
            assert error.code == "code_refused"  # noqa: PT017
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert refusal(identity, given) == "code_refused"


def test_a_phone_whose_clock_is_half_a_minute_off_still_works(identity: IdentityService, clock: FixedClock) -> None:
    secret, _ = enrolled(identity, clock)
    assert identity.begin_session(ayse(identity), code(secret, clock, 1))
    clock.advance(timedelta(seconds=3 * totp.STEP_SECONDS))
    assert refusal(identity, code(secret, clock, -2)) == "code_refused"
    assert identity.begin_session(ayse(identity), code(secret, clock, -1))


def test_five_wrong_codes_lock_even_for_the_right_one(identity: IdentityService, clock: FixedClock) -> None:
    secret, codes = enrolled(identity, clock)
    for _ in range(LIMITS["code"].failures):
        assert refusal(identity, "000000") == "code_refused"
    assert refusal(identity, code(secret, clock)) == "account_locked"
    assert refusal(identity, codes[0]) == "account_locked"
    clock.advance(LOCK_TIME + timedelta(seconds=1))
    assert identity.begin_session(ayse(identity), code(secret, clock))


def test_a_recovery_code_works_once_and_new_ones_replace_the_old(identity: IdentityService, clock: FixedClock) -> None:
    secret, codes = enrolled(identity, clock)
    assert identity.begin_session(ayse(identity), f" {codes[0].swapcase()} ")
    assert refusal(identity, codes[0]) == "code_refused"
    assert identity.second_factor.state(ayse(identity)).recovery_codes_left == totp.RECOVERY_CODES - 1
    renewed = identity.second_factor.renew_recovery_codes(ayse(identity), code(secret, clock))
    assert refusal(identity, codes[1]) == "code_refused"
    assert identity.begin_session(ayse(identity), renewed[1])


def test_a_recovery_code_confirms_no_app(identity: IdentityService, clock: FixedClock) -> None:
    """Only the app itself shows that it was set up."""
    _, codes = enrolled(identity, clock)
    with pytest.raises(AppError, match="code_refused"):
        identity.second_factor.renew_recovery_codes(ayse(identity), codes[0])


def test_another_one_is_set_up_only_after_the_first_was_removed_by_its_owner(
    identity: IdentityService, clock: FixedClock
) -> None:
    secret, _ = enrolled(identity, clock)
    factor = identity.second_factor
    with pytest.raises(AppError, match="second_factor_exists"):
        factor.begin(ayse(identity), PASSWORD)
    with pytest.raises(AppError, match="second_factor_exists"):
        factor.confirm(ayse(identity), code(secret, clock))
    with pytest.raises(AppError, match="code_refused"):
        factor.remove(ayse(identity), PASSWORD, "000000")
    factor.remove(ayse(identity), PASSWORD, code(secret, clock))
    assert not factor.state(ayse(identity)).is_on
    assert identity.begin_session(ayse(identity))


def test_an_open_session_alone_neither_sets_one_up_nor_switches_it_off(
    identity: IdentityService, clock: FixedClock
) -> None:
    """Whoever finds a screen unlocked could lock its owner out, or take their factor away."""
    secret, _ = enrolled(identity, clock)
    user, factor = ayse(identity), identity.second_factor
    given = code(secret, clock)
    with pytest.raises(AppError, match="present_password_wrong"):
        factor.remove(user, "a guess", given)
    factor.remove(user, PASSWORD, given)  # the code was not used up by a wrong password
    for _ in range(LIMITS["name"].failures):
        with pytest.raises(AppError, match="present_password_wrong"):
            factor.begin(user, "a guess")
    with pytest.raises(AppError, match="account_locked"):
        factor.begin(user, PASSWORD)
    with identity.database.reading() as connection:
        told = "SELECT count(*) FROM audit_log WHERE actor = 'ayse' AND details->>'code' = 'present_password_wrong'"
        assert connection.execute(text(told)).scalar_one() == LIMITS["name"].failures + 1


def test_an_administrator_forgets_the_factor_of_somebody_who_lost_it(
    identity: IdentityService, clock: FixedClock
) -> None:
    enrolled(identity, clock)
    UserService(identity.database, clock, Mailer(Settings())).forget_second_factor(SYSTEM, ayse(identity).id)
    assert identity.begin_session(ayse(identity))


def test_neither_secret_nor_recovery_code_is_stored_in_clear(
    identity: IdentityService, clock: FixedClock, database: Database
) -> None:
    secret, codes = enrolled(identity, clock)
    with database.reading() as connection:
        stored = str(connection.execute(text("SELECT * FROM second_factors, recovery_codes, audit_log")).all())
    hidden = (secret, *codes, *(totp.typed(one) for one in codes))
    assert [one for one in hidden if one in stored] == []
    assert "second_factor_added" in stored


def test_required_of_administrators_it_leaves_them_nothing_until_it_is_set_up(
    database: Database, clock: FixedClock
) -> None:
    identity = IdentityService(database, clock, requires_second_factor=True)
    identity.add_user(SYSTEM, "veli", PASSWORD, "veri_bilimci", hotels=[])
    veli = identity.check_password("veli", PASSWORD)
    assert not identity.must_add_second_factor(veli)
    assert identity.scope_of(veli).allows("alerts.read")
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    assert identity.scope_of(ayse(identity)).permissions == frozenset()
    assert IdentityService(database, clock).scope_of(ayse(identity)).allows("alerts.read")  # the setting alone decides
    begun = identity.second_factor.begin(ayse(identity), PASSWORD)
    identity.second_factor.confirm(ayse(identity), code(begun.secret, clock))
    assert identity.scope_of(ayse(identity)).allows("alerts.read")


def test_the_secret_goes_with_the_keys_when_they_are_exchanged_and_is_told_when_they_are_lost(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    ring = KeyRing(tmp_path / "secrets" / "keys")
    own = open_database(database.engine.url.render_as_string(hide_password=False), keys=ring)
    identity, keys = IdentityService(own, clock), KeyService(own, ring, clock)
    secret, _ = enrolled(identity, clock)
    before = ring.all()[0].id
    assert keys.rotate(SYSTEM).values >= 1
    with own.reading() as connection:
        sealed = connection.execute(text("SELECT secret FROM second_factors")).scalar_one()
    assert not sealed.startswith(before)
    assert identity.begin_session(ayse(identity), code(secret, clock))
    ring.path.unlink()
    with pytest.raises(AppError, match="encryption_key_missing"):
        SecondFactorService(own, clock).check(ayse(identity), "000000")
    assert keys.discard_lost(SYSTEM)["second_factors"] == 1
    assert identity.begin_session(ayse(identity))
    own.dispose()
