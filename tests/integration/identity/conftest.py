"""An audit log that the application has written into, for the tests of what it tells and of what was done to it."""

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from db.queries import audit
from db.session import Database
from identity.audit.service import AuditService

ENTRIES = 40


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
