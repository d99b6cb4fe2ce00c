"""Sign-in, sessions and what each user's scope is: every check reads the database, so what is revoked ends at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.i18n import LANGUAGES
from core.mail import checked_address
from core.scope import Scope
from db.models.identity import THEMES
from db.queries import audit, sessions
from db.queries import identity as queries
from db.queries.identity import NewUser, UserRow
from db.session import Database
from identity.attempts import Attempt, SignInLimits
from identity.belonging import check_username, give_hotels
from identity.devices import address_prefix, attempt_source, device_name
from identity.known_browsers import KnownBrowsers
from identity.passwords import check_policy, generate_password, hash_password, is_outdated, matches
from identity.permissions import ADMINISTRATORS, ROLE_PERMISSIONS, require_within
from identity.second_factor import SecondFactorService
from identity.secrets import digest, new_token

__all__ = ["THEMES", "IdentityService", "User"]
User = UserRow
FIRST_ADMINISTRATOR = "admin"
TICKET_LIFETIME = timedelta(seconds=60)
SESSION_LIFETIME = timedelta(days=14)
IDLE_LIMIT = timedelta(hours=12)


@dataclass(frozen=True)
class IdentityService:
    """Users in PostgreSQL; passwords as argon2id hashes, tickets and session tokens as SHA-256 only.

    ``requires_second_factor``: administrators without one may do nothing but set it up.
    """

    database: Database
    clock: Clock
    requires_second_factor: bool = False

    @property
    def second_factor(self) -> SecondFactorService:
        return SecondFactorService(self.database, self.clock)

    def ensure_first_administrator(self, password: str | None) -> tuple[str, str | None]:
        """(user name, the password if it was generated just now); adds nobody where users exist.

        A password from the settings is the operator's own choice and not held to the length rule.
        """
        with self.database.transaction() as connection:
            if queries.count_users(connection):
                return FIRST_ADMINISTRATOR, None
            chosen = password or generate_password()
            new = NewUser(FIRST_ADMINISTRATOR, "Administrator", hash_password(chosen), "superadmin", "en", True)
            if queries.insert_user(connection, new) is None:  # another process was faster
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
        email: str = "",
        language: str = "tr",
        hotels: list[int] | None = None,
    ) -> int:
        """Add a user of some hotels, or of all when ``hotels`` is None; raises ``user_exists`` or ``unknown_role``.

        Nobody gives away more than they have: neither permissions (``forbidden``) nor hotels (``not_found``).
        """
        scope.require("users.write")
        if role not in ROLE_PERMISSIONS:
            raise AppError("unknown_role", params={"role": role, "known": ", ".join(ROLE_PERMISSIONS)})
        require_within(scope, role, hotels)
        check_username(username)
        if language not in LANGUAGES:
            raise AppError("unknown_language", params={"language": language})
        check_policy(password, username)
        reached_at = checked_address(email)
        hashed = hash_password(password)
        new = NewUser(username, full_name or username, hashed, role, language, hotels is None, reached_at)
        with self.database.transaction() as connection:
            user_id = queries.insert_user(connection, new)
            if user_id is None:
                raise AppError("user_exists", 409, params={"username": username})
            give_hotels(connection, user_id, hotels or [])
            audit.record(connection, scope.actor, "user_added", entity=username, details={"role": role})
        return user_id

    def check_password(
        self, username: str, password: str, address: str | None = None, browser: str | None = None
    ) -> User:
        """The user; raises ``sign_in_refused`` (401) or, after too many failures, a lock (429).

        A lock is of the name, whether anybody has it or not, or of the address; where the cards of ``browser`` say that
        the person has signed in there before, of that browser alone. The password alone signs nobody in who has a
        second factor: ``begin_session`` asks for it.
        """
        if not username.isprintable():  # nobody has such a name, and PostgreSQL takes no NUL
            raise AppError("sign_in_refused", 401)
        limits, source = SignInLimits(self.database, self.clock), attempt_source(address)
        with self.database.glancing() as connection:
            known = queries.credentials(connection, username)
        apart = self._browsers.attempt(browser, known, self.clock.now())
        strangers = [limits.by_name(username), *([Attempt("address", source)] if source else [])]
        attempts = [apart] if apart else strangers
        limits.charge(attempts)
        right = matches(known.password_hash if known else None, password)
        user = self._signed_in(known, username, password) if known and known.is_active and right else None
        if user is None:
            with self.database.transaction() as connection:
                # The name of an unknown user is not kept: people type their password there by mistake.
                actor, role = (username, known.role) if known else ("anonymous", None)
                audit.record(connection, actor, "sign_in_failed", role=role)
            raise AppError("sign_in_refused", 401)
        limits.succeeded(attempts)
        return user

    def _signed_in(self, known: queries.Credentials, username: str, password: str) -> User | None:
        renewed = hash_password(password) if known.password_hash and is_outdated(known.password_hash) else None
        with self.database.transaction() as connection:
            if not queries.note_sign_in(connection, known, self.clock.now(), renewed):
                return None  # disabled, or another password, while this one was checked
            user = queries.user(connection, known.user_id)
            action = "password_accepted" if user and user.has_second_factor else "signed_in"
            audit.record(connection, username, action, role=known.role)
            return user

    def begin_session(self, user: User, code: str | None = None, address: str | None = None) -> str:
        """A one-time ticket of one minute, which the sign-in route exchanges for the session cookie.

        Raises ``second_factor_needed`` (401) where the user has one and no ``code`` came, ``code_refused`` (401) for
        a wrong one.
        """
        self.require_second_factor(user, code, address)
        return self.new_ticket(user)

    def require_second_factor(self, user: User, code: str | None, address: str | None = None) -> None:
        """What every door asks after the password; raises like ``begin_session``."""
        if user.has_second_factor:
            if code is None:
                raise AppError("second_factor_needed", 401)
            self.second_factor.check(user, code, address)
            with self.database.transaction() as connection:
                audit.record(connection, user.username, "signed_in", role=user.role)

    def new_ticket(self, user: User, has_shown_factors: bool = False) -> str:
        """A ticket for somebody who has shown all that is asked of them.

        ``has_shown_factors``: a provider that we believe asked for more than a password.

        Raises ``sign_in_refused`` (401) where they were disabled or got another password since ``user`` was read.
        """
        ticket, now = new_token(), self.clock.now()
        with self.database.transaction() as connection:
            sessions.forget_before(connection, now - SESSION_LIFETIME)
            if not sessions.insert(
                connection, user, digest(ticket), at=now, ticket_expires_at=now + TICKET_LIFETIME,
                expires_at=now + SESSION_LIFETIME, has_shown_factors=has_shown_factors,
            ):  # fmt: skip
                raise AppError("sign_in_refused", 401)
        return ticket

    def redeem_ticket(
        self, ticket: str, user_agent: str | None = None, address: str | None = None, before: str | None = None
    ) -> str:
        """The session token; raises ``ticket_refused`` (401) for a ticket that is used, too old or not ours.

        A session that the browser had ``before`` ends: nobody goes on in one that somebody else put there.
        """
        token, now = new_token(), self.clock.now()
        seen = {"device": device_name(user_agent), "address": address_prefix(address)}
        with self.database.transaction() as connection:
            if not sessions.redeem_ticket(connection, digest(ticket), digest(token), now, **seen):
                raise AppError("ticket_refused", 401)
            if before:
                sessions.end_one(connection, digest(before), now)
        return token

    def browser_cards(self, token: str, before: str | None) -> str | None:
        """What a browser keeps of the person whose session just began in it, beside what it had ``before``.

        None for who has no password, and nothing to lock.
        """
        user = self.session_user(token)
        with self.database.glancing() as connection:
            known = queries.credentials(connection, user.username) if user else None
        return self._browsers.cards(before, known, self.clock.now()) if known and known.password_hash else None

    @property
    def _browsers(self) -> KnownBrowsers:
        if self.database.keys is None:
            raise AppError("encryption_keys_wanted", 500)
        return KnownBrowsers(self.database.keys)

    def session_user(self, token: str) -> User | None:
        """Whose session it is; None when it ended, expired, was left alone too long, or the user was disabled."""
        now = self.clock.now()
        with self.database.glancing() as connection:
            return sessions.user_of(connection, digest(token), now, now - IDLE_LIMIT)

    def lasting_sessions(self, tokens: Collection[str]) -> set[str]:
        """Those of the tokens whose sessions last; one statement for all that are open."""
        now, by_digest = self.clock.now(), {digest(token): token for token in tokens}
        with self.database.glancing() as connection:
            lasting = sessions.lasting(connection, by_digest.keys(), now, now - IDLE_LIMIT)
        return {by_digest[one] for one in lasting}

    def note_use(self, token: str) -> None:
        """Somebody did something in the session: it is not idle."""
        now = self.clock.now()
        with self.database.transaction() as connection:
            sessions.note_use(connection, digest(token), now, now - IDLE_LIMIT)

    def end_session(self, token: str) -> None:
        """Sign out; a session that ended already stays as it ended."""
        with self.database.transaction() as connection:
            owner = sessions.end_one(connection, digest(token), self.clock.now())
            if owner is not None:
                audit.record(connection, owner.username, "signed_out", role=owner.role)

    def set_language(self, user: User, language: str) -> None:
        """Remember the language of the user's screens."""
        if language not in LANGUAGES:
            raise AppError("unknown_language", params={"language": language})
        with self.database.transaction() as connection:
            queries.set_language(connection, user.id, language)
            _note_preference(connection, user, "language", user.language, language)

    def set_theme(self, user: User, theme: str) -> None:
        """Remember how the user's screens look: ``light``, ``dark``, or as the ``device`` is set."""
        if theme not in THEMES:
            raise AppError("unknown_theme", params={"theme": theme})
        with self.database.transaction() as connection:
            queries.set_theme(connection, user.id, theme)
            _note_preference(connection, user, "theme", user.theme, theme)

    def must_add_second_factor(self, user: User) -> bool:
        """Whether the installation asks an administrator for what they do not have yet."""
        has_one = user.has_second_factor or user.has_shown_factors
        return self.requires_second_factor and user.role in ADMINISTRATORS and not has_one

    def scope_of(self, user: User) -> Scope:
        """What the user may see and do: nothing before a second factor that is asked for."""
        hotels = None if user.sees_all_hotels else user.hotels
        permissions = frozenset[str]() if self.must_add_second_factor(user) else ROLE_PERMISSIONS[user.role]
        return Scope(user.username, permissions, hotels)


def _note_preference(connection: Any, user: User, name: str, before: str, after: str) -> None:
    """A choice that changes nothing is none."""
    if before != after:
        audit.record(
            connection, user.username, "preferences_changed", role=user.role, entity=user.username,
            before={name: before}, after={name: after},
        )  # fmt: skip
