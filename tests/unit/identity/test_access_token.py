"""Forged, confused and malformed access tokens: each is right but for one thing, and that thing refuses it (R3)."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from core.clock import FixedClock
from core.errors import AppError
from identity.tokens.access_token import MAX_LENGTH, AccessClaims, Refused, read, signed
from identity.tokens.signing_keys import ACCESS_LIFETIME, SigningKey, SigningKeys
from tests.conftest import NOW

IAT = int(NOW.timestamp())
CLAIMS = {
    "iss": "barometer", "aud": "barometer-api", "sub": "7", "client_id": "api", "sid": "f" * 32, "jti": "a" * 32,
    "iat": IAT, "exp": IAT + 600,
}  # fmt: skip


@dataclass(frozen=True)
class Forge:
    """Signs whatever it is told to with the installation's own key, byte by byte."""

    key: SigningKey
    stranger: rsa.RSAPrivateKey

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": "RS256", "typ": "at+jwt", "kid": self.key.id}

    @property
    def public_pem(self) -> bytes:
        public = self.key.private.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sealed(self, header: str, content: str, private: rsa.RSAPrivateKey | None = None) -> str:
        """A token of exactly these JSON texts."""
        message = f"{encoded(header.encode())}.{encoded(content.encode())}"
        signature = (private or self.key.private).sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{message}.{encoded(signature)}"

    def token(self, header: dict[str, Any] | None = None, without: str = "", **claims: Any) -> str:
        content = {name: value for name, value in (CLAIMS | claims).items() if name != without}
        return self.sealed(json.dumps(self.header | (header or {})), json.dumps(content))

    def unsigned(self) -> str:
        header = json.dumps(self.header | {"alg": "none"})
        return f"{encoded(header.encode())}.{encoded(json.dumps(CLAIMS).encode())}."

    def with_public_key_as_secret(self) -> str:
        header = json.dumps(self.header | {"alg": "HS256"})
        message = f"{encoded(header.encode())}.{encoded(json.dumps(CLAIMS).encode())}"
        digest = hmac.HMAC(self.public_pem, hashes.SHA256())
        digest.update(message.encode())
        return f"{message}.{encoded(digest.finalize())}"

    def by_stranger(self, **header: Any) -> str:
        return self.sealed(json.dumps(self.header | header), json.dumps(CLAIMS), self.stranger)

    def own_jwk(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.stranger.public_key()))
        return document


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Forge:
    keys = SigningKeys(tmp_path_factory.mktemp("keys") / "token_keys", FixedClock(NOW))
    return Forge(keys.signing(), rsa.generate_private_key(65537, 2048))


def refusal(forge: Forge, token: str, now: Any = NOW) -> str:
    """Why, as the log says it, or the code of an expired one."""
    with pytest.raises(AppError) as refused:
        read(token, [forge.key], now)
    assert refused.value.http_status == 401
    cause = refused.value.__cause__
    return cause.reason if isinstance(cause, Refused) else refused.value.code


