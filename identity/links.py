"""One-time links by which people choose a password, and the mails that carry them (A9.1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.i18n import Translator
from core.mail import Mail, Mailer
from db.queries import user_links
from identity.secrets import digest, new_token

LIFETIMES = {"invitation": timedelta(days=3), "reset": timedelta(hours=2)}


@dataclass(frozen=True)
class Link:
    """A link to hand over: ``token`` is shown or mailed once and stored nowhere."""

    username: str
    kind: str
    token: str
    expires_at: datetime


def make_link(connection: Any, user_id: int, username: str, kind: str, *, by: str, at: datetime) -> Link:
    """The caller decides what becomes of earlier ones."""
    link = Link(username, kind, new_token(), at + LIFETIMES[kind])
    user_links.insert(connection, user_id, kind, digest(link.token), expires_at=link.expires_at, by=by)
    return link


def mail_link(mailer: Mailer, link: Link, to: str, full_name: str, language: str) -> None:
    """Raises ``mail_off`` or ``mail_not_sent``."""
    t = Translator(language)
    hours = int(LIFETIMES[link.kind].total_seconds() // 3_600)
    words = {
        "name": full_name, "username": link.username, "hours": hours,
        "address": mailer.address("/password", link=link.token),
    }  # fmt: skip
    mailer.send(Mail(to, t(f"mail.{link.kind}_subject"), t(f"mail.{link.kind}_text", **words), language))
