"""Keys with which machines call the API: narrower than their owner, always with an end, stored as SHA-256 only."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import api_keys as queries
from db.queries import audit
from db.queries import identity as identity_queries
from db.queries.api_keys import ApiKeyRow
from db.session import Database
from identity.permissions import MACHINE_PERMISSIONS
from identity.secrets import digest
from identity.service import IdentityService

__all__ = ["PREFIX", "ApiKeyRow", "ApiKeyService", "KeyCaller", "NewApiKey"]

PREFIX = "bmk_"
HINT_CHARACTERS = 4
MOST_DAYS = 730
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class NewApiKey:
    """What was made; ``key`` is shown this once and stored nowhere."""

    id: int
    key: str
    expires_at: datetime


@dataclass(frozen=True)
class KeyCaller:
    """Who calls with a key: its owner's role, and the scope that the key narrows it to."""

    role: str
    scope: Scope


@dataclass(frozen=True)
class ApiKeyService:
    """Whoever holds ``api_keys.write`` makes, sees and ends their own keys; who may do everything, everybody's."""

    database: Database
    clock: Clock
    identity: IdentityService

    def create(
        self, scope: Scope, name: str, permissions: Sequence[str], *, days: int, hotels: Sequence[int] | None = None,
        owner: str | None = None,
    ) -> NewApiKey:  # fmt: skip
        """A key of the caller's, or of ``owner``; ``hotels`` None: all that the owner sees, also later.

        Raises ``api_key_wrong`` for a name, permission or time that cannot be, ``forbidden`` and ``not_found`` for
        more than owner and caller have, ``api_key_exists``.
        """
        scope.require("api_keys.write")
        wanted = owner or scope.actor
        if wanted != scope.actor:
            scope.require("*")
        _check(name, permissions, days)
        now, key = self.clock.now(), PREFIX + secrets.token_urlsafe(32)
        with self.database.transaction() as connection:
            user = identity_queries.user_of_name(connection, wanted)
            if user is None or not user.is_active:
                raise AppError("not_found", 404, params={"what": f"user {wanted}"})
            for one in (scope, self.identity.scope_of(user)):
                _require_within(one, permissions, hotels)
            key_id = queries.add(connection, {
                "user_id": user.id, "name": name, "key_sha256": digest(key),
                "hint": key[: len(PREFIX) + HINT_CHARACTERS], "permissions": sorted(set(permissions)),
                "hotels": None if hotels is None else sorted(set(hotels)), "created_by": scope.actor,
                "created_at": now, "expires_at": now + timedelta(days=days),
            })  # fmt: skip
            if key_id is None:
                raise AppError("api_key_exists", 409, params={"name": name})
            details = {"owner": wanted, "permissions": sorted(set(permissions)), "days": days}
            audit.record(connection, scope.actor, "api_key_created", entity=f"api_key {key_id}", details=details)
        return NewApiKey(key_id, key, now + timedelta(days=days))

    def listed(self, scope: Scope) -> list[ApiKeyRow]:
        """The keys that the caller may see, ended ones too, the newest first."""
        scope.require("api_keys.write")
        with self.database.reading() as connection:
            return queries.listed(connection, _owner_seen_by(scope))

    def revoke(self, scope: Scope, key_id: int) -> None:
        """End a key at once. Raises ``not_found`` for one that the caller does not see."""
        scope.require("api_keys.write")
        with self.database.transaction() as connection:
            name = queries.revoke(connection, key_id, _owner_seen_by(scope), scope.actor, self.clock.now())
            if name is None:
                raise AppError("not_found", 404, params={"what": f"api_key {key_id}"})
            audit.record(connection, scope.actor, "api_key_revoked", entity=f"api_key {key_id}")

    def caller_of(self, key: str) -> KeyCaller | None:
        """Who calls; None for a key that is unknown, ended or expired, or whose owner may not sign in.

        What the owner may do is read now: who loses a permission or a hotel loses it in their keys at once.
        """
        now = self.clock.now()
        with self.database.glancing() as connection:
            row = queries.working(connection, digest(key), now)
            user = None if row is None else identity_queries.user(connection, row.user_id)
        if row is None or user is None:
            return None
        if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY:
            with self.database.transaction() as connection:
                queries.note_use(connection, row.id, now, USE_NOTED_EVERY)
        return KeyCaller(user.role, _narrowed(self.identity.scope_of(user), row))


def _narrowed(owner: Scope, row: ApiKeyRow) -> Scope:
    allowed = frozenset(name for name in row.permissions if name in MACHINE_PERMISSIONS and owner.allows(name))
    hotels = owner.hotels if row.hotels is None else frozenset(owner.hotel_filter(list(row.hotels)) or ())
    return Scope(f"{row.owner}/{row.name}", allowed, hotels)


def _check(name: str, permissions: Sequence[str], days: int) -> None:
    unknown = sorted(set(permissions) - MACHINE_PERMISSIONS)
    rules = {
        "name": 0 < len(name.strip()) <= 64 and name.isprintable(),
        "permission": bool(permissions) and not unknown,
        "days": 1 <= days <= MOST_DAYS,
    }
    for rule, holds in rules.items():
        if not holds:
            params = {"days": MOST_DAYS, "known": ", ".join(sorted(MACHINE_PERMISSIONS))}
            raise AppError("api_key_wrong", message_id=f"error.api_key_{rule}_wrong", params=params)


def _require_within(scope: Scope, permissions: Sequence[str], hotels: Sequence[int] | None) -> None:
    for permission in sorted(set(permissions)):
        scope.require(permission)
    for hotel_id in hotels or ():
        scope.require_hotel(hotel_id)


def _owner_seen_by(scope: Scope) -> str | None:
    return None if "*" in scope.permissions else scope.actor
