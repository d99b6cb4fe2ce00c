"""Sign-in, sessions and users: every check reads the database, so what is revoked ends at once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from core.clock import Clock
from core.errors import AppError
from core.i18n import LANGUAGES
from core.scope import Scope
from db.models.identity import THEMES
from db.queries import audit
from db.queries import identity as queries
from db.queries.identity import NewUser, UserRow
from db.session import Database
from identity.passwords import check_length, generate_password, hash_password, is_outdated, matches
from identity.permissions import ROLE_PERMISSIONS

__all__ = ["THEMES", "IdentityService", "User"]
User = UserRow
FIRST_ADMINISTRATOR = "admin"
ATTEMPT_LIMIT = 5
LOCK_TIME = timedelta(minutes=15)
TICKET_LIFETIME = timedelta(seconds=60)
SESSION_LIFETIME = timedelta(days=14)


def digest(secret: str) -> str:
    """What is stored of a ticket or token of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class IdentityService:
    """Users in PostgreSQL; passwords as argon2id hashes, tickets and session tokens as SHA-256 only."""

    database: Database
    clock: Clock

    def ensure_first_administrator(self, password: str | None) -> tuple[str, str | None]:
        """(user name, the password if it was generated just now); adds nobody where users exist.

        A password from the settings is the operator's own choice and not held to the length rule.
        """
        with self.database.transaction() as connection:
            if queries.count_users(connection):
                return FIRST_ADMINISTRATOR, None
            chosen = password or generate_password()
            new = NewUser(FIRST_ADMINISTRATOR, "Administrator", hash_password(chosen), "superadmin", "en", True)
            if queries.insert_user(connection, new, []) is None:  # another process was faster
                return FIRST_ADMINISTRATOR, None
            audit.record(connection, "system", "user_added", entity=FIRST_ADMINISTRATOR, details={"role": new.role})
        return FIRST_ADMINISTRATOR, None if password else chosen

    def add_user(
        self,
        scope: Scope,
        username: str,
        password: str,
        role: str,
        *,
        full_name: str = "",
        language: str = "tr",
        hotels: list[int] | None = None,
    ) -> int:
        """Add a user of some hotels, or of all when ``hotels`` is None; raises ``user_exists`` or ``unknown_role``.

        Nobody gives away more than they have: neither permissions (``forbidden``) nor hotels (``not_found``).
        """
        scope.require("users.write")
        if role not in ROLE_PERMISSIONS:
            raise AppError("unknown_role", params={"role": role, "known": ", ".join(ROLE_PERMISSIONS)})
        _require_within(scope, role, hotels)
        if language not in LANGUAGES:
            raise AppError("unknown_language", params={"language": language})
        check_length(password)
        new = NewUser(username, full_name or username, hash_password(password), role, language, hotels is None)
        with self.database.transaction() as connection:
            user_id = queries.insert_user(connection, new, hotels or [])
            if user_id is None:
                raise AppError("user_exists", 409, params={"username": username})
            audit.record(connection, scope.actor, "user_added", entity=username, details={"role": role})
        return user_id

    def check_password(self, username: str, password: str) -> User:
        """The user; raises ``sign_in_refused`` (401) or, after five failures, ``account_locked`` (429)."""
        now = self.clock.now()
        with self.database.transaction() as connection:
            known = queries.credentials(connection, username)
            locked = known is not None and known.locked_until is not None and known.locked_until > now
            right = matches(known.password_hash if known else None, password)
            granted = known is not None and right and known.is_active and not locked
            if known is not None and granted:
                new_hash = hash_password(password) if is_outdated(known.password_hash) else None
                queries.note_sign_in(connection, known.user_id, now, new_hash)
            elif known is not None and not locked:
                queries.count_failure(connection, known.user_id, ATTEMPT_LIMIT, now + LOCK_TIME)
            # The name of an unknown user is not kept: people type their password there by mistake.
            actor = username if known is not None else "anonymous"
            audit.record(connection, actor, "signed_in" if granted else "sign_in_failed")
            user = queries.user(connection, known.user_id) if known is not None and granted else None
        if locked:
            raise AppError("account_locked", 429, params={"minutes": int(LOCK_TIME.total_seconds() // 60)})
        if user is None:
            raise AppError("sign_in_refused", 401)
        return user

    def begin_session(self, user: User) -> str:
        """A one-time ticket of one minute, which the sign-in route exchanges for the session cookie."""
        ticket, now = secrets.token_urlsafe(32), self.clock.now()
        with self.database.transaction() as connection:
            queries.insert_session(
                connection, user.id, digest(ticket), now + TICKET_LIFETIME, now + SESSION_LIFETIME
            )  # fmt: skip
        return ticket

    def redeem_ticket(self, ticket: str) -> str:
        """The session token; raises ``ticket_refused`` (401) for a ticket that is used, too old or not ours."""
        token = secrets.token_urlsafe(32)
        with self.database.transaction() as connection:
            if not queries.redeem_ticket(connection, digest(ticket), digest(token), self.clock.now()):
                raise AppError("ticket_refused", 401)
        return token

    def session_user(self, token: str) -> User | None:
        """Whose session it is; None when it ended, expired, or the user was disabled."""
        with self.database.glancing() as connection:
            return queries.session_user(connection, digest(token), self.clock.now())

    def end_session(self, token: str) -> None:
        with self.database.transaction() as connection:
            queries.revoke_session(connection, digest(token), self.clock.now())

    def set_language(self, user: User, language: str) -> None:
        """Remember the language of the user's screens."""
        if language not in LANGUAGES:
            raise AppError("unknown_language", params={"language": language})
        with self.database.transaction() as connection:
            queries.set_language(connection, user.id, language)

    def set_theme(self, user: User, theme: str) -> None:
        """Remember how the user's screens look: ``light``, ``dark``, or as the ``device`` is set."""
        if theme not in THEMES:
            raise AppError("unknown_theme", params={"theme": theme})
        with self.database.transaction() as connection:
            queries.set_theme(connection, user.id, theme)

    def set_active(self, scope: Scope, user_id: int, is_active: bool) -> None:
        """Disable or enable a user; sessions of a disabled user end with the next click."""
        scope.require("users.write")
        with self.database.transaction() as connection:
            queries.set_active(connection, user_id, is_active)
            action = "user_enabled" if is_active else "user_disabled"
            audit.record(connection, scope.actor, action, entity=str(user_id))

    def scope_of(self, user: User) -> Scope:
        """What the user may see and do."""
        hotels = None if user.sees_all_hotels else user.hotels
        return Scope(user.username, ROLE_PERMISSIONS[user.role], hotels)


def _require_within(scope: Scope, role: str, hotels: list[int] | None) -> None:
    for permission in sorted(ROLE_PERMISSIONS[role]):
        scope.require(permission)
    if hotels is None and scope.hotels is not None:
        raise AppError("forbidden", 403, params={"permission": "hotels"})
    for hotel_id in hotels or []:
        scope.require_hotel(hotel_id)