ATTACKS: dict[str, tuple[Callable[[Forge], str], str]] = {
    "no signature": (Forge.unsigned, "wrong algorithm or type"),
    "HS256 with the public key as secret": (Forge.with_public_key_as_secret, "wrong algorithm or type"),
    "another RSA algorithm": (lambda f: f.token({"alg": "RS512"}), "wrong algorithm or type"),
    "signed by a stranger": (lambda f: f.by_stranger(), "InvalidSignatureError"),
    "a stranger's key in the header": (lambda f: f.by_stranger(jwk=f.own_jwk()), "unusual header"),
    "an address of keys": (lambda f: f.by_stranger(jku="https://evil.example/jwks"), "unusual header"),
    "an address of a certificate": (lambda f: f.by_stranger(x5u="https://evil.example/x5u"), "unusual header"),
    "a certificate": (lambda f: f.by_stranger(x5c=["MIIB"]), "unusual header"),
    "our own token with a key in it": (lambda f: f.token({"jwk": f.own_jwk()}), "unusual header"),
    "critical extensions": (lambda f: f.token({"crit": ["b64"], "b64": False}), "unusual header"),
    "an unknown key": (lambda f: f.by_stranger(kid="A" * 43), "unknown key"),
    "a path as key": (lambda f: f.token({"kid": "../../dev/null"}), "unknown key"),
    "a number as key": (lambda f: f.token({"kid": 1}), "unknown key"),
    "a list as key": (lambda f: f.token({"kid": [f.key.id]}), "unknown key"),
    "an ID token": (lambda f: f.token({"typ": "JWT"}), "wrong algorithm or type"),
    "another issuer": (lambda f: f.token(iss="elsewhere"), "wrong issuer or audience"),
    "another audience": (lambda f: f.token(aud="other-api"), "wrong issuer or audience"),
    "a list of audiences": (lambda f: f.token(aud=["barometer-api", "other-api"]), "missing claim"),
    "a subject that is no number": (lambda f: f.token(sub="7 OR 1=1"), "wrong subject"),
    "a subject in other digits": (lambda f: f.token(sub="٧"), "wrong subject"),
    "a sign-in that no text can name": (lambda f: f.token(sid="\ud800"), "missing claim"),
    "an id with NUL": (lambda f: f.token(jti="\x00"), "missing claim"),
    "issued in the future": (lambda f: f.token(iat=IAT + 31, exp=IAT + 600), "not yet valid"),
    "valid in the future": (lambda f: f.token(nbf=IAT + 31), "not yet valid"),
    "valid since a text": (lambda f: f.token(nbf="0"), "not yet valid"),
    "living longer than ours": (lambda f: f.token(exp=IAT + 601), "lives too long"),
    "ending before it begins": (lambda f: f.token(exp=IAT - 1), "lives too long"),
    "an end that is a text": (lambda f: f.token(exp=str(IAT + 600)), "missing time"),
    "an end without end": (lambda f: f.token(exp=float("inf")), "missing time"),
    "an end that is true": (lambda f: f.token(exp=True), "missing time"),
    "too long": (lambda f: f.token(extra="x" * MAX_LENGTH), "too long"),
    "two subjects": (
        lambda f: f.sealed(json.dumps(f.header), json.dumps(CLAIMS)[:-1] + ', "sub": "1"}'), "repeated name",
    ),
    "two algorithms": (
        lambda f: f.sealed('{"alg": "none", ' + json.dumps(f.header)[1:], json.dumps(CLAIMS)), "repeated name",
    ),
    "a list of claims": (lambda f: f.sealed(json.dumps(f.header), "[]"), "not an object"),
    "no JSON": (lambda f: f.sealed(json.dumps(f.header), "{"), "not readable"),
    "a deep nest": (lambda f: f.sealed(json.dumps(f.header), "[" * 2500), "not readable"),
    "two parts": (lambda f: f.token().rpartition(".")[0], "not three parts"),
    "encrypted, five parts": (lambda f: f.token() + ".x.y", "not three parts"),
    "a refresh token": (lambda f: "bmr_" + "A" * 43, "not three parts"),
    "nothing": (lambda f: "", "not three parts"),
    "only dots": (lambda f: "..", "not readable"),
    "letters of nobody's alphabet": (lambda f: f.token().replace(".", ".ş", 1), "not readable"),
}  # fmt: skip


@pytest.mark.parametrize(("attack", "reason"), ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_is_refused_for_the_one_thing_that_is_wrong_with_it(
    forge: Forge, attack: Callable[[Forge], str], reason: str
) -> None:
    assert refusal(forge, attack(forge)) == reason


@pytest.mark.parametrize("name", CLAIMS)
def test_no_claim_may_be_missing(forge: Forge, name: str) -> None:
    assert refusal(forge, forge.token(without=name)) in ("missing claim", "missing time")


def test_what_the_forge_makes_without_a_fault_is_taken(forge: Forge) -> None:
    """The negative control of every attack: nothing but its one fault refuses it."""
    assert read(forge.token(), [forge.key], NOW).user_id == 7
    assert read(forge.token(nbf=IAT + 30), [forge.key], NOW).family_id == "f" * 32
    assert read(forge.token(iat=IAT + 30, exp=IAT + 630), [forge.key], NOW).jti == "a" * 32


def test_it_ends_ten_minutes_and_thirty_seconds_after_it_was_issued(forge: Forge) -> None:
    token = forge.token()
    assert read(token, [forge.key], NOW + timedelta(seconds=629)).client_id == "api"
    assert refusal(forge, token, NOW + timedelta(seconds=630)) == "token_expired"


def test_what_is_signed_is_what_is_read(forge: Forge) -> None:
    claims = AccessClaims(7, "f" * 32, "api", "a" * 32, NOW, NOW + ACCESS_LIFETIME)
    assert read(signed(forge.key, claims), [forge.key], NOW) == claims


def test_an_installation_takes_no_token_of_another_one(forge: Forge, tmp_path: Path) -> None:
    other = SigningKeys(tmp_path / "token_keys", FixedClock(NOW)).signing()
    claims = AccessClaims(7, "f" * 32, "api", "a" * 32, NOW, NOW + ACCESS_LIFETIME)
    assert refusal(forge, signed(other, claims)) == "unknown key"


@given(st.data())
def test_no_change_of_a_single_letter_is_taken(forge: Forge, data: st.DataObject) -> None:
    """But for the letters of the signature that no bit of it hangs on."""
    token = forge.token()
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("AZaz09-_.ş =+/"))
    changed = token[:place] + letter + token[place + 1 :]
    if changed.replace("+", "-").replace("/", "_") != token:
        refusal(forge, changed)


@given(st.text(max_size=200))
def test_no_text_is_an_error_of_ours(forge: Forge, text: str) -> None:
    refusal(forge, text)
