"""Failed attempts to sign in, counted by name, by address and by user for codes; in PostgreSQL, so that they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Counted:
    """Of one name or address: failures since ``began_at``, and until when it is locked."""

    kind: str
    key: str
    failures: int
    began_at: datetime
    locked_until: datetime | None


def held(connection: Connection, kind: str, key: str, at: datetime, older: Sequence[str] = ()) -> Counted:
    """The row, made when it is new and locked, so that attempts at once are counted one by one.

    What was counted under an ``older`` key goes on under this one.
    """
    row = connection.execute(
        text(
            "INSERT INTO sign_in_attempts (kind, key, failures, began_at) VALUES (:kind, :key, 0, :at)"
            " ON CONFLICT (kind, key) DO UPDATE SET failures = sign_in_attempts.failures"
            " RETURNING kind, key, failures, began_at, locked_until"
        ),
        {"kind": kind, "key": key, "at": at},
    ).one()
    counted = Counted(**row._mapping)
    for earlier in _taken(connection, kind, older):
        counted = replace(
            counted, failures=max(counted.failures, earlier.failures), began_at=min(counted.began_at, earlier.began_at),
            locked_until=max(filter(None, (counted.locked_until, earlier.locked_until)), default=None),
        )  # fmt: skip
        write(connection, counted)
    return counted


def _taken(connection: Connection, kind: str, keys: Sequence[str]) -> list[Counted]:
    if not keys:
        return []
    rows = connection.execute(
        text(
            "DELETE FROM sign_in_attempts WHERE kind = :kind AND key = ANY(:keys)"
            " RETURNING kind, key, failures, began_at, locked_until"
        ),
        {"kind": kind, "keys": list(keys)},
    )
    return [Counted(**row) for row in rows.mappings()]


def write(connection: Connection, counted: Counted) -> None:
    connection.execute(
        text(
            "UPDATE sign_in_attempts SET failures = :failures, began_at = :began_at, locked_until = :locked_until"
            " WHERE kind = :kind AND key = :key"
        ),
        vars(counted),
    )


def forget(connection: Connection, kind: str, key: str) -> None:
    """Nothing failed any more."""
    connection.execute(
        text("DELETE FROM sign_in_attempts WHERE kind = :kind AND key = :key"), {"kind": kind, "key": key}
    )


def forget_of_browsers(connection: Connection, user_id: int) -> None:
    """Nothing failed any more in a browser that the person has used before; its key begins with them."""
    connection.execute(
        text("DELETE FROM sign_in_attempts WHERE kind = 'browser' AND split_part(key, ':', 1) = :user_id"),
        {"user_id": str(user_id)},
    )


def give_back(connection: Connection, kind: str, key: str) -> None:
    """One attempt was none after all."""
    connection.execute(
        text(
            "UPDATE sign_in_attempts SET failures = greatest(failures - 1, 0), locked_until = NULL"
            " WHERE kind = :kind AND key = :key"
        ),
        {"kind": kind, "key": key},
    )


def locks(connection: Connection, kind: str, at: datetime) -> dict[str, datetime]:
    """Until when each locked key of a kind is locked."""
    rows = connection.execute(
        text("SELECT key, locked_until FROM sign_in_attempts WHERE kind = :kind AND locked_until > :at"),
        {"kind": kind, "at": at},
    )
    return {row.key: row.locked_until for row in rows}


def forget_before(connection: Connection, before: datetime) -> None:
    """Counts whose lock and window are over; names that nobody has would be kept for ever."""
    connection.execute(
        text("DELETE FROM sign_in_attempts WHERE began_at < :before AND coalesce(locked_until, began_at) < :before"),
        {"before": before},
    )
