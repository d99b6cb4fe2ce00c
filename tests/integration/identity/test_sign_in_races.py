"""What changes while somebody signs in, and attempts that are refused unseen (A9.1)."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from core.errors import AppError
from db.session import Database
from identity import passwords, service
from identity.attempts import LIMITS
from identity.service import IdentityService, User
from tests.integration.identity.conftest import PASSWORD, refusal

ATTEMPT_LIMIT = LIMITS["name"].failures


def test_a_name_that_no_keyboard_types_is_refused_like_any_other(identity: IdentityService, ayse: User) -> None:
    assert refusal(identity, "ay\x00se", PASSWORD) == "sign_in_refused"


def test_a_password_that_changed_while_the_old_one_was_checked_stays_changed(
    identity: IdentityService, ayse: User, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one's hash is of older parameters: its renewal must not bring it back."""
    weak = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    changed = passwords.hash_password("yağmurlu salı çorbası")
    with database.transaction() as connection:
        connection.execute(text("UPDATE users SET password_hash = :weak"), {"weak": weak})

    def slow(password_hash: str | None, password: str) -> bool:
        with database.transaction() as connection:
            connection.execute(text("UPDATE users SET password_hash = :changed"), {"changed": changed})
        return passwords.matches(password_hash, password)

    monkeypatch.setattr(service, "matches", slow)
    assert refusal(identity, "ayse", PASSWORD) == "sign_in_refused"
    with database.reading() as connection:
        assert connection.execute(text("SELECT password_hash FROM users")).scalar_one() == changed


@pytest.mark.parametrize("change", ["password_hash = 'another'", "is_active = false"])
def test_who_gave_the_old_password_begins_no_session_after_it_changed(
    identity: IdentityService, ayse: User, database: Database, change: str
) -> None:
    """Between the password and the code of a second factor lie minutes."""
    with database.transaction() as connection:
        connection.execute(text(f"UPDATE users SET {change}"))
    with pytest.raises(AppError, match="sign_in_refused"):
        identity.begin_session(ayse)


def test_a_locked_attempt_stands_in_the_audit_log_once_a_minute(
    identity: IdentityService, ayse: User, database: Database
) -> None:
    for _ in range(ATTEMPT_LIMIT + 3):
        refusal(identity, "ayse", "wrong")
    query = text("SELECT entity FROM audit_log WHERE details ->> 'code' = 'account_locked'")
    with database.reading() as connection:
        [entity] = connection.execute(query).scalars()
    assert entity.startswith("name ")
    assert "ayse" not in entity
