"""Refresh tokens: 256 bits that say nothing; each works once and gives its successor.

A successor is the HMAC-SHA256 of the token before it under a key of the installation and a salt that is stored. So the
answer that a client lost can be given again to whoever still holds the token before it, while nobody who reads the
database, or a token that was used long ago, can compute it.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from core.key_ring import Key

PREFIX = "bmr_"
SHAPE = re.compile(r"bmr_[A-Za-z0-9_-]{43}")
PURPOSE = b"barometer: successors of refresh tokens"
IDLE_LIFETIME = timedelta(hours=12)
ABSOLUTE_LIFETIME = timedelta(days=7)
GRACE = timedelta(seconds=10)


def new_token() -> str:
    return _written(secrets.token_bytes(32))


def new_salt() -> str:
    return secrets.token_hex(16)


def is_shaped(text: str) -> bool:
    """Whether it can be one of ours at all; an access token cannot."""
    return SHAPE.fullmatch(text) is not None


def digest(token: str) -> str:
    """What is stored of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def successor(key: Key, token: str, salt: str) -> str:
    """The token that follows; the same for the same three."""
    return _written(hmac.new(key.derived(PURPOSE), f"{salt}:{token}".encode(), hashlib.sha256).digest())


def _written(content: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
