"""What people do with their own account: password, sessions, links to choose a password (A9.1)."""

from dataclasses import dataclass

from core.clock import Clock
from core.errors import AppError
from db.queries import audit, sessions, user_links
from db.queries import identity as queries
from db.queries.identity import UserRow
from db.queries.sessions import SessionRow
from db.session import Database
from identity.attempts import SignInLimits
from identity.passwords import check_policy, hash_password
from identity.present_password import require_present_password
from identity.secrets import digest
from identity.service import IDLE_LIMIT, IdentityService

__all__ = ["AccountService", "Invited", "SessionRow"]


@dataclass(frozen=True)
class Invited:
    """Whom a link belongs to; ``kind`` is ``invitation`` or ``reset``."""

    user: UserRow
    kind: str


@dataclass(frozen=True)
class AccountService:
    database: Database
    clock: Clock
    identity: IdentityService

    def change_password(self, user: UserRow, present: str, new: str) -> str:
        """Every session of the user ends; the ticket of a new one. Raises ``present_password_wrong`` (403)."""
        require_present_password(self.database, self.clock, user, present)
        check_policy(new, user.username)
        return self.identity.new_ticket(self._set_password(user, new, "password_changed"))

    def invited(self, token: str) -> Invited:
        """Whose link it is; raises ``link_refused`` (410) when it was used, is too old, or a newer one was made."""
        with self.database.reading() as connection:
            link = user_links.usable(connection, digest(token), self.clock.now())
            user = queries.user(connection, link.user_id) if link else None
        if link is None or user is None or not user.is_active:
            raise AppError("link_refused", 410)
        return Invited(user, link.kind)

    def use_link(self, token: str, new: str) -> UserRow:
        """Set the password of the link's user; the link, other links and every session end, a lock is lifted."""
        user = self.invited(token).user
        check_policy(new, user.username)
        self._set_password(user, new, "password_chosen", digest(token))
        with self.database.transaction() as connection:
            SignInLimits(self.database, self.clock).unlock(connection, user.id, user.username)
        return user

    def sessions(self, user: UserRow, token: str) -> list[SessionRow]:
        """Where the user is signed in; ``token`` tells which of them asks."""
        now = self.clock.now()
        with self.database.reading() as connection:
            return sessions.of_user(connection, user.id, digest(token), now, now - IDLE_LIMIT)

    def end_session(self, user: UserRow, session_id: int) -> None:
        """One of the user's own; another's is ``not_found``."""
        with self.database.transaction() as connection:
            if not sessions.end_of_user(connection, user.id, session_id, self.clock.now()):
                raise AppError("not_found", 404, params={"what": f"session {session_id}"})
            audit.record(connection, user.username, "session_ended", entity=user.username)

    def end_other_sessions(self, user: UserRow, token: str) -> int:
        """All but the one that asks; how many."""
        with self.database.transaction() as connection:
            ended = sessions.end_all(connection, user.id, self.clock.now(), but_token=digest(token))
            audit.record(connection, user.username, "sessions_ended", entity=user.username, details={"count": ended})
        return ended

    def _set_password(self, user: UserRow, new: str, action: str, link_sha256: str | None = None) -> UserRow:
        """Everything that was begun with an earlier one ends; the user as they are now."""
        hashed, now = hash_password(new), self.clock.now()
        with self.database.transaction() as connection:
            if link_sha256 is not None and not user_links.use(connection, link_sha256, now):
                raise AppError("link_refused", 410)  # somebody was faster
            queries.set_password(connection, user.id, hashed)
            sessions.end_all(connection, user.id, now)
            user_links.revoke_all(connection, user.id, now)
            audit.record(connection, user.username, action, entity=user.username)
            return queries.user(connection, user.id) or user
