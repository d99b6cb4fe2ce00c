"""Mails by the installation's SMTP server (SPEC A5.5, A9.1)."""

import re
import smtplib
import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import urlencode

from core.errors import AppError
from core.logs import logger
from core.settings import Settings

TIMEOUT_SECONDS = 10.0
MOST_CHARACTERS = 254  # RFC 5321 §4.5.3.1.3, as its errata read it

# What a browser takes for one (https://html.spec.whatwg.org/#valid-e-mail-address), with a dot in the domain.
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)

log = logger(__name__)


@dataclass(frozen=True)
class Mail:
    """Plain text to one address; ``language``: of the text."""

    to: str
    subject: str
    text: str
    language: str


@dataclass(frozen=True)
class Mailer:
    settings: Settings

    @property
    def is_on(self) -> bool:
        return self.settings.smtp_host is not None

    def require(self) -> None:
        """Raises ``mail_off`` where no server is set."""
        if not self.is_on:
            raise AppError("mail_off", 409)

    def address(self, path: str, **query: str) -> str:
        """Of a page, as whoever reads the mail reaches it: by the setting, never by what a request said."""
        asked = f"?{urlencode(query)}" if query else ""
        return f"{(self.settings.public_url or '').rstrip('/')}{path}{asked}"

    def send(self, mail: Mail) -> None:
        """Hand a mail to the server. Raises ``mail_off``, or ``mail_not_sent`` (502) with what the server said."""
        self.require()
        try:
            with self._connected() as server:
                refused = server.send_message(self._message(mail))
        except (OSError, smtplib.SMTPException, MessageError, ValueError) as error:
            reason = _reason(error)
            log.warning("mail_not_sent", reason=reason)
            raise AppError("mail_not_sent", 502, params={"to": mail.to, "reason": reason}) from error
        if refused:  # of one address it raises
            raise AppError("mail_not_sent", 502, params={"to": mail.to, "reason": f"{refused}"})

    def _connected(self) -> smtplib.SMTP:
        asked, tls = self.settings, ssl.create_default_context()
        host, port = asked.smtp_host or "", asked.smtp_port
        if asked.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=tls)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        with ExitStack() as refused:
            refused.callback(server.close)
            if asked.smtp_security == "starttls":
                server.starttls(context=tls)
            if asked.smtp_username:
                server.login(asked.smtp_username, asked.smtp_password or "")
            refused.pop_all()
        return server

    def _message(self, mail: Mail) -> EmailMessage:
        name, sender = parseaddr(self.settings.mail_from or "")
        message = EmailMessage()
        message["From"] = Address(name or "Barometer", addr_spec=sender)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
        message.set_content(mail.text)
        message["Content-Language"] = mail.language
        return message


def checked_address(written: str) -> str | None:
    """An address without a name; None where nothing is written. Raises ``email_wrong``."""
    address = written.strip()
    if not address:
        return None
    if not ADDRESS.fullmatch(address) or len(address) > MOST_CHARACTERS:
        raise AppError("email_wrong", params={"email": address[:MOST_CHARACTERS]})
    return address


def _reason(error: Exception) -> str:
    """What the server answered, or why there was no answer."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return f"{error}" or type(error).__name__
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
