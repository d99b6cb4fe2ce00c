"""Access tokens: JWTs signed with RS256 (RFC 7519, 9068), read strictly (RFC 8725): what is unusual is refused.

Only one algorithm, one type and the keys of this installation count. What a token says of keys (``jwk``, ``jku``,
``x5u`` …) is never looked at: a header with anything but ``alg``, ``typ`` and ``kid`` is refused as a whole.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from core.errors import AppError
from core.logs import logger
from identity.tokens.signing_keys import ACCESS_LIFETIME, CLOCK_SKEW, SigningKey

ISSUER, AUDIENCE = "barometer", "barometer-api"
ALGORITHM, TYPE = "RS256", "at+jwt"
MAX_LENGTH = 4096
HEADER = {"alg", "typ", "kid"}
TEXTS = ("iss", "aud", "sub", "jti", "client_id", "sid")
MOMENTS = ("iat", "exp")
# Times are judged by our own clock, the issuer and the audience with the other claims.
SIGNATURE_ONLY: Any = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}

log = logger(__name__)


@dataclass(frozen=True)
class AccessClaims:
    """Whose token it is; ``family_id`` is the claim ``sid``."""

    user_id: int
    family_id: str
    client_id: str
    jti: str
    issued_at: datetime
    expires_at: datetime


def signed(key: SigningKey, claims: AccessClaims) -> str:
    """The token of some claims."""
    content = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(claims.user_id), "client_id": claims.client_id,
        "sid": claims.family_id, "jti": claims.jti, "iat": int(claims.issued_at.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
    }  # fmt: skip
    return jwt.encode(content, key.private, ALGORITHM, headers={"typ": TYPE, "kid": key.id})


def read(token: str, keys: Iterable[SigningKey], now: datetime) -> AccessClaims:
    """The claims of a genuine token that has not expired; raises ``token_invalid`` or ``token_expired`` (401)."""
    try:
        content = _verified(token, {key.id: key for key in keys})
        _check(content, now)
    except Refused as refused:
        log.warning("access_token_refused", reason=refused.reason)
        raise AppError("token_invalid", 401) from refused
    expires_at = datetime.fromtimestamp(content["exp"], UTC)
    if now >= expires_at + CLOCK_SKEW:
        raise AppError("token_expired", 401)
    issued_at = datetime.fromtimestamp(content["iat"], UTC)
    return AccessClaims(
        int(content["sub"]), content["sid"], content["client_id"], content["jti"], issued_at, expires_at
    )  # fmt: skip


class Refused(Exception):  # noqa: N818
    """Why a token is not genuine: for the log. The caller is told only that it is not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _verified(token: str, keys: dict[str, SigningKey]) -> dict[str, Any]:
    """The content, as the signature covers it."""
    if len(token) > MAX_LENGTH:
        raise Refused("too long")
    parts = token.split(".")
    if len(parts) != 3:
        raise Refused("not three parts")
    header = _document(parts[0])
    if header.keys() != HEADER:
        raise Refused("unusual header")
    if (header["alg"], header["typ"]) != (ALGORITHM, TYPE):
        raise Refused("wrong algorithm or type")
    key = keys.get(header["kid"]) if isinstance(header["kid"], str) else None
    if key is None:
        raise Refused("unknown key")
    content = _document(parts[1])
    try:
        jwt.decode(token, key.private.public_key(), [ALGORITHM], options=SIGNATURE_ONLY)
    except jwt.PyJWTError as error:
        raise Refused(type(error).__name__) from error
    return content


def _check(content: dict[str, Any], now: datetime) -> None:
    """Every claim is there, of its type, and ours; nothing of it lies in the future."""
    texts = [content.get(name) for name in TEXTS]
    if not all(isinstance(one, str) and one.isprintable() for one in texts):
        raise Refused("missing claim")
    if not all(type(content.get(name)) is int for name in MOMENTS):
        raise Refused("missing time")
    if content["iss"] != ISSUER or content["aud"] != AUDIENCE:
        raise Refused("wrong issuer or audience")
    if not (content["sub"].isascii() and content["sub"].isdecimal() and len(content["sub"]) < 19):
        raise Refused("wrong subject")
    latest = (now + CLOCK_SKEW).timestamp()
    begins = content.get("nbf", content["iat"])
    if type(begins) is not int or content["iat"] < 0 or max(begins, content["iat"]) > latest:
        raise Refused("not yet valid")
    if not 0 < content["exp"] - content["iat"] <= ACCESS_LIFETIME.total_seconds():
        raise Refused("lives too long")


def _document(part: str) -> dict[str, Any]:
    """A JSON object whose names are all different: parsers disagree on which of two would count."""
    try:
        content = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        document = json.loads(content, object_pairs_hook=_without_repeats)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Refused("not readable") from error
    if not isinstance(document, dict):
        raise Refused("not an object")
    return document


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise Refused("repeated name")
    return document
