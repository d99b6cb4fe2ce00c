"""Locks by agreement, of transactions of ours with each other: given back with the transaction, whatever ends it.

https://www.postgresql.org/docs/18/explicit-locking.html#ADVISORY-LOCKS
"""

from sqlalchemy import Connection, text

WAIT = "SELECT pg_advisory_xact_lock(hashtext(:name), :key)"
WAIT_SHARED = "SELECT pg_advisory_xact_lock_shared(hashtext(:name), :key)"
TAKE = "SELECT pg_try_advisory_xact_lock(hashtext(:name), :key)"


def wait_for(connection: Connection, name: str, key: int = 0, *, shared: bool = False) -> None:
    """Until nobody else holds the lock of that name; ``key``: of one hotel for example.

    ``shared``: with others who share it, apart from whoever wants it alone.
    """
    connection.execute(text(WAIT_SHARED if shared else WAIT), {"name": name, "key": key})


def take_turn(connection: Connection, name: str) -> bool:
    """False where somebody else is at it: then there is nothing to do."""
    return bool(connection.execute(text(TAKE), {"name": name, "key": 0}).scalar_one())
