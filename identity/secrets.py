"""Secrets that are handed out once: tickets, session tokens, links, recovery codes; only their hashes are stored."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, for an address or a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of one: it is random, so a plain SHA-256 cannot be tried out."""
    return hashlib.sha256(secret.encode()).hexdigest()
