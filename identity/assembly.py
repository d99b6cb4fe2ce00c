"""The services of people and machines that sign in, wired together; ``services.py`` takes them as they are."""

from typing import Any

from core.clock import Clock
from core.key_ring import key_ring
from core.mail import Mailer
from core.settings import Settings
from db.session import Database
from identity.accounts import AccountService
from identity.api_keys.service import ApiKeyService
from identity.audit.service import AuditService
from identity.oidc.service import OidcService
from identity.resets import ResetService
from identity.service import IdentityService
from identity.tokens.deny_list import DenyList
from identity.tokens.risks import RaiseAlert
from identity.tokens.service import TokenService
from identity.tokens.signing_keys import signing_keys
from identity.users import UserService


def identity_services(
    database: Database, clock: Clock, settings: Settings, redis_url: str, raise_alert: RaiseAlert
) -> dict[str, Any]:
    """By the name of the field of ``Services``. Every door asks the same second factor."""
    identity = IdentityService(database, clock, settings.second_factor_required)
    mailer = Mailer(settings)
    keys = database.keys or key_ring(settings)
    tokens = TokenService(
        database, clock, identity, keys, signing_keys(settings, clock),
        DenyList(redis_url), identity.require_second_factor, raise_alert,
    )  # fmt: skip
    return {
        "identity": identity,
        "accounts": AccountService(database, clock, identity),
        "users": UserService(database, clock, mailer),
        "resets": ResetService(database, clock, mailer),
        "oidc": OidcService(database, clock, identity, keys, settings),
        "tokens": tokens,
        "api_keys": ApiKeyService(database, clock, identity),
        "audit": AuditService(database, clock),
    }
