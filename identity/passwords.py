"""Passwords: argon2id hashes, the rules of NIST SP 800-63B §3.1.1 for new ones, generated ones.

Long, not the user's name, not among those that everybody uses; no rules on kinds of characters. The list
``common_passwords.txt`` holds the 10,000 commonest of zxcvbn's list (github.com/dwolfhub/zxcvbn-python, MIT; counted
in ten million leaked ones) and those of its first 30,000 that are long enough to pass the rule of length.
"""

import secrets
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import AppError

MIN_LENGTH = 12
MAX_LENGTH = 256
COMMON_FILE = Path(__file__).with_name("common_passwords.txt")
_HASHER = PasswordHasher()  # RFC 9106 low-memory profile, the library's default


def hash_password(password: str) -> str:
    """The argon2id hash, with its parameters and salt."""
    return _HASHER.hash(_normal(password))


def check_policy(password: str, username: str) -> None:
    """Raise ``password_too_short``, ``password_too_long``, ``password_is_name`` or ``password_common``."""
    if len(password) < MIN_LENGTH:
        raise AppError("password_too_short", params={"length": MIN_LENGTH})
    if len(password) > MAX_LENGTH:
        raise AppError("password_too_long", params={"length": MAX_LENGTH})
    folded, name = _normal(password).casefold(), _normal(username).casefold()
    if name and name in folded and len(folded) - len(name) < MIN_LENGTH:
        raise AppError("password_is_name")
    if is_common(password):
        raise AppError("password_common")


def is_common(password: str) -> bool:
    """Whether many people use it: listed as it is, a listed word with a few digits or marks, or a pattern."""
    folded = _normal(password).casefold()
    word = _without_ends(folded)
    is_decorated = word in _common() and len(folded) - len(word) < MIN_LENGTH
    return folded in _common() or is_decorated or _is_pattern(folded)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; a user who is unknown or has none costs the same time as a wrong password."""
    try:
        return _HASHER.verify(password_hash or _decoy(), _normal(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def generate_password() -> str:
    """120 random bits that can be typed."""
    return "-".join(secrets.token_hex(3) for _ in range(5))


def _normal(password: str) -> str:
    """Keyboards write ş and ğ as one character or as two; both are the same password."""
    return unicodedata.normalize("NFKC", password)


def _without_ends(folded: str) -> str:
    """The letters between digits and marks at either end."""
    letters = [position for position, character in enumerate(folded) if character.isalpha()]
    return folded[letters[0] : letters[-1] + 1] if letters else folded


def _is_pattern(folded: str) -> bool:
    """A short piece over and over, or in order: 'abcabcabcabc', 'abcdefghijkl', '123456789012'."""
    repeats = any(
        all(character == folded[position % period] for position, character in enumerate(folded))
        for period in range(1, len(folded) // 2 + 1)
    )
    turn = 10 if folded.isdigit() else 1 << 21  # after 9 comes 0; characters end at 2^21
    steps = {(ord(after) - ord(before)) % turn for before, after in pairwise(folded)}
    return repeats or len(steps) <= 1


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON_FILE.read_text(encoding="utf-8").split())


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
