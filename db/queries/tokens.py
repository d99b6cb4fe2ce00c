"""Families of refresh tokens: begin, rotate in one statement, look at, end (R3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.queries.identity import MARK


@dataclass(frozen=True)
class NewFamily:
    """A sign-in: who, with which client, on what."""

    family_id: str
    user_id: int
    client_id: str
    agent_family: str
    device: str
    begun_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class NewToken:
    """A refresh token to store: its SHA-256, until when it may wait, and from where it was asked for."""

    token_sha256: str
    expires_at: datetime
    address_prefix: str


@dataclass(frozen=True)
class Rotated:
    """The line that goes on: its family, whose it is, and until when the new token may be used."""

    family_id: str
    user_id: int
    client_id: str
    expires_at: datetime


@dataclass(frozen=True)
class PresentedRow:
    """A known refresh token, its family and its successor (``next_…``, None before it was used)."""

    family_id: str
    user_id: int
    client_id: str
    agent_family: str
    device: str
    family_expires_at: datetime
    revoked_at: datetime | None
    expires_at: datetime
    used_at: datetime | None
    successor_salt: str | None
    next_sha256: str | None
    next_used_at: datetime | None
    next_expires_at: datetime | None
    next_address_prefix: str | None


@dataclass(frozen=True)
class FamilyRow:
    """What an access token is checked against; ``address_prefix`` is that of the newest refresh."""

    user_id: int
    agent_family: str
    device: str
    expires_at: datetime
    revoked_at: datetime | None
    address_prefix: str | None
    is_denied: bool


# FOR SHARE waits for a change of the user that is under way, and lets none overtake: its trigger then sees the family.
BEGIN = f"""
WITH family AS (
  INSERT INTO token_families (id, user_id, client_id, agent_family, device, begun_at, expires_at)
  SELECT :family_id, u.id, :client_id, :agent_family, :device, :begun_at, :expires_at FROM users u
  WHERE u.id = :user_id AND u.is_active AND {MARK} = :mark
  FOR SHARE OF u
  RETURNING id
)
INSERT INTO refresh_tokens (family_id, token_sha256, issued_at, expires_at, address_prefix)
SELECT id, :token_sha256, :begun_at, :idle_until, :address_prefix FROM family
"""
ROTATE = """
WITH claimed AS (
  UPDATE refresh_tokens t SET used_at = :at, successor_salt = :salt FROM token_families f
  WHERE t.token_sha256 = :presented AND t.used_at IS NULL AND t.expires_at > :at
    AND f.id = t.family_id AND f.revoked_at IS NULL AND f.expires_at > :at
    AND f.agent_family = :agent_family AND f.device = :device
  RETURNING t.id, t.family_id, f.user_id, f.client_id, f.expires_at
), successor AS (
  INSERT INTO refresh_tokens (family_id, parent_id, token_sha256, issued_at, expires_at, address_prefix)
  SELECT family_id, id, :token_sha256, :at, least(:idle_until, expires_at), :address_prefix FROM claimed
  RETURNING expires_at
)
SELECT c.family_id, c.user_id, c.client_id, s.expires_at FROM claimed c, successor s
"""
PRESENTED = """
SELECT f.id AS family_id, f.user_id, f.client_id, f.agent_family, f.device, f.expires_at AS family_expires_at,
  f.revoked_at, t.expires_at, t.used_at, t.successor_salt, n.token_sha256 AS next_sha256, n.used_at AS next_used_at,
  n.expires_at AS next_expires_at, n.address_prefix AS next_address_prefix
FROM refresh_tokens t JOIN token_families f ON f.id = t.family_id LEFT JOIN refresh_tokens n ON n.parent_id = t.id
WHERE t.token_sha256 = :presented
"""
FAMILY = """
SELECT f.user_id, f.agent_family, f.device, f.expires_at, f.revoked_at, t.address_prefix,
  EXISTS (SELECT FROM denied_access_tokens d WHERE d.jti = :jti) AS is_denied
FROM token_families f LEFT JOIN refresh_tokens t ON t.family_id = f.id AND t.used_at IS NULL
WHERE f.id = :family_id
"""
COUNT_ATTEMPT = """
INSERT INTO token_attempts (kind, subject, window_began_at, attempts) VALUES (:kind, :subject, :at, 1)
ON CONFLICT (kind, subject) DO UPDATE SET
  attempts = CASE WHEN token_attempts.window_began_at <= :before THEN 1 ELSE token_attempts.attempts + 1 END,
  window_began_at = CASE WHEN token_attempts.window_began_at <= :before THEN :at ELSE token_attempts.window_began_at END
