"""Names and hotels of users: one rule for every way by which a user is added or changed."""

import re
from collections.abc import Collection
from typing import Any

from core.errors import AppError
from db.queries import identity as queries

USERNAME = re.compile(r"[\w.@+-]{1,64}")


def check_username(username: str) -> None:
    """Raise ``username_wrong`` for what is no single word: audit entries and addresses hold it."""
    if not USERNAME.fullmatch(username):
        raise AppError("username_wrong")


def give_hotels(connection: Any, user_id: int, hotels: Collection[int]) -> None:
    """The user's hotels from now on; raises ``not_found`` (404) for one that does not exist."""
    unknown = queries.set_hotels(connection, user_id, hotels)
    if unknown:
        raise AppError("not_found", 404, params={"what": f"hotel {min(unknown)}"})
