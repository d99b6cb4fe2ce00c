"""A mail server of the tests: what arrives there is what the installation really sent."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from core.settings import Settings

USER, PASSWORD = "barometer", "secret of the mail server"
PUBLIC, SENDER = "https://minibar.hotel.example", "Barometer <barometer@hotel.example>"


@dataclass
class Mailbox:
    """``mails`` as they came; ``refused``: an address that the server knows nobody by."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refused: str = ""

    async def handle_RCPT(self, _: Any, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802
        if address == self.refused:
            return "550 5.1.1 nobody of that name here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        found = message_from_bytes(content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        return [mail.get_content() for mail in self.mails]

    def settings(self, **more: Any) -> Settings:
        return Settings(**self.given(**more))

    def given(self, **more: Any) -> dict[str, Any]:
        """Of settings that send mails here."""
        return {
            "smtp_host": "localhost", "smtp_port": self.port, "smtp_security": "none", "mail_from": SENDER,
            "public_url": PUBLIC,
        } | more  # fmt: skip


class _Controller(Controller):
    """On a port that the system chooses when it listens: one that was free before may be taken by then."""

    async def _create_server(self) -> asyncio.AbstractServer:
        server = await self.loop.create_server(self._factory_invoker, host=self.hostname, port=0)
        self.port = server.sockets[0].getsockname()[1]
        return server


@contextmanager
def receiving(tls: ssl.SSLContext | None = None, **more: Any) -> Iterator[Mailbox]:
    """``tls``: it wants STARTTLS and an account; ``more``: of aiosmtpd's server."""
    box = Mailbox()
    wanted: dict[str, Any] = {"tls_context": tls, "require_starttls": True, "auth_required": True} if tls else {}
    controller = _Controller(
        box, hostname="127.0.0.1", ready_timeout=60, server_hostname="localhost", authenticator=_known, **wanted, **more
    )
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def _known(_: Any, __: Session, ___: Envelope, ____: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()), handled=False)
