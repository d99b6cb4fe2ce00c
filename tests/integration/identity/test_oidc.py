"""Sign-in at an OpenID Connect provider (A9.1): by an answer that is genuine, ours, fresh, and of a user here."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlparse

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.key_ring import KeyRing
from core.mail import Mailer
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database
from identity.oidc.service import BEGUN_LIFETIME, OidcService
from identity.service import IdentityService, User
from identity.users import UserService

ISSUER, CLIENT, SECRET = "https://login.example/realms/hotel", "barometer", "between us"
REDIRECT = "https://minibar.example/auth/provider/answer"


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """Answers like one; ``claims`` change what the next token says, ``signed_with`` how it is signed."""

    key: RSAPrivateKey
    clock: FixedClock
    claims: dict[str, Any] = field(default_factory=dict)
    signed_with: tuple[Any, str] | None = None
    issuer: str = ISSUER
    nonce: str = ""
    asked: list[tuple[str, Any, Any]] = field(default_factory=list)

    def ask(self, address: str, form: dict[str, str] | None, client: tuple[str, str] | None) -> dict[str, Any]:
        self.asked.append((address, form, client))
        if address.endswith("/.well-known/openid-configuration"):
            ends = {"authorization_endpoint": "form", "token_endpoint": "token", "jwks_uri": "keys"}
            return {"issuer": self.issuer, **{name: f"{ISSUER}/{path}" for name, path in ends.items()}}
        if address == f"{ISSUER}/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}
        now = self.clock.now().timestamp()
        claims = {
            "iss": ISSUER, "sub": "1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.nonce,
            "preferred_username": "ayse", **self.claims,
        }  # fmt: skip
        signed_with, algorithm = self.signed_with or (self.key, "RS256")
        return {"id_token": jwt.encode(claims, signed_with, algorithm, headers={"kid": "one"})}


@pytest.fixture
def provider(key: RSAPrivateKey, clock: FixedClock) -> Provider:
    return Provider(key, clock)


@pytest.fixture
def oidc(
    identity: IdentityService, database: Database, clock: FixedClock, provider: Provider, tmp_path: Path
) -> OidcService:
    settings = Settings(
        oidc_issuer=ISSUER, oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_redirect_url=REDIRECT
    )
    return OidcService(database, clock, identity, KeyRing(tmp_path / "keys" / "ring"), settings, provider.ask)


def begin(oidc: OidcService, provider: Provider) -> tuple[str, dict[str, str]]:
    """What the browser keeps, and what its way to the provider's form says."""
    begun = oidc.begin("/alerts")
    asked = dict(parse_qsl(urlparse(begun.address).query))
    provider.nonce = asked["nonce"]
    return begun.kept, asked


def refusal(oidc: OidcService, kept: str | None, state: str) -> str:
    with pytest.raises(AppError) as refused:
        oidc.finish(kept, state, "a code")
    return refused.value.code


def test_who_signed_in_there_has_a_session_here(
    oidc: OidcService, provider: Provider, identity: IdentityService, ayse: User, database: Database
) -> None:
    kept, asked = begin(oidc, provider)
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, REDIRECT)
    entered = oidc.finish(kept, asked["state"], "a code")
    assert entered.destination == "/alerts"
    assert identity.session_user(identity.redeem_ticket(entered.ticket)) == ayse
    [form] = [form for _, form, _ in provider.asked if form]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
    assert challenge.decode() == asked["code_challenge"]
    assert asked["code_challenge_method"] == "S256"
    assert (f"{ISSUER}/token", form, (CLIENT, SECRET)) in provider.asked
    with database.reading() as connection:
        told = connection.execute(text("SELECT role, details FROM audit_log ORDER BY id DESC LIMIT 1")).one()
    assert tuple(told) == ("admin", {"by": ISSUER})
    assert form["code_verifier"] not in kept


def test_the_password_and_the_second_factor_are_the_providers(
    oidc: OidcService, provider: Provider, identity: IdentityService, clock: FixedClock
) -> None:
    """Somebody who was invited and never chose a password here."""
    UserService(oidc.database, clock, Mailer(Settings())).invite(SYSTEM, "ayse", "admin", hotels=[])
    kept, asked = begin(oidc, provider)
    user = identity.session_user(identity.redeem_ticket(oidc.finish(kept, asked["state"], "a code").ticket))
    assert user is not None
    assert user.username == "ayse"


