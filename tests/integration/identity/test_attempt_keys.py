"""Attempts are counted under the installation's keys: a new key lifts no lock and forgets no count (A9.1)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.key_ring import KeyRing
from core.mail import Mailer
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database, open_database
from identity.attempts import LIMITS
from identity.service import IdentityService
from identity.users import UserService
from operations.keys.service import KeyService
from tests.integration.identity.conftest import PASSWORD, refusal

ATTEMPT_LIMIT = LIMITS["name"].failures


@pytest.fixture
def own(database: Database, clock: FixedClock, tmp_path: Path) -> Iterator[IdentityService]:
    """On a ring of its own, whose keys may be exchanged; ``ayse`` has had four failures."""
    ring = KeyRing(tmp_path / "secrets" / "keys")
    opened = open_database(database.engine.url.render_as_string(hide_password=False), keys=ring)
    identity = IdentityService(opened, clock)
    identity.add_user(SYSTEM, "ayse", PASSWORD, "admin", hotels=[])
    for _ in range(ATTEMPT_LIMIT - 1):
        refusal(identity, "ayse", "wrong")
    yield identity
    opened.dispose()


def rotate(identity: IdentityService) -> None:
    keys = identity.database.keys
    assert keys is not None
    KeyService(identity.database, keys, identity.clock).rotate(SYSTEM)


def test_a_lock_outlives_an_exchange_of_keys_and_so_does_a_count(own: IdentityService) -> None:
    rotate(own)
    assert refusal(own, "ayse", "wrong") == "sign_in_refused"  # the fifth
    for _ in range(2):
        rotate(own)
        assert refusal(own, "ayse", PASSWORD) == "account_locked"
    with own.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM sign_in_attempts")).scalar_one() == 1


@pytest.mark.parametrize("rotations", [0, 1])
def test_administrators_see_and_lift_a_lock_of_before(own: IdentityService, rotations: int) -> None:
    users = UserService(own.database, own.clock, Mailer(Settings()))
    refusal(own, "ayse", "wrong")
    for _ in range(rotations):
        rotate(own)
    [account] = users.listed(SYSTEM)
    assert account.state == "locked"
    users.unlock(SYSTEM, account.row.id)
    assert [one.state for one in users.listed(SYSTEM)] == ["active"]
    assert own.check_password("ayse", PASSWORD).username == "ayse"


def test_a_success_forgets_what_was_counted_under_an_older_key(own: IdentityService) -> None:
    rotate(own)
    assert own.check_password("ayse", PASSWORD).username == "ayse"
    for _ in range(ATTEMPT_LIMIT - 1):
        refusal(own, "ayse", "wrong")
    assert own.check_password("ayse", PASSWORD).username == "ayse"
