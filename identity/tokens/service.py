"""Sign-ins of the API (SPEC R3): issue, refresh, check and end tokens. PostgreSQL is the truth at every step."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.key_ring import KeyRing
from core.logs import logger
from core.request_context import identify_request
from core.scope import Scope
from db.queries import audit
from db.queries import identity as users
from db.queries import tokens as queries
from db.queries.tokens import NewFamily, NewToken, PresentedRow
from db.session import Database
from identity.service import IdentityService, User
from identity.tokens import access_token, refresh_token, rotation
from identity.tokens.access_token import AccessClaims
from identity.tokens.caller import Caller
from identity.tokens.deny_list import DenyList
from identity.tokens.limits import REFRESHES, REFRESHES_OF_ACCOUNT, RefreshLimits
from identity.tokens.refresh_token import ABSOLUTE_LIFETIME, IDLE_LIFETIME
from identity.tokens.risks import MANY, MANY_ADDRESSES, MANY_WINDOW, RaiseAlert, SecurityEvent
from identity.tokens.signing_keys import ACCESS_LIFETIME, SigningKey, SigningKeys

CLIENT = "api"
KEPT, DELETED_AT_ONCE = ABSOLUTE_LIFETIME, 100  # ended families stay a while: a replay is still recognised
log = logger(__name__)


@dataclass(frozen=True)
class IssuedTokens:
    """What a client gets. Never logged, never stored."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_seconds: int
    refresh_seconds: int


@dataclass(frozen=True)
class Authenticated:
    """Who asks, with what they may see and do as of this moment."""

    user: User
    scope: Scope
    claims: AccessClaims


