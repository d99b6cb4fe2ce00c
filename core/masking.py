"""Secrets in values that are kept or shown: names and forms that only secrets have are replaced."""

import re
from typing import Any

MASK = "•••"
SECRET_NAME = re.compile(
    r"passw|parola|secret|token|ticket|cookie|credential|authorization|(api|private|encryption|signing)_?key"
    r"|_hash$|(^|_)t?otp(_|$)|recovery_?code|(^|_)(dsn|pin)$",
    re.IGNORECASE,
)
SECRET_FORMS = (
    re.compile(r"(?<=://)[^\s/@]+(?=@)"),  # user and password of an address
    re.compile(r"\$argon2\w*\$\S+"),
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),  # JSON Web Token, RFC 7519
    re.compile(r"\bgAAAA[\w-]{20,}=*"),  # Fernet
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\bbm[kr]_[\w-]+"),  # our keys for machines and our refresh tokens
    re.compile(r"(?<=[?&]link=)[^&\s]+|(?<=[?&]ticket=)[^&\s]+"),  # what our one-time addresses hold
    re.compile(r"\bBearer\s+\S+", re.IGNORECASE),
)


def masked(value: Any, name: str = "") -> Any:
    """The same value without what is secret in it, by the name it stands under or by its form."""
    if value is None or isinstance(value, bool):
        return value
    if SECRET_NAME.search(name):
        return MASK
    if isinstance(value, dict):
        return {key: masked(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(each) for each in value]
    return _masked_text(value) if isinstance(value, str) else value


def count_masks(value: Any) -> int:
    """How many secrets were masked in a value that ``masked`` answered."""
    if isinstance(value, dict):
        return sum(map(count_masks, value.values()))
    if isinstance(value, list):
        return sum(map(count_masks, value))
    return value.count(MASK) if isinstance(value, str) else 0


def _masked_text(text: str) -> str:
    for form in SECRET_FORMS:
        text = form.sub(MASK, text)
    return text
