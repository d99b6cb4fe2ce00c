"""Names and hotels of users: one rule for every way by which a user is added or changed."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

from core.errors import AppError
from db.queries import identity as queries

USERNAME = re.compile(r"\w[\w.@+-]{0,63}")
LOOK_ALIKE = {"LATIN", "GREEK", "CYRILLIC"}  # alphabets with letters that nobody tells apart
# Whose deeds nobody's are: what the audit log, timelines and job runs call the software itself and strangers.
RESERVED = {"system", "anonymous", "command"}


def check_username(username: str) -> None:
    """Audit entries and addresses hold it, and people must know whom it means.

    Raises ``username_wrong`` for what is no single word, or is written to look like another one; ``username_reserved``.
    """
    is_plain = USERNAME.fullmatch(username) and unicodedata.normalize("NFKC", username) == username
    if not is_plain or len(LOOK_ALIKE & {_alphabet(one) for one in username}) > 1:
        raise AppError("username_wrong")
    if username.casefold() in RESERVED:
        raise AppError("username_reserved", params={"username": username})


def _alphabet(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def give_hotels(connection: Any, user_id: int, hotels: Collection[int]) -> None:
    """The user's hotels from now on; raises ``not_found`` (404) for one that does not exist."""
    unknown = queries.set_hotels(connection, user_id, hotels)
    if unknown:
        raise AppError("not_found", 404, params={"what": f"hotel {min(unknown)}"})
