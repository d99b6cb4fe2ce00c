"""Asked before a sign-in is changed from an open session: who sits at it must also know the password (A9.1)."""

from core.clock import Clock
from core.errors import AppError
from db.queries import audit
from db.queries import identity as queries
from db.queries.identity import UserRow
from db.session import Database
from identity.attempts import Attempt, SignInLimits
from identity.passwords import matches


def require_present_password(database: Database, clock: Clock, user: UserRow, given: str) -> None:
    """Raises ``present_password_wrong`` (403), or a lock (429) after as many wrong ones as at the sign-in."""
    limits = SignInLimits(database, clock)
    attempts = [Attempt("present", str(user.id))]
    limits.charge(attempts)
    with database.glancing() as connection:
        known = queries.credentials(connection, user.username)
    if not matches(known.password_hash if known else None, given):
        with database.transaction() as connection:
            details = {"code": "present_password_wrong"}
            audit.record(
                connection, user.username, "sign_in_failed", role=user.role, entity=user.username, details=details
            )
        raise AppError("present_password_wrong", 403)
    limits.succeeded(attempts)
