"""A user with tokens, on a real database and a real cache that a test may stop and empty."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer, start_valkey
from db.session import Database
from identity.tokens.signing_keys import SigningKeys
from tests.integration.identity.tokens.scene import Scene, add_ayse


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One signing key for all tests: making one takes a while."""
    return tmp_path_factory.mktemp("token_keys")


@pytest.fixture(scope="session")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    server = start_valkey(tmp_path_factory.mktemp("deny_list"))
    yield server
    server.stop()


@pytest.fixture
def scene(database: Database, clock: FixedClock, key_folder: Path, own_valkey: ValkeyServer) -> Scene:
    made_at = replace(clock, at=clock.at - timedelta(days=1))
    SigningKeys(key_folder, made_at).signing()
    return add_ayse(database, clock, key_folder, own_valkey.url)
