"""Documents that stand encrypted in the database: the connection carries the keys that seal and open them (A9.3)."""

from typing import Any

from sqlalchemy import Connection

from core.errors import AppError
from core.key_ring import KeyRing

KEYS = "keys"  # the engine's execution option


def keys_of(connection: Connection) -> KeyRing:
    """The keys that the database was opened with; raises ``encryption_keys_wanted`` where there are none."""
    keys = connection.get_execution_options().get(KEYS)
    if not isinstance(keys, KeyRing):
        raise AppError("encryption_keys_wanted", 500)
    return keys


def seal(connection: Connection, document: Any | None) -> str | None:
    return None if document is None else keys_of(connection).seal(document)


def unseal(connection: Connection, text: str | None) -> Any | None:
    return None if text is None else keys_of(connection).unseal(text)
