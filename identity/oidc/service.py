"""Sign-in at a provider: begun, answered, and ended in a session of ours; who has no account here gets none (A9.1)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import compare_digest
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.key_ring import KeyRing
from core.settings import Settings
from db.queries import audit
from db.queries import identity as queries
from db.queries.identity import UserRow
from db.session import Database
from identity.oidc import protocol
from identity.oidc.network import Ask, ask
from identity.oidc.protocol import Client
from identity.secrets import new_token
from identity.service import IdentityService

BEGUN_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Begun:
    """``address`` of the provider's form; ``kept`` waits in the browser, sealed, for the answer."""

    address: str
    kept: str = field(repr=False)


@dataclass(frozen=True)
class Entered:
    """The ticket of a session, and the path that was asked for."""

    ticket: str = field(repr=False)
    destination: str


@dataclass(frozen=True)
class OidcService:
    """Roles and hotels are ours, password and second factor the provider's."""

    database: Database
    clock: Clock
    identity: IdentityService
    keys: KeyRing
    settings: Settings
    ask: Ask = ask

    @property
    def is_on(self) -> bool:
        return self.settings.oidc_issuer is not None

    @property
    def client(self) -> Client:
        """Raises ``oidc_off`` (404) where the settings name no provider."""
        own = self.settings
        if own.oidc_issuer is None or own.oidc_client_id is None or own.oidc_redirect_url is None:
            raise AppError("oidc_off", 404)
        return Client(own.oidc_issuer, own.oidc_client_id, own.oidc_redirect_url, own.oidc_claim)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach this installation by TLS."""
        return self.client.redirect_url.startswith("https:")

    def begin(self, destination: str) -> Begun:
        """Raises ``oidc_unavailable`` (503) while the provider does not say where its form is."""
        client, state, nonce, verifier = self.client, new_token(), new_token(), new_token()
        kept = {
            "state": state, "nonce": nonce, "verifier": verifier, "destination": destination,
            "until": (self.clock.now() + BEGUN_LIFETIME).timestamp(),
        }  # fmt: skip
        endpoint = str(self._metadata()["authorization_endpoint"])
        address = protocol.authorization_url(client, endpoint, state=state, nonce=nonce, verifier=verifier)
        return Begun(address, self.keys.seal(kept))

    def finish(self, kept: str | None, state: str, code: str) -> Entered:
        """Raises ``oidc_refused`` (401) for an answer that this browser did not ask for or that is not genuine."""
        begun = self._begun(kept)
        if not compare_digest(begun["state"].encode(), state.encode()):
            raise protocol.refused("another browser's answer")
        metadata = self._metadata()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect_url,
            "code_verifier": begun["verifier"],
        }  # fmt: skip
        answer = self.ask(
            str(metadata["token_endpoint"]), form, (self.client.client_id, self.settings.oidc_client_secret or "")
        )
        keys = self.ask(str(metadata["jwks_uri"]), None, None)
        found = protocol.identified(
            self.client, str(answer.get("id_token")), keys, begun["nonce"], self.clock.now()
        )  # fmt: skip
        return Entered(self.identity.new_ticket(self._user(found.name), found.has_shown_factors), begun["destination"])

    def _begun(self, kept: str | None) -> dict[str, Any]:
        try:
            begun: dict[str, Any] = self.keys.unseal(kept or "")
        except AppError as error:
            raise protocol.refused("nothing was begun in this browser") from error
        if datetime.fromtimestamp(begun["until"], UTC) <= self.clock.now():
            raise protocol.refused("begun too long ago")
        return begun

    def _metadata(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0 §4: the document must name the issuer that was asked."""
        issuer = self.client.issuer
        found = self.ask(f"{issuer.rstrip('/')}/.well-known/openid-configuration", None, None)
        if found.get("issuer") != issuer or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= set(found):
            raise AppError("oidc_unavailable", 503)
        return found

    def _user(self, name: str) -> UserRow:
        with self.database.transaction() as connection:
            user = queries.user_of_name(connection, name) if name.isprintable() else None
            if user is not None and user.is_active:
                queries.note_entrance(connection, user.id, self.clock.now())
                details = {"by": self.client.issuer}
                audit.record(connection, user.username, "signed_in", role=user.role, details=details)
                return user
            actor, role = (user.username, user.role) if user else ("anonymous", None)
            audit.record(
                connection, actor, "sign_in_failed", role=role, details={"code": "oidc_user_unknown"}
            )  # fmt: skip
        raise AppError("oidc_user_unknown", 401)
