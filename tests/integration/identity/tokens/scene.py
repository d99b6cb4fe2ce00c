"""Ayşe, her tokens, and what befell her: the alerts that were raised."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from db.session import Database
from identity.service import IdentityService, User
from identity.tokens.caller import Caller
from identity.tokens.deny_list import DenyList
from identity.tokens.risks import SecurityEvent
from identity.tokens.service import Authenticated, IssuedTokens, TokenService
from identity.tokens.signing_keys import SigningKeys
from tests.conftest import KEYS

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"
NEWER_FIREFOX = FIREFOX.replace("139.0", "140.0")
PHONE = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
HOME = Caller("192.0.2.10", FIREFOX)
NEXT_DOOR = Caller("192.0.2.200", FIREFOX)  # the same /24
ELSEWHERE = Caller("198.51.100.7", FIREFOX)
THIEF = Caller("203.0.113.9", PHONE)


@dataclass
class Scene:
    """One process of the API."""

    database: Database
    clock: FixedClock
    tokens: TokenService
    ayse: User
    events: list[SecurityEvent] = field(default_factory=list)

    def signed_in(self, caller: Caller = HOME) -> IssuedTokens:
        return self.tokens.sign_in("ayse", PASSWORD, caller)

    def asks(self, access_token: str, caller: Caller = HOME) -> Authenticated:
        return self.tokens.authenticate(f"Bearer {access_token}", caller.address, caller.user_agent)

    def verdict(self, access_token: str, caller: Caller = HOME) -> str:
        """``ok``, or the code it is refused with."""
        try:
            self.asks(access_token, caller)
        except AppError as error:
            return error.code
        return "ok"

    def refused(self, refresh_token: str, caller: Caller = HOME) -> str:
        """The code that a refresh is refused with."""
        with pytest.raises(AppError) as refusal:
            self.tokens.refresh(refresh_token, caller)
        return refusal.value.code

    def set_second_factor(self, factor: Callable[[User, str | None, str | None], None]) -> None:
        self.tokens = replace(self.tokens, second_factor=factor)

    def rows(self, query: str) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(text(query)).all())

    def execute(self, statement: str) -> None:
        with self.database.transaction() as connection:
            connection.execute(text(statement))

    @property
    def reasons(self) -> list[str | None]:
        """Why each family ended, in the order of their beginning; None for one that lives."""
        return [row[0] for row in self.rows("SELECT revoked_reason FROM token_families ORDER BY begun_at, id")]


def add_ayse(database: Database, clock: FixedClock, key_folder: Path, redis_url: str) -> Scene:
    identity = IdentityService(database, clock)
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", full_name="Ayşe Yılmaz", hotels=[])
    tokens, events = service(database, clock, key_folder, redis_url)
    return Scene(database, clock, tokens, identity.check_password("ayse", PASSWORD), events)


def service(
    database: Database, clock: FixedClock, key_folder: Path, redis_url: str
) -> tuple[TokenService, list[SecurityEvent]]:
    """The service of one process, and the alerts that it raised."""
    events: list[SecurityEvent] = []
    identity = IdentityService(database, clock)
    tokens = TokenService(
        database, clock, identity, KEYS, SigningKeys(key_folder, clock), DenyList(redis_url),
        identity.require_second_factor, raise_alert=lambda _, event: events.append(event),
    )  # fmt: skip
    return tokens, events
