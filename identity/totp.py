"""Codes of an authenticator app: TOTP (RFC 6238) over HMAC-SHA1, six digits, a step of thirty seconds."""

import base64
import hmac
import secrets
from datetime import datetime

from pyotp import TOTP, random_base32
from segno import make

STEP_SECONDS = 30
DRIFT_STEPS = 1  # clocks of phones differ: the step before and the one after count too
ISSUER = "Barometer"
RECOVERY_CODES = 10


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 §4 asks."""
    return random_base32(32)


def step_of(at: datetime) -> int:
    """The number of whole steps since 1970."""
    return int(at.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """The six digits of a step."""
    return TOTP(secret).at(step * STEP_SECONDS)


def matching_step(secret: str, code: str, at: datetime, last_step: int | None) -> int | None:
    """The step whose code it is; None for a wrong code and for one of a step that was used already or is older."""
    now, found = step_of(at), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        is_it = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if is_it and (last_step is None or step > last_step):
            found = step
    return found


def app_link(secret: str, username: str) -> str:
    """What authenticator apps read (``otpauth://``, Google's Key URI format)."""
    return TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def picture(link: str) -> str:
    """The link as a QR code, an SVG on white: a camera reads it in dark screens too."""
    return make(link).svg_inline(scale=5, light="white")


def typed(code: str) -> str:
    """What was meant: without the spaces and dashes that people type or copy along."""
    return "".join(character for character in code.casefold() if character.isalnum())


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits in groups of four."""
    plain = [base64.b32encode(secrets.token_bytes(10)).decode().casefold() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in plain]
