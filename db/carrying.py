"""What goes along when an older state of the database takes the place of the present one.

The audit log is never set back: entries that came since the backup are copied with their links, so that the chain
goes on. What was ended for good stays ended: users, old passwords, keys of machines, sessions, tokens. Versions of data
only grow, since pages keep what they read under them. Runs and requests of that time do not begin again. The archive's
folder stays that of this installation: a backup of another one does not make the other's folder ours.
"""

from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import cast

from psycopg2 import extensions
from sqlalchemy import Connection, text

from db.bulk import quoted
from db.queries import audit_chain

SPOOL_BYTES = 8_000_000


@dataclass(frozen=True)
class Carried:
    """Entries of the audit log that went along; ``has_one_history``: the copy was made of this very installation."""

    has_one_history: bool
    audit_entries: int


def has_one_history(present: Connection, coming: Connection) -> bool:
    """Whether the chain of the coming database is the beginning of the present one's."""
    head = audit_chain.head(coming)
    if head is None:
        return True
    query = text("SELECT chain_sha256 FROM audit_chain WHERE position = :position")
    return bool(present.execute(query, {"position": head.position}).scalar() == head.chain_sha256)


def carry(present: Connection, coming: Connection, run_id: int | None) -> Carried:
    """Bring what must go along from the present into the coming database; nobody writes to the audit log meanwhile.

    ``run_id``: the run that does this, which goes on in the coming database.
    """
    present.execute(text("LOCK TABLE audit_log IN EXCLUSIVE MODE"))
    is_one = has_one_history(present, coming)
    entries = _carry_audit(present, coming) if is_one else 0
    if is_one:
        _keep_ended(present, coming)
    _raise_versions(present, coming)
    _end_sign_ins(coming)
    coming.execute(text("DELETE FROM archive_mark"))
    _copy(present, coming, "archive_mark", "")
    _settle_jobs(present, coming, run_id)
    return Carried(is_one, entries)


def _carry_audit(present: Connection, coming: Connection) -> int:
    head = audit_chain.head(coming)
    since = head.position if head else 0
    coming.execute(text("ALTER TABLE audit_log DISABLE TRIGGER audit_log_chained"))
    newer = f"SELECT entry_id FROM audit_chain WHERE position > {since}"
    count = _copy(present, coming, "audit_log", f"WHERE id IN ({newer})")
    _copy(present, coming, "audit_chain", f"WHERE position > {since}")
    coming.execute(text("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_chained"))
    _advance(coming, "audit_log")
    return count


def _keep_ended(present: Connection, coming: Connection) -> None:
    """Who was locked out and which key was revoked since stays so; passwords are those that people know now."""
    active = present.execute(text("SELECT id, username, password_hash FROM users WHERE is_active")).mappings().all()
    coming.execute(
        text("UPDATE users SET is_active = false WHERE is_active AND NOT id = ANY(:ids)"),
        {"ids": [user["id"] for user in active]},
    )
    changed = "UPDATE users SET password_hash = :password_hash WHERE id = :id AND username = :username"
    for user in active:
        coming.execute(text(changed), dict(user))
    keys = present.scalars(text("SELECT key_sha256 FROM api_keys WHERE revoked_at IS NULL")).all()
    coming.execute(
        text("UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE NOT key_sha256 = ANY(:living)"),
        {"living": list(keys)},
    )


def _raise_versions(present: Connection, coming: Connection) -> None:
    """Each version becomes newer than both: nothing that a page kept is taken for the restored data."""
    highest = present.execute(text("SELECT coalesce(max(version), 0) FROM data_versions")).scalar_one()
    coming.execute(text("UPDATE data_versions SET version = version + :highest"), {"highest": highest + 1})


def _end_sign_ins(coming: Connection) -> None:
    """Sessions, links and tokens of that time open nothing any more: everybody signs in again."""
    for table in ("user_sessions", "user_links"):
        coming.execute(text(f"DELETE FROM {table}"))
    coming.execute(
        text("UPDATE token_families SET revoked_at = now(), revoked_reason = 'restored' WHERE revoked_at IS NULL")
    )


def _settle_jobs(present: Connection, coming: Connection, run_id: int | None) -> None:
    """Runs of that time have ended, requests of that time are void; the run that restores goes on."""
    coming.execute(
        text("UPDATE job_runs SET state = 'lost', finished_at = now(), error_code = 'restored' WHERE state = 'running'")
    )
    coming.execute(text("UPDATE job_requests SET state = 'cancelled' WHERE state = 'pending'"))
    if run_id is not None:
        coming.execute(text("DELETE FROM job_runs WHERE id = :id"), {"id": run_id})
        _copy(present, coming, "job_runs", f"WHERE id = {run_id}")
    _advance(coming, "job_runs")


def _columns(connection: Connection, table: str) -> list[str]:
    query = (
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 "
        "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
    )
    return list(connection.scalars(text(query), {"table": table}))


def _copy(source: Connection, target: Connection, table: str, condition: str) -> int:
    """Rows of a table from one database into the other, in the columns that both have; how many."""
    theirs = set(_columns(target, table))
    columns = quoted([name for name in _columns(source, table) if name in theirs])
    with SpooledTemporaryFile(SPOOL_BYTES) as spool:
        with _cursor(source) as cursor:
            cursor.copy_expert(f"COPY (SELECT {columns} FROM {table} {condition}) TO STDOUT", spool)
        spool.seek(0)
        with _cursor(target) as cursor:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", spool)
            return int(cursor.rowcount)


def _advance(connection: Connection, table: str) -> None:
    """The next number of a table follows the largest that is there."""
    largest = f"greatest((SELECT coalesce(max(id), 0) FROM {table}), 1)"
    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {largest})"))


def _cursor(connection: Connection) -> extensions.cursor:
    return cast(extensions.cursor, connection.connection.cursor())
