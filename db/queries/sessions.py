"""Sessions of the dashboard: begun with a ticket, used, listed, ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.queries.identity import MARK, UserRow, user_where

LIVE = (
    "s.token_sha256 IS NOT NULL AND s.revoked_at IS NULL AND s.expires_at > :at AND s.last_used_at > :idle_since"
    " AND EXISTS (SELECT FROM users a WHERE a.id = s.user_id AND a.is_active)"
)


@dataclass(frozen=True)
class SessionRow:
    """A session that lasts, as its user sees it."""

    id: int
    device: str | None
    address: str | None
    created_at: datetime
    last_used_at: datetime
    is_this: bool


@dataclass(frozen=True)
class Owner:
    """Whose session ended."""

    username: str
    role: str


def insert(
    connection: Connection, user: UserRow, ticket_sha256: str, *, at: datetime, ticket_expires_at: datetime,
    expires_at: datetime, has_shown_factors: bool,
) -> bool:  # fmt: skip
    """A session that begins when its ticket is redeemed; False when the user was disabled or has another password."""
    # FOR SHARE waits for a change of the user that is under way, and lets none overtake.
    done = connection.execute(
        text(
            "INSERT INTO user_sessions (user_id, ticket_sha256, ticket_expires_at, created_at, last_used_at,"
            " expires_at, has_shown_factors) SELECT u.id, :ticket, :ticket_expires_at, :at, :at, :expires_at,"
            " :has_shown_factors FROM users u"
            f" WHERE u.id = :user_id AND u.is_active AND {MARK} IS NOT DISTINCT FROM :mark FOR SHARE OF u"
        ),
        {
            "user_id": user.id, "mark": user.password_mark, "ticket": ticket_sha256,
            "ticket_expires_at": ticket_expires_at, "at": at, "expires_at": expires_at,
            "has_shown_factors": has_shown_factors,
        },
    )  # fmt: skip
    return done.rowcount == 1


def redeem_ticket(
    connection: Connection, ticket_sha256: str, token_sha256: str, at: datetime, *, device: str | None,
    address: str | None,
) -> bool:  # fmt: skip
    """Exchange the ticket for the token in one conditional update: a ticket works once."""
    done = connection.execute(
        text(
            "UPDATE user_sessions SET token_sha256 = :token, ticket_sha256 = NULL, device = :device,"
            " address = :address, last_used_at = :at"
            " WHERE ticket_sha256 = :ticket AND ticket_expires_at > :at AND revoked_at IS NULL"
        ),
        {"token": token_sha256, "ticket": ticket_sha256, "at": at, "device": device, "address": address},
    )
    return done.rowcount == 1


def user_of(connection: Connection, token_sha256: str, at: datetime, idle_since: datetime) -> UserRow | None:
    """The active user of a session that lasts."""
    condition = f"u.id = (SELECT s.user_id FROM user_sessions s WHERE s.token_sha256 = :key AND {LIVE})"
    shown = "(SELECT s.has_shown_factors FROM user_sessions s WHERE s.token_sha256 = :key)"
    return user_where(connection, condition, {"key": token_sha256, "at": at, "idle_since": idle_since}, shown)


def lasting(connection: Connection, tokens: Collection[str], at: datetime, idle_since: datetime) -> set[str]:
    """Those of the tokens whose sessions last."""
    rows = connection.execute(
        text(f"SELECT s.token_sha256 FROM user_sessions s WHERE s.token_sha256 = ANY(:tokens) AND {LIVE}"),
        {"tokens": list(tokens), "at": at, "idle_since": idle_since},
    )
    return set(rows.scalars())


def note_use(connection: Connection, token_sha256: str, at: datetime, idle_since: datetime) -> None:
    """Of a session that lasts: one that was left alone too long is not woken up again."""
    connection.execute(
        text(f"UPDATE user_sessions s SET last_used_at = :at WHERE s.token_sha256 = :token AND {LIVE}"),
        {"token": token_sha256, "at": at, "idle_since": idle_since},
    )


def of_user(
    connection: Connection, user_id: int, token_sha256: str, at: datetime, idle_since: datetime
) -> list[SessionRow]:
    """Sessions that last, the last used one first."""
    rows = connection.execute(
        text(
            "SELECT s.id, s.device, s.address, s.created_at, s.last_used_at, s.token_sha256 = :token AS is_this"
            f" FROM user_sessions s WHERE s.user_id = :user_id AND {LIVE} ORDER BY s.last_used_at DESC, s.id DESC"
        ),
        {"user_id": user_id, "token": token_sha256, "at": at, "idle_since": idle_since},
    )
    return [SessionRow(**row._mapping) for row in rows]


def end_one(connection: Connection, token_sha256: str, at: datetime) -> Owner | None:
    """The session of a token; whose it was, None where it had ended."""
    row = connection.execute(
        text(
            "UPDATE user_sessions s SET revoked_at = :at FROM users u"
            " WHERE u.id = s.user_id AND s.token_sha256 = :token AND s.revoked_at IS NULL RETURNING u.username, u.role"
        ),
        {"token": token_sha256, "at": at},
    ).first()
    return Owner(*row) if row else None


def end_of_user(connection: Connection, user_id: int, session_id: int, at: datetime) -> bool:
    """One of the user's own; False for another's and for one that ended already."""
    done = connection.execute(
        text(
            "UPDATE user_sessions SET revoked_at = :at"
            " WHERE id = :session_id AND user_id = :user_id AND revoked_at IS NULL"
        ),
        {"user_id": user_id, "session_id": session_id, "at": at},
    )
    return done.rowcount == 1


def end_all(connection: Connection, user_id: int, at: datetime, *, but_token: str = "") -> int:
    """Every session and ticket of a user, perhaps but one; how many sessions ended."""
    done = connection.execute(
        text(
            "UPDATE user_sessions SET revoked_at = :at WHERE user_id = :user_id AND revoked_at IS NULL"
            " AND token_sha256 IS DISTINCT FROM :but_token"
        ),
        {"user_id": user_id, "at": at, "but_token": but_token},
    )
    return done.rowcount


def forget_before(connection: Connection, before: datetime) -> None:
    """Sessions that ended long ago."""
    connection.execute(
        text("DELETE FROM user_sessions WHERE expires_at < :before OR revoked_at < :before"), {"before": before}
    )
