"""Second factors: the sealed secret of an authenticator app, its last used step, the hashes of recovery codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from db.sealed import seal, unseal


@dataclass(frozen=True)
class FactorRow:
    secret: str
    is_confirmed: bool
    last_step: int | None


def factor(connection: Connection, user_id: int) -> FactorRow | None:
    row = connection.execute(
        text("SELECT secret, confirmed_at, last_step FROM second_factors WHERE user_id = :user_id"),
        {"user_id": user_id},
    ).first()
    if row is None:
        return None
    return FactorRow(str(unseal(connection, row.secret)), row.confirmed_at is not None, row.last_step)


def begin(connection: Connection, user_id: int, secret: str) -> bool:
    """A secret that waits for its first code, in place of an earlier one that waited; False where one is in use."""
    done = connection.execute(
        text(
            "INSERT INTO second_factors (user_id, secret) VALUES (:user_id, :secret)"
            " ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = NULL"
            " WHERE second_factors.confirmed_at IS NULL"
        ),
        {"user_id": user_id, "secret": seal(connection, secret)},
    )
    return done.rowcount == 1


def use_step(connection: Connection, user_id: int, step: int) -> bool:
    """A step counts once, also for two who send its code at the same time."""
    done = connection.execute(
        text(
            "UPDATE second_factors SET last_step = :step"
            " WHERE user_id = :user_id AND (last_step IS NULL OR last_step < :step)"
        ),
        {"user_id": user_id, "step": step},
    )
    return done.rowcount == 1


def confirm(connection: Connection, user_id: int, at: datetime) -> None:
    connection.execute(
        text("UPDATE second_factors SET confirmed_at = :at WHERE user_id = :user_id AND confirmed_at IS NULL"),
        {"user_id": user_id, "at": at},
    )


def remove(connection: Connection, user_id: int) -> bool:
    """The factor and its recovery codes; False where there was none."""
    for table in ("recovery_codes", "second_factors"):
        done = connection.execute(text(f"DELETE FROM {table} WHERE user_id = :user_id"), {"user_id": user_id})
    return done.rowcount == 1


def replace_recovery_codes(connection: Connection, user_id: int, codes_sha256: Sequence[str]) -> None:
    connection.execute(text("DELETE FROM recovery_codes WHERE user_id = :user_id"), {"user_id": user_id})
    rows = [{"user_id": user_id, "code": code} for code in codes_sha256]
    connection.execute(text("INSERT INTO recovery_codes (user_id, code_sha256) VALUES (:user_id, :code)"), rows)


def use_recovery_code(connection: Connection, user_id: int, code_sha256: str, at: datetime) -> bool:
    done = connection.execute(
        text(
            "UPDATE recovery_codes SET used_at = :at"
            " WHERE user_id = :user_id AND code_sha256 = :code AND used_at IS NULL"
        ),
        {"user_id": user_id, "code": code_sha256, "at": at},
    )
    return done.rowcount == 1


def recovery_codes_left(connection: Connection, user_id: int) -> int:
    query = "SELECT count(*) FROM recovery_codes WHERE user_id = :user_id AND used_at IS NULL"
    return int(connection.execute(text(query), {"user_id": user_id}).scalar_one())
