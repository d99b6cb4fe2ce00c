"""A user, and an audit log that the application has written into."""

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from db.queries import audit
from db.session import Database
from identity.audit.service import AuditService
from identity.service import IdentityService, User

ENTRIES = 40
PASSWORD = "correct horse battery"


@pytest.fixture
def service(database: Database, clock: FixedClock) -> AuditService:
    return AuditService(database, clock)


@pytest.fixture
def filled(app_database: Database) -> list[int]:
    """Ids of entries, written by the application in transactions of several sizes."""
    for first in range(0, ENTRIES, 4):
        with app_database.transaction() as connection:
            for number in range(first, first + 4):
                details = {"number": number, "note": "İğne, çuvaldız: “ışık” \u0001 \U0001f600 \\ \" '"}
                audit.record(connection, f"user{number % 3}", "alert_viewed", entity=f"alert {number}", details=details)
    with app_database.reading() as connection:
        return list(connection.scalars(text("SELECT entry_id FROM audit_chain ORDER BY position")))


@pytest.fixture
def identity(database: Database, clock: FixedClock) -> IdentityService:
    return IdentityService(database, clock)


@pytest.fixture
def ayse(identity: IdentityService) -> User:
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", full_name="Ayşe Yılmaz", hotels=[])
    return identity.check_password("ayse", PASSWORD)


def refusal(identity: IdentityService, username: str, password: str, address: str | None = None) -> str:
    with pytest.raises(AppError) as refused:
        identity.check_password(username, password, address)
    return refused.value.code
