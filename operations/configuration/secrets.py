"""Values that are never shown: secrets of the settings, wherever a text repeats them."""

import re

from core.masking import MASK, masked
from core.settings import Settings

LEAST_CHARACTERS = 6  # a shorter one would be found in every text
IN_ADDRESS = re.compile(r"://[^:@/\s]*:([^@/\s]+)@")


def known_secrets(settings: Settings) -> tuple[str, ...]:
    """The values of secret settings and the passwords in addresses, the longest first."""
    found: set[str] = set()
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if not isinstance(value, str):
            continue
        found |= set(IN_ADDRESS.findall(value))
        if not field.repr:
            found |= {value, *re.split(r"[\s,;]+", value)}
    return tuple(sorted((one for one in found if len(one) >= LEAST_CHARACTERS), key=len, reverse=True))


def without_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """By their values, and by the forms that only secrets have."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return str(masked(text))
