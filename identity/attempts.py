"""Limits on attempts to sign in: by name, whether anybody has it or not, by address, and by user for codes (A9.1).

A browser in which the person has signed in before is counted apart (``identity.known_browsers``), and so is an open
session in which the present password is asked for: what strangers try locks neither.

Every attempt is charged before the password is looked at and given back when it was right: attempts that run at once
cannot be more than the limit, and none of them waits for another's password. Names are stored as keyed hashes, since
people type their password into that field by mistake.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from db.queries import audit
from db.queries import sign_in_attempts as queries
from db.queries.sign_in_attempts import Counted
from db.session import Database

LOCK_TIME = timedelta(minutes=15)
TOLD_AGAIN = timedelta(minutes=1)  # a guesser who goes on stands once a minute in the audit log
KEPT = timedelta(days=1)  # an unfinished count of failures


@dataclass(frozen=True)
class Limit:
    """``failures`` in a row, or within ``window``, lock for a quarter of an hour with the error ``code``."""

    failures: int
    code: str
    window: timedelta | None = None


LIMITS = {
    "name": Limit(5, "account_locked"),
    "code": Limit(5, "account_locked"),
    "browser": Limit(5, "account_locked"),
    "present": Limit(5, "account_locked"),
    # Of a hotel behind one address many people mistype; of a guesser's address nothing else comes.
    "address": Limit(20, "address_locked", LOCK_TIME),
    # Links that somebody asked for: each is counted, nothing gives one back.
    "reset": Limit(3, "resets_locked", LOCK_TIME),
    "reset_address": Limit(20, "address_locked", LOCK_TIME),
}


@dataclass(frozen=True)
class Attempt:
    """What one attempt is counted under."""

    kind: str
    key: str
    older: tuple[str, ...] = ()  # what it was counted under before the installation's keys were exchanged


def charged(counted: Counted, at: datetime) -> Counted | None:
    """The count with one more failure; None while it is locked."""
    limit = LIMITS[counted.kind]
    if counted.locked_until is not None and counted.locked_until > at:
        return None
    is_over = counted.locked_until is not None or (limit.window is not None and counted.began_at <= at - limit.window)
    failures = 1 if is_over else counted.failures + 1
    began_at = at if is_over or not counted.failures else counted.began_at
    locked_until = at + LOCK_TIME if failures >= limit.failures else None
    return replace(counted, failures=failures, began_at=began_at, locked_until=locked_until)


@dataclass(frozen=True)
class SignInLimits:
    database: Database
    clock: Clock

    def by_name(self, username: str) -> Attempt:
        newest, *older = self.name_keys(username)
        return Attempt("name", newest, tuple(older))

    def name_keys(self, username: str) -> list[str]:
        """Keyed hashes, by each of the installation's keys: without them nobody can try out what a hash stands for."""
        if self.database.keys is None:
            raise AppError("encryption_keys_wanted", 500)
        return [one[:48] for one in self.database.keys.signatures(f"sign-in attempt: {username}".encode())]

    def charge(self, attempts: Sequence[Attempt]) -> None:
        """Count one failure in advance; raises ``account_locked`` or ``address_locked`` (429)."""
        now, refusal = self.clock.now(), None
        with self.database.transaction() as connection:
            for attempt in sorted(attempts, key=lambda one: one.kind):  # always in one order: no deadlock
                counted = charged(queries.held(connection, attempt.kind, attempt.key, now, attempt.older), now)
                if counted is None:
                    refusal = LIMITS[attempt.kind].code
                    audit.record(
                        connection, "anonymous", "sign_in_failed", entity=f"{attempt.kind} {attempt.key[:18]}",
                        details={"code": refusal}, unless_within=TOLD_AGAIN,
                    )  # fmt: skip
                    break
                queries.write(connection, counted)
        if refusal is not None:
            raise AppError(refusal, 429, params={"minutes": int(LOCK_TIME.total_seconds() // 60)})

    def succeeded(self, attempts: Sequence[Attempt]) -> None:
        """It was right: the name's failures are forgotten; of the address only this one, others may be guessing."""
        with self.database.transaction() as connection:
            for attempt in sorted(attempts, key=lambda one: one.kind):
                if LIMITS[attempt.kind].window is None:
                    queries.forget(connection, attempt.kind, attempt.key)
                else:
                    queries.give_back(connection, attempt.kind, attempt.key)
            queries.forget_before(connection, self.clock.now() - KEPT)

    def unlock(self, connection: Any, user_id: int, username: str) -> None:
        """Forget what failed, of passwords and of codes, wherever it was tried."""
        for key in self.name_keys(username):
            queries.forget(connection, "name", key)
        for kind in ("code", "present"):
            queries.forget(connection, kind, str(user_id))
        queries.forget_of_browsers(connection, user_id)
