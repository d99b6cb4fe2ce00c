"""``manage.py tokens``: keys are shown by id, exchanged, deleted when spent; sign-ins end (R3)."""

from pathlib import Path

from sqlalchemy import text

from core.clock import SystemClock
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database
from identity.service import IdentityService
from identity.tokens.caller import Caller
from identity.tokens.deny_list import DenyList
from identity.tokens.service import TokenService
from identity.tokens.signing_keys import signing_keys
from tests.conftest import KEYS
from tests.integration.commands.conftest import Run

PASSWORD = "correct horse battery"


def test_keys_are_exchanged_while_tokens_live_and_a_users_sign_ins_end(
    manage: Run, database: Database, tmp_path: Path
) -> None:
    clock = SystemClock()
    identity, keys = IdentityService(database, clock), signing_keys(Settings(home=tmp_path / "home"), clock)
    denied = DenyList("redis://127.0.0.1:1/0")
    tokens = TokenService(
        database, clock, identity, KEYS, keys, denied, identity.require_second_factor, lambda *_: None
    )
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    first = keys.signing()
    access = tokens.sign_in("ayse", PASSWORD, Caller(None, None)).access_token

    shown = manage("tokens", "keys")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"{first.id} signs since" in shown.stdout
    assert "PRIVATE" not in shown.stdout
    rotated = manage("tokens", "rotate")
    assert keys.signing().id in rotated.stdout
    assert keys.signing().id != first.id
    assert f"{first.id} verifies until" in manage("tokens", "keys").stdout
    assert "No older key" in manage("tokens", "retire").stdout
    assert tokens.authenticate(f"Bearer {access}", None, None).user.username == "ayse"

    assert "1 sign-in of" in manage("tokens", "end", "ayse").stdout
    with database.reading() as connection:
        ended = connection.execute(text("SELECT revoked_reason FROM token_families")).scalars().all()
        audited = connection.execute(text("SELECT action FROM audit_log WHERE actor = 'system'")).scalars().all()
    assert ended == ["signed_out"]
    assert {"token_keys_rotated", "tokens_ended"} <= set(audited)
