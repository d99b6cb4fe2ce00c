"""Users as administrators manage them: invite, change, disable, unlock, links to choose a password (A9.1).

Nobody gives more than they have, and nobody changes somebody who has more.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.i18n import LANGUAGES
from core.mail import Mailer, checked_address
from core.scope import Scope
from db.queries import audit, identity, second_factors, sessions, user_links
from db.queries import sign_in_attempts as attempts
from db.queries import users as queries
from db.queries.identity import NewUser
from db.queries.users import AccountRow
from db.session import Database
from identity.attempts import SignInLimits
from identity.belonging import check_username, give_hotels
from identity.links import Link, mail_link, make_link
from identity.permissions import ROLE_PERMISSIONS, is_within, require_within

TOP_ROLE = "superadmin"


@dataclass(frozen=True)
class Account:
    """A user in the list. ``may_change``: False where they have more than the reader has."""

    row: AccountRow
    locked_until: datetime | None
    may_change: bool

    @property
    def state(self) -> str:
        """``disabled``, ``locked``, ``invited`` or ``active``: the first that applies."""
        if not self.row.is_active:
            return "disabled"
        if self.locked_until is not None:
            return "locked"
        return "active" if self.row.has_password else "invited"


@dataclass(frozen=True)
class UserService:
    database: Database
    clock: Clock
    mailer: Mailer

    def listed(self, scope: Scope) -> list[Account]:
        """The users of the reader's hotels, by name."""
        scope.require("users.write")
        limits = SignInLimits(self.database, self.clock)
        with self.database.reading() as connection:
            rows = queries.accounts(connection)
            locks = attempts.locks(connection, "name", self.clock.now())
        seen = [row for row in rows if _is_seen(scope, row)]
        until = {row.id: [locks[key] for key in limits.name_keys(row.username) if key in locks] for row in seen}
        return [Account(row, max(until[row.id], default=None), _may_change(scope, row)) for row in seen]

    def id_of(self, scope: Scope, username: str) -> int:
        """Whose name it is; ``user_unknown`` (404) where nobody has it or the caller may not see them."""
        for account in self.listed(scope):
            if account.row.username == username:
                return account.row.id
        raise AppError("user_unknown", 404, params={"username": username})

    def known_roles(self) -> list[str]:
        return list(ROLE_PERMISSIONS)

    def roles_to_give(self, scope: Scope) -> list[str]:
        """Roles that hold nothing the caller has not."""
        return [role for role, held in ROLE_PERMISSIONS.items() if all(scope.allows(one) for one in held)]

    def invite(
        self, scope: Scope, username: str, role: str, *, full_name: str = "", email: str = "", language: str = "tr",
        hotels: list[int] | None = None,
    ) -> Link:  # fmt: skip
        """Add a user without a password, and the link by which they choose one."""
        scope.require("users.write")
        _require_role(role)
        require_within(scope, role, hotels)
        check_username(username)
        if language not in LANGUAGES:
            raise AppError("unknown_language", params={"language": language})
        new = NewUser(username, full_name or username, None, role, language, hotels is None, checked_address(email))
        with self.database.transaction() as connection:
            user_id = identity.insert_user(connection, new)
            if user_id is None:
                raise AppError("user_exists", 409, params={"username": username})
            give_hotels(connection, user_id, hotels or [])
            details = {"role": role, "hotels": hotels, "email": new.email}
            audit.record(connection, scope.actor, "user_invited", entity=username, details=details)
            return self._link(connection, scope, user_id, username, "invitation")

    def change(
        self, scope: Scope, user_id: int, *, full_name: str, email: str, role: str, hotels: list[int] | None
    ) -> None:
        """Name, address of mails, role and hotels; raises ``email_wrong``, and ``last_superadmin`` (409) where nobody
        else could do everything. Links end that went to another address."""
        _require_role(role)
        require_within(scope, role, hotels)
        reached_at = checked_address(email)
        with self._changing(scope, user_id) as (connection, row):
            if role != TOP_ROLE:
                _keep_a_superadmin(connection, row)
            name = full_name.strip() or row.username
            if reached_at != row.email:
                user_links.revoke_all(connection, user_id, self.clock.now())
            queries.change(
                connection, user_id, full_name=name, email=reached_at, role=role, sees_all_hotels=hotels is None
            )
            give_hotels(connection, user_id, hotels or [])
            before = {"full_name": row.full_name, "email": row.email, "role": row.role, "hotels": _told(_hotels(row))}
            after = {"full_name": name, "email": reached_at, "role": role, "hotels": _told(hotels)}
            audit.record(connection, scope.actor, "user_changed", entity=row.username, before=before, after=after)

    def set_active(self, scope: Scope, user_id: int, is_active: bool) -> None:
        """Disable or enable; a disabled user's sessions and links end for good."""
        with self._changing(scope, user_id) as (connection, row):
            if not is_active:
                _keep_a_superadmin(connection, row)
                sessions.end_all(connection, user_id, self.clock.now())
                user_links.revoke_all(connection, user_id, self.clock.now())
            queries.set_active(connection, user_id, is_active)
            action = "user_enabled" if is_active else "user_disabled"
            audit.record(connection, scope.actor, action, entity=row.username)

    def unlock(self, scope: Scope, user_id: int) -> None:
        """Forget failed attempts, of passwords and of codes."""
        with self._changing(scope, user_id) as (connection, row):
            SignInLimits(self.database, self.clock).unlock(connection, user_id, row.username)
            audit.record(connection, scope.actor, "user_unlocked", entity=row.username)

    def new_link(self, scope: Scope, user_id: int) -> Link:
        """A link to choose a password; earlier ones of the user end. The present password stays until it is used."""
        with self._changing(scope, user_id) as (connection, row):
            if not row.is_active:
                raise AppError("user_is_disabled", 409, params={"username": row.username})
            kind = "reset" if row.has_password else "invitation"
            audit.record(connection, scope.actor, "link_made", entity=row.username, details={"kind": kind})
            return self._link(connection, scope, user_id, row.username, kind)

    def mail(self, scope: Scope, link: Link) -> str:
        """Send a link that was just made to its user; the address.

        Raises ``no_email`` (409), ``mail_off``, ``mail_not_sent`` (502): the link stays good, to be handed over.
        """
        self.mailer.require()
        with self._changing(scope, self.id_of(scope, link.username)) as (_, row):
            if row.email is None:
                raise AppError("no_email", 409, params={"username": row.username})
        mail_link(self.mailer, link, row.email, row.full_name, row.language)
        with self.database.transaction() as connection:
            details = {"kind": link.kind, "email": row.email}
            audit.record(connection, scope.actor, "link_mailed", entity=row.username, details=details)
        return row.email

    def forget_second_factor(self, scope: Scope, user_id: int) -> None:
        """For somebody who lost their phone and their recovery codes."""
        with self._changing(scope, user_id) as (connection, row):
            if second_factors.remove(connection, user_id):
                audit.record(connection, scope.actor, "second_factor_forgotten", entity=row.username)

    def _link(self, connection: Any, scope: Scope, user_id: int, username: str, kind: str) -> Link:
        now = self.clock.now()
        user_links.revoke_all(connection, user_id, now)
        return make_link(connection, user_id, username, kind, by=scope.actor, at=now)

    @contextmanager
    def _changing(self, scope: Scope, user_id: int) -> Iterator[tuple[Any, AccountRow]]:
        """The user, held against other changes; ``not_found`` outside the caller's hotels, ``forbidden`` above them."""
        scope.require("users.write")
        with self.database.transaction() as connection:
            row = queries.held(connection, user_id)
            if row is None or not _is_seen(scope, row):
                raise AppError("not_found", 404, params={"what": f"user {user_id}"})
            if not _may_change(scope, row):
                raise AppError("forbidden", 403, params={"permission": f"role {row.role}"})
            yield connection, row


def _hotels(row: AccountRow) -> frozenset[int] | None:
    return None if row.sees_all_hotels else row.hotels


def _told(hotels: Collection[int] | None) -> list[int] | None:
    """As the audit log keeps them; None is all."""
    return None if hotels is None else sorted(set(hotels))


def _is_seen(scope: Scope, row: AccountRow) -> bool:
    hotels = _hotels(row)
    return scope.hotels is None or (hotels is not None and hotels <= scope.hotels)


def _may_change(scope: Scope, row: AccountRow) -> bool:
    return is_within(scope, row.role, _hotels(row))


def _require_role(role: str) -> None:
    if role not in ROLE_PERMISSIONS:
        raise AppError("unknown_role", params={"role": role, "known": ", ".join(ROLE_PERMISSIONS)})


def _keep_a_superadmin(connection: Any, row: AccountRow) -> None:
    """Somebody who may do everything is always left."""
    if row.role == TOP_ROLE and row.is_active and queries.hold_active(connection, TOP_ROLE) == [row.id]:
        raise AppError("last_superadmin", 409)