@pytest.mark.parametrize(("said", "is_asked"), [(["pwd", "mfa"], False), (["pwd"], True), ("mfa", True), (None, True)])
def test_an_administrator_is_not_asked_for_a_second_app_where_the_provider_asked_for_one(
    oidc: OidcService, provider: Provider, ayse: User, said: object, is_asked: bool
) -> None:
    identity = IdentityService(oidc.database, oidc.clock, requires_second_factor=True)
    assert identity.must_add_second_factor(ayse)  # who comes by password
    provider.claims = {} if said is None else {"amr": said}
    kept, asked = begin(oidc, provider)
    token = identity.redeem_ticket(oidc.finish(kept, asked["state"], "a code").ticket)
    user = identity.session_user(token)
    assert user is not None
    assert identity.must_add_second_factor(user) is is_asked
    assert bool(identity.scope_of(user).permissions) is not is_asked


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"aud": "somebody-else"}, {"iss": "https://evil.example"}, {"azp": "somebody-else"},
        {"exp": 1}, {"preferred_username": None}, {"preferred_username": ["ayse"]}, {"preferred_username": ""},
    ],
)  # fmt: skip
def test_a_token_for_another_purpose_client_or_time_is_refused(
    oidc: OidcService, provider: Provider, ayse: User, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    kept, asked = begin(oidc, provider)
    assert refusal(oidc, kept, asked["state"]) == "oidc_refused"


@pytest.mark.parametrize("forged", ["another key", "the shared secret", "nothing"])
def test_a_token_that_the_provider_did_not_sign_is_refused(
    oidc: OidcService, provider: Provider, ayse: User, forged: str
) -> None:
    provider.signed_with = {
        "another key": (generate_private_key(public_exponent=65537, key_size=2048), "RS256"),
        "the shared secret": (SECRET * 4, "HS256"),
        "nothing": (None, "none"),
    }[forged]
    kept, asked = begin(oidc, provider)
    assert refusal(oidc, kept, asked["state"]) == "oidc_refused"


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    oidc: OidcService, provider: Provider, ayse: User, clock: FixedClock
) -> None:
    """Somebody else's answer in a link would sign its reader in as them."""
    kept, asked = begin(oidc, provider)
    other, _ = begin(oidc, provider)
    for cookie, state in ((kept, "made up"), (other, asked["state"]), (None, asked["state"]), ("x:y", asked["state"])):
        assert refusal(oidc, cookie, state) == "oidc_refused"
    clock.advance(BEGUN_LIFETIME + timedelta(seconds=1))
    assert refusal(oidc, kept, asked["state"]) == "oidc_refused"
    assert [form for _, form, _ in provider.asked if form] == []


def test_who_has_no_active_account_here_gets_none(
    oidc: OidcService, provider: Provider, ayse: User, clock: FixedClock, database: Database
) -> None:
    UserService(database, clock, Mailer(Settings())).set_active(SYSTEM, ayse.id, False)
    for name in ("ayse", "stranger"):
        provider.claims = {"preferred_username": name}
        kept, asked = begin(oidc, provider)
        assert refusal(oidc, kept, asked["state"]) == "oidc_user_unknown"
    query = "SELECT actor, role FROM audit_log WHERE details->>'code' = 'oidc_user_unknown' ORDER BY id"
    with database.reading() as connection:
        assert [tuple(row) for row in connection.execute(text(query))] == [("ayse", "admin"), ("anonymous", None)]
        assert connection.execute(text("SELECT count(*) FROM users")).scalar_one() == 1


def test_an_address_names_somebody_only_once_it_is_verified(
    oidc: OidcService, provider: Provider, identity: IdentityService
) -> None:
    identity.add_user(SYSTEM, "ayse@hotel.example", "correct horse battery", "admin", hotels=[])
    by_mail = OidcService(
        oidc.database, oidc.clock, identity, oidc.keys, oidc.settings.model_copy(update={"oidc_claim": "email"}),
        provider.ask,
    )  # fmt: skip
    for verified, is_let_in in ((False, False), (None, False), (True, True)):
        provider.claims = {"email": "ayse@hotel.example", "email_verified": verified}
        kept, asked = begin(by_mail, provider)
        if is_let_in:
            assert by_mail.finish(kept, asked["state"], "a code").ticket
        else:
            assert refusal(by_mail, kept, asked["state"]) == "oidc_refused"


def test_a_document_of_another_issuer_is_not_believed(oidc: OidcService, provider: Provider) -> None:
    provider.issuer = "https://evil.example"
    with pytest.raises(AppError, match="oidc_unavailable"):
        oidc.begin("/")


def test_without_the_settings_there_is_no_other_way_in(oidc: OidcService, monkeypatch: pytest.MonkeyPatch) -> None:
    off = OidcService(oidc.database, oidc.clock, oidc.identity, oidc.keys, Settings(), oidc.ask)
    assert not off.is_on
    with pytest.raises(AppError, match="oidc_off"):
        off.begin("/")
    monkeypatch.setenv("BAROMETER_OIDC_ISSUER", ISSUER)
    with pytest.raises(ValueError, match="needs OIDC_CLIENT_ID"):
        Settings()
