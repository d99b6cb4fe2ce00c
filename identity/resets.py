"""Who forgot their password asks for a link by mail, and nobody learns from the answer who is known here (A9.1)."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from core.mail import Mailer
from db.queries import audit, identity, users
from db.session import Database
from identity.attempts import Attempt, SignInLimits
from identity.devices import attempt_source
from identity.links import mail_link, make_link

SELF = "self"  # by whom such a link was made

log = logger(__name__)


@dataclass(frozen=True)
class ResetService:
    """A link to an account's own address: who reads its mail may choose its password, an administrator's too."""

    database: Database
    clock: Clock
    mailer: Mailer
    _post: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="reset-mail"), compare=False, repr=False
    )

    @property
    def is_on(self) -> bool:
        return self.mailer.is_on

    def ask(self, username: str, address: str | None = None) -> "Future[None]":
        """Mail a link to whoever has this name and an address, if anybody has.

        Answer, time and limits are the same for a name that nobody has: what is done for one that somebody has is
        done behind the answer. Earlier links stay, so that a stranger who asks ends nobody's invitation. Raises
        ``mail_off``, and ``resets_locked`` or ``address_locked`` (429) after too many.
        """
        self.mailer.require()
        limits, name, source = SignInLimits(self.database, self.clock), username.strip(), attempt_source(address)
        asked = [Attempt("reset", limits.name_keys(name)[0], tuple(limits.name_keys(name)[1:]))]
        limits.charge([*asked, *([Attempt("reset_address", source)] if source else [])])
        return self._post.submit(self._answer, name)

    def _answer(self, username: str) -> None:
        if not username.isprintable():  # nobody has such a name, and PostgreSQL takes no NUL
            return
        try:
            with self.database.transaction() as connection:
                known = identity.credentials(connection, username)
                row = users.held(connection, known.user_id) if known else None
                if row is None or row.email is None or not row.is_active or not row.has_password:
                    return
                link = make_link(connection, row.id, row.username, "reset", by=SELF, at=self.clock.now())
                audit.record(connection, row.username, "reset_asked", entity=row.username)
            mail_link(self.mailer, link, row.email, row.full_name, row.language)
        except AppError as error:
            log.warning("reset_not_mailed", reason=error.code)
