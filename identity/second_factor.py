"""The second factor: enrolment of an authenticator app, its codes at sign-in, recovery codes (A9.1)."""

from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import AppError
from db.queries import audit
from db.queries import second_factors as queries
from db.queries.identity import UserRow
from db.session import Database
from identity import totp
from identity.attempts import Attempt, SignInLimits
from identity.devices import attempt_source
from identity.present_password import require_present_password
from identity.secrets import digest


@dataclass(frozen=True)
class Enrolment:
    """What the app needs: the link, as a QR code (SVG) too, or the secret to type."""

    secret: str = field(repr=False)
    link: str = field(repr=False)
    picture: str = field(repr=False)


@dataclass(frozen=True)
class FactorState:
    """``recovery_codes_left``: of ten, each good once."""

    is_on: bool
    recovery_codes_left: int


@dataclass(frozen=True)
class SecondFactorService:
    """Secrets stand sealed in the database; a code counts once, and five wrong ones lock for a quarter of an hour."""

    database: Database
    clock: Clock

    def state(self, user: UserRow) -> FactorState:
        with self.database.reading() as connection:
            left = queries.recovery_codes_left(connection, user.id) if user.has_second_factor else 0
        return FactorState(user.has_second_factor, left)

    def begin(self, user: UserRow, password: str) -> Enrolment:
        """A new secret that waits for its first code; raises ``second_factor_exists`` where one is in use.

        Raises ``present_password_wrong``: a session that somebody left open must not lock its owner out.
        """
        require_present_password(self.database, self.clock, user, password)
        secret = totp.new_secret()
        with self.database.transaction() as connection:
            if not queries.begin(connection, user.id, secret):
                raise AppError("second_factor_exists", 409)
        link = totp.app_link(secret, user.username)
        return Enrolment(secret, link, totp.picture(link))

    def confirm(self, user: UserRow, code: str) -> list[str]:
        """The app gave a right code: from now on it is asked for. The recovery codes, shown this once."""
        with self.database.reading() as connection:
            factor = queries.factor(connection, user.id)
        if factor is None or factor.is_confirmed:
            raise AppError("second_factor_exists" if factor else "second_factor_missing", 409)
        self._check(user, code, with_recovery=False, address=None)
        codes = totp.new_recovery_codes()
        with self.database.transaction() as connection:
            queries.confirm(connection, user.id, self.clock.now())
            queries.replace_recovery_codes(connection, user.id, [digest(totp.typed(one)) for one in codes])
            audit.record(connection, user.username, "second_factor_added", entity=user.username)
        return codes

    def renew_recovery_codes(self, user: UserRow, code: str) -> list[str]:
        """Ten new ones; the old ones are worth nothing any more."""
        self._check(user, code, with_recovery=False, address=None)
        codes = totp.new_recovery_codes()
        with self.database.transaction() as connection:
            queries.replace_recovery_codes(connection, user.id, [digest(totp.typed(one)) for one in codes])
            audit.record(connection, user.username, "recovery_codes_renewed", entity=user.username)
        return codes

    def remove(self, user: UserRow, password: str, code: str) -> None:
        """By its owner, who shows that they know the password and have the factor."""
        require_present_password(self.database, self.clock, user, password)
        self.check(user, code)
        with self.database.transaction() as connection:
            queries.remove(connection, user.id)
            audit.record(connection, user.username, "second_factor_removed", entity=user.username)

    def check(self, user: UserRow, code: str, address: str | None = None) -> None:
        """A code of the app or a recovery code; raises ``code_refused`` (401) or ``account_locked`` (429)."""
        self._check(user, code, with_recovery=True, address=address)

    def _check(self, user: UserRow, code: str, *, with_recovery: bool, address: str | None) -> None:
        limits, source = SignInLimits(self.database, self.clock), attempt_source(address)
        attempts = [Attempt("code", str(user.id)), *([Attempt("address", source)] if source else [])]
        limits.charge(attempts)
        if not self._is_right(user, totp.typed(code), with_recovery=with_recovery):
            with self.database.transaction() as connection:
                audit.record(connection, user.username, "code_refused", role=user.role)
            raise AppError("code_refused", 401)
        limits.succeeded(attempts)

    def _is_right(self, user: UserRow, code: str, *, with_recovery: bool) -> bool:
        now = self.clock.now()
        with self.database.transaction() as connection:
            factor = queries.factor(connection, user.id)
            if factor is None:
                return False
            step = totp.matching_step(factor.secret, code, now, factor.last_step)
            if step is not None and queries.use_step(connection, user.id, step):
                return True
            if with_recovery and queries.use_recovery_code(connection, user.id, digest(code), now):
                audit.record(connection, user.username, "recovery_code_used", role=user.role)
                return True
        return False