RETURNING attempts, window_began_at
"""


def user_id_of(connection: Connection, username: str) -> int | None:
    query = "SELECT id FROM users WHERE username = :username"
    user_id: int | None = connection.execute(text(query), {"username": username}).scalar()
    return user_id


def begin(connection: Connection, family: NewFamily, first: NewToken, mark: str | None) -> bool:
    """Store a family and its first token; False when the user was disabled or got another password meanwhile."""
    params = vars(family) | vars(first) | {"expires_at": family.expires_at, "idle_until": first.expires_at}
    return connection.execute(text(BEGIN), params | {"mark": mark}).rowcount == 1


def rotate(
    connection: Connection, presented: str, successor: NewToken, salt: str, *, agent: tuple[str, str], at: datetime
) -> Rotated | None:
    """Use the token and store its successor in one conditional update; None when it may not be used (again)."""
    params = {
        "presented": presented, "token_sha256": successor.token_sha256, "idle_until": successor.expires_at,
        "address_prefix": successor.address_prefix, "salt": salt, "agent_family": agent[0], "device": agent[1],
        "at": at,
    }  # fmt: skip
    row = connection.execute(text(ROTATE), params).first()
    return Rotated(*row) if row else None


def presented(connection: Connection, token_sha256: str) -> PresentedRow | None:
    row = connection.execute(text(PRESENTED), {"presented": token_sha256}).first()
    return PresentedRow(**row._mapping) if row else None


def family(connection: Connection, family_id: str, jti: str) -> FamilyRow | None:
    row = connection.execute(text(FAMILY), {"family_id": family_id, "jti": jti}).first()
    return FamilyRow(**row._mapping) if row else None


def revoke(connection: Connection, family_id: str, reason: str, at: datetime) -> bool:
    """End a family; False when it had ended before."""
    query = "UPDATE token_families SET revoked_at = :at, revoked_reason = :reason WHERE id = :id AND revoked_at IS NULL"
    return connection.execute(text(query), {"id": family_id, "reason": reason, "at": at}).rowcount == 1


def revoke_all(connection: Connection, user_id: int, reason: str, at: datetime) -> list[str]:
    """End every family of a user; the ids of those that lived."""
    query = (
        "UPDATE token_families SET revoked_at = :at, revoked_reason = :reason"
        " WHERE user_id = :user_id AND revoked_at IS NULL RETURNING id"
    )
    return list(connection.execute(text(query), {"user_id": user_id, "reason": reason, "at": at}).scalars())


def deny(connection: Connection, jti: str, family_id: str, at: datetime, expires_at: datetime) -> None:
    """Deny one access token until it would have expired anyway; of a family that is not known none works."""
    connection.execute(
        text(
            "INSERT INTO denied_access_tokens (jti, family_id, denied_at, expires_at)"
            " SELECT :jti, id, :at, :expires_at FROM token_families WHERE id = :family_id"
            " ON CONFLICT (jti) DO NOTHING"
        ),
        {"jti": jti, "family_id": family_id, "at": at, "expires_at": expires_at},
    )


def address_count(connection: Connection, user_id: int, since: datetime) -> int:
    """From how many networks the user's tokens were asked for since then."""
    query = (
        "SELECT count(DISTINCT t.address_prefix) FROM refresh_tokens t JOIN token_families f ON f.id = t.family_id"
        " WHERE f.user_id = :user_id AND t.issued_at > :since"
    )
    return int(connection.execute(text(query), {"user_id": user_id, "since": since}).scalar_one())


def count_attempt(
    connection: Connection, kind: str, subject: str, at: datetime, before: datetime
) -> tuple[int, datetime]:
    """One more attempt: how many in the window, and when it began; a window from ``before`` is over."""
    row = connection.execute(
        text(COUNT_ATTEMPT), {"kind": kind, "subject": subject, "at": at, "before": before}
    ).one()  # fmt: skip
    return int(row.attempts), row.window_began_at


def delete_old(connection: Connection, before: datetime, limit: int) -> None:
    """Families, denials and attempts that ended before then, at most ``limit`` of each."""
    for table, condition in (
        ("token_families", "expires_at < :before"),
        ("denied_access_tokens", "expires_at < :before"),
        ("token_attempts", "window_began_at < :before"),
    ):
        connection.execute(
            text(
                f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("
                f"SELECT ctid FROM {table} WHERE {condition} LIMIT :limit FOR UPDATE SKIP LOCKED))"
            ),
            {"before": before, "limit": limit},
        )
