"""Passwords: argon2id hashes, a length rule, generated ones."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import AppError

MIN_LENGTH = 12
_HASHER = PasswordHasher()  # RFC 9106 low-memory profile, the library's default


def hash_password(password: str) -> str:
    """The argon2id hash, with its parameters and salt."""
    return _HASHER.hash(password)


def check_length(password: str) -> None:
    """Raise ``password_too_short`` below the length rule."""
    if len(password) < MIN_LENGTH:
        raise AppError("password_too_short", params={"length": MIN_LENGTH})


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; an unknown user costs the same time as a wrong password."""
    try:
        return _HASHER.verify(password_hash or _decoy(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def generate_password() -> str:
    """120 random bits that can be typed."""
    return "-".join(secrets.token_hex(3) for _ in range(5))


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
