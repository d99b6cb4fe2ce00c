"""What administrators should know of: signs that a token was stolen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MANY_ADDRESSES = "many_addresses"
MANY, MANY_WINDOW = 4, timedelta(minutes=10)  # networks of one user


@dataclass(frozen=True)
class SecurityEvent:
    """``kind``: ``token_reused``, ``device_changed`` or ``many_addresses``; ``network`` is where it was seen."""

    kind: str
    user_id: int
    username: str
    network: str
    at: datetime


# Called with the connection of the transaction that decides, so that deed and alert are committed together.
RaiseAlert = Callable[[Any, SecurityEvent], None]