@dataclass(frozen=True)
class TokenService:
    """``second_factor`` is asked after the password, ``raise_alert`` told in the transaction that ends a family."""

    database: Database
    clock: Clock
    identity: IdentityService
    keys: KeyRing
    signing: SigningKeys
    denied: DenyList
    second_factor: Callable[[User, str | None, str | None], None]
    raise_alert: RaiseAlert

    @property
    def limits(self) -> RefreshLimits:
        return RefreshLimits(self.database, self.clock)

    def authenticate(self, authorization: str | None, address: str | None, user_agent: str | None) -> Authenticated:
        """Whose request it is, from the value of its ``Authorization`` header: what every route asks first.

        401 ``unauthenticated`` (no bearer token), ``token_invalid``, ``token_expired`` (refresh it), ``token_ended``
        (sign in again), ``token_address_changed`` (refresh it from the new network); 503 while neither the database
        nor the deny list can tell.
        """
        claims = access_token.read(_bearer(authorization), self.signing.verifying(), self.clock.now())
        if self.denied.denies(claims.family_id, claims.jti):
            raise AppError("token_ended", 401)
        with self.database.glancing() as connection:
            family = queries.family(connection, claims.family_id, claims.jti)
            user = users.user(connection, claims.user_id)
        lives = family is not None and family.revoked_at is None and family.expires_at > self.clock.now()
        if family is None or user is None or not lives or family.user_id != user.id or not user.is_active:
            self.denied.deny(claims.family_id)
            raise AppError("token_ended", 401)
        if family.is_denied:
            self.denied.deny(claims.jti)
            raise AppError("token_ended", 401)
        caller = Caller(address, user_agent)
        expected = (family.address_prefix, family.agent_family, family.device)
        if expected != (caller.address_prefix, caller.agent_family, caller.device):
            raise AppError("token_address_changed", 401)
        identify_request(user.username, user.role)
        return Authenticated(user, self.identity.scope_of(user), claims)

    def sign_in(
        self, username: str, password: str, caller: Caller, client_id: str = CLIENT, code: str | None = None
    ) -> IssuedTokens:
        """The first tokens of a new family; raises like ``check_password`` and ``second_factor``."""
        user = self.identity.check_password(username, password, caller.address)
        self.second_factor(user, code, caller.address)
        now, token = self.clock.now(), refresh_token.new_token()
        family = NewFamily(
            secrets.token_hex(16), user.id, client_id, caller.agent_family, caller.device, now, now + ABSOLUTE_LIFETIME
        )
        first = NewToken(refresh_token.digest(token), now + IDLE_LIFETIME, caller.address_prefix)
        with self.database.transaction() as connection:
            if not queries.begin(connection, family, first, user.password_mark):
                raise AppError("sign_in_refused", 401)
            self._watch_addresses(connection, user, caller, now)
            queries.delete_old(connection, now - KEPT, DELETED_AT_ONCE)
        identify_request(user.username, user.role)
        return self._issued(user.id, family.family_id, client_id, token, first.expires_at)

    def refresh(self, token: str, caller: Caller) -> IssuedTokens:
        """New tokens for a refresh token that works once; raises ``refresh_refused`` or ``refresh_expired`` (401).

        A token that was used already, or is used by another kind of program or device, ends the whole family: one of
        the two who hold it stole it. Only the answer that was lost just now is given again (``rotation.judge``).
        """
        self.limits.count(REFRESHES, caller.source)
        if not refresh_token.is_shaped(token):
            raise AppError("refresh_refused", 401)
        now, salt, presented = self.clock.now(), refresh_token.new_salt(), refresh_token.digest(token)
        following = refresh_token.successor(self.keys.first(), token, salt)
        new = NewToken(refresh_token.digest(following), now + IDLE_LIFETIME, caller.address_prefix)
        agent = (caller.agent_family, caller.device)
        with self.database.transaction() as connection:
            rotated = queries.rotate(connection, presented, new, salt, agent=agent, at=now)
            if rotated is not None:
                self.limits.count_within(connection, REFRESHES_OF_ACCOUNT, str(rotated.user_id))
                user = users.user(connection, rotated.user_id)
                if user is not None:
                    identify_request(user.username, user.role)
                    self._watch_addresses(connection, user, caller, now)
        if rotated is None:
            return self._not_rotated(token, presented, caller)
        return self._issued(rotated.user_id, rotated.family_id, rotated.client_id, following, rotated.expires_at)

    def revoke(self, token: str) -> None:
        """End what the token stands for: an access token alone, a refresh token with its family (RFC 7009).

        A token that is not ours, expired or ended before is no error: nothing of it works, which is what was asked.
        """
        now = self.clock.now()
        if refresh_token.is_shaped(token):
            with self.database.glancing() as connection:
                row = queries.presented(connection, refresh_token.digest(token))
            if row is not None:
                self.end(row.family_id, row.user_id, "signed_out")
            return
        try:
            claims = access_token.read(token, self.signing.verifying(), now)
        except AppError:
            return
        with self.database.transaction() as connection:
            queries.deny(connection, claims.jti, claims.family_id, now, claims.expires_at)
        self.denied.deny(claims.jti)

    def end(self, family_id: str, user_id: int, reason: str) -> None:
        """End one sign-in: its access tokens are refused from now on."""
        with self.database.transaction() as connection:
            if queries.revoke(connection, family_id, reason, self.clock.now()):
                user = users.user(connection, user_id)
                actor = user.username if user else "system"
                audit.record(connection, actor, "tokens_ended", entity=actor, details={"reason": reason})
        self.denied.deny(family_id)

    def end_all(self, scope: Scope, username: str, reason: str = "signed_out") -> int:
        """End every sign-in of a user, by themselves or by those who may change users; how many there were."""
        if scope.actor != username:
            scope.require("users.write")
        with self.database.transaction() as connection:
            user_id = queries.user_id_of(connection, username)
            if user_id is None:
                raise AppError("not_found", 404, params={"what": username})
            ended = queries.revoke_all(connection, user_id, reason, self.clock.now())
            details = {"reason": reason, "count": len(ended)}
            audit.record(connection, scope.actor, "tokens_ended", entity=username, details=details)
        self.denied.deny(*ended)
        return len(ended)

    def public_keys(self) -> list[dict[str, str]]:
        """What others need to check access tokens by themselves (RFC 7517)."""
        self.signing.signing()
        return [key.public_document() for key in self.signing.verifying()]

    def signing_keys(self, scope: Scope) -> tuple[SigningKey, ...]:
        """The keys of the installation, newest first."""
        scope.require("keys.write")
        self.signing.signing()
        return self.signing.all()

    def rotate_keys(self, scope: Scope) -> tuple[str, list[str]]:
        """Sign with a new key from now on: its id, and the ids of older keys that verify nothing any more."""
        scope.require("keys.write")
        key, gone = self.signing.rotate(), self.signing.retire()
        with self.database.transaction() as connection:
            audit.record(connection, scope.actor, "token_keys_rotated", details={"key": key.id, "retired": gone})
        return key.id, gone

    def retire_keys(self, scope: Scope) -> list[str]:
        """Delete keys that verify nothing any more; their ids."""
        scope.require("keys.write")
        gone = self.signing.retire()
        if gone:
            with self.database.transaction() as connection:
                audit.record(connection, scope.actor, "token_keys_retired", details={"keys": gone})
        return gone

    def _not_rotated(self, token: str, presented: str, caller: Caller) -> IssuedTokens:
        now = self.clock.now()
        with self.database.transaction() as connection:
            row = queries.presented(connection, presented)
            verdict = rotation.judge(row, caller, now)
            if row is not None and verdict in (rotation.REUSED, rotation.OTHER_DEVICE):
                self._end_stolen(connection, row, verdict, caller.address_prefix)
        if row is not None and verdict == rotation.LOST_RESPONSE and row.successor_salt and row.next_expires_at:
            for key in self.keys.all():
                following = refresh_token.successor(key, token, row.successor_salt)
                if refresh_token.digest(following) == row.next_sha256:
                    return self._issued(row.user_id, row.family_id, row.client_id, following, row.next_expires_at)
        if row is not None and verdict in (rotation.REUSED, rotation.OTHER_DEVICE):
            self.denied.deny(row.family_id)
        raise AppError("refresh_expired" if verdict == rotation.EXPIRED else "refresh_refused", 401)

    def _end_stolen(self, connection: Any, row: PresentedRow, reason: str, network: str) -> None:
        """End the family, once: whoever presents tokens of it later is refused without another alert."""
        now, user = self.clock.now(), users.user(connection, row.user_id)
        if queries.revoke(connection, row.family_id, reason, now) and user is not None:
            self._tell(connection, SecurityEvent(reason, user.id, user.username, network, now))

    def _watch_addresses(self, connection: Any, user: User, caller: Caller, at: datetime) -> None:
        if queries.address_count(connection, user.id, at - MANY_WINDOW) >= MANY:
            self._tell(connection, SecurityEvent(MANY_ADDRESSES, user.id, user.username, caller.address_prefix, at))

    def _tell(self, connection: Any, event: SecurityEvent) -> None:
        details = {"network": event.network}
        audit.record(connection, event.username, event.kind, entity=event.username, details=details)
        self.raise_alert(connection, event)
        log.warning("token_risk", kind=event.kind, user=event.username, network=event.network)

    def _issued(
        self, user_id: int, family_id: str, client_id: str, refresh: str, refresh_expires_at: datetime
    ) -> IssuedTokens:
        now = self.clock.now()
        claims = AccessClaims(user_id, family_id, client_id, secrets.token_hex(16), now, now + ACCESS_LIFETIME)
        return IssuedTokens(
            access_token.signed(self.signing.signing(), claims), refresh,
            int(ACCESS_LIFETIME.total_seconds()), int((refresh_expires_at - now).total_seconds()),
        )  # fmt: skip


def _bearer(authorization: str | None) -> str:
    """The token of ``Bearer <token>`` (RFC 6750)."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.casefold() != "bearer" or not token:
        raise AppError("unauthenticated", 401)
    return token
