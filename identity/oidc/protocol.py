"""The authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636): addresses and checks, no network.

What is refused says so in the log alone: the person learns that the sign-in failed, not which check it failed.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import jwt

from core.errors import AppError
from core.logs import logger

# Signed by the provider's private key; never by a secret that we share, never by nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
CLOCK_SKEW_SECONDS = 60
SEVERAL_FACTORS = "mfa"  # RFC 8176; a provider that does not say it has not asked for them
OURS: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["iss", "sub", "aud", "exp"]}

log = logger(__name__)


@dataclass(frozen=True)
class Client:
    """What the provider knows of this installation."""

    issuer: str
    client_id: str
    redirect_url: str
    claim: str


@dataclass(frozen=True)
class Identified:
    """``name`` by the claim of the settings; ``has_shown_factors``: the provider says it asked for more than one."""

    name: str
    has_shown_factors: bool


def authorization_url(client: Client, endpoint: str, *, state: str, nonce: str, verifier: str) -> str:
    """Where the browser goes; only who has the ``verifier`` can use the code that comes back."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": client.redirect_url,
        "scope": "openid profile email", "state": state, "nonce": nonce,
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def identified(client: Client, id_token: str, keys: Mapping[str, Any], nonce: str, now: datetime) -> Identified:
    """Who signed in there; raises ``oidc_refused`` (401) for a token that is not for us, now."""
    try:
        header = jwt.get_unverified_header(id_token)
        found = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.key_id == header.get("kid")]
        if len(found) != 1:
            raise refused("unknown key")
        claims = jwt.decode(
            id_token, found[0].key, algorithms=list(ALGORITHMS), audience=client.client_id, issuer=client.issuer,
            options=OURS,
        )  # fmt: skip
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise refused(type(error).__name__) from error
    return _checked(client, claims, nonce, now)


def _checked(client: Client, claims: dict[str, Any], nonce: str, now: datetime) -> Identified:
    if not isinstance(claims["exp"], int | float) or claims["exp"] + CLOCK_SKEW_SECONDS <= now.timestamp():
        raise refused("expired")
    if claims.get("nonce") != nonce:
        raise refused("another sign-in's nonce")
    if claims.get("azp", client.client_id) != client.client_id:
        raise refused("made for another client")
    if client.claim == "email" and claims.get("email_verified") is not True:
        raise refused("address not verified")  # else whoever writes the address into their profile is its owner
    name = claims.get(client.claim)
    if not isinstance(name, str) or not name:
        raise refused(f"no claim {client.claim}")
    methods = claims.get("amr")
    return Identified(name, isinstance(methods, list) and SEVERAL_FACTORS in methods)


def refused(reason: str) -> AppError:
    log.warning("oidc_refused", reason=reason)
    return AppError("oidc_refused", 401)
