"""Shared fixtures: one embedded PostgreSQL and Valkey a worker, one database a test, the cast of users."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from core import optional_redis
from core.clock import FixedClock
from core.embedded import postgres, valkey
from core.embedded.postgres import PostgresServer, start_postgres
from core.embedded.valkey import ValkeyServer, start_valkey
from core.key_ring import Key, KeyRing
from core.request_context import end_request
from core.settings import Settings, environment_names
from db import migrate, roles
from db.session import Database, open_database
from identity import passwords
from operations import health
from operations.cached_reads import keys
from operations.redis import looking
from tests.ports import free_port

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # Monday 08:00 in Istanbul
KEYS = KeyRing(Path("/nowhere"), (Key("dGVzdHMgb2YgYmFyb21ldGVyOiBub3QgYSBzZWNyZXQ="),))
SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


# Nothing of a test outlives it: what PostgreSQL does for durability only costs time, at every new database most.
HASTY = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
"""


@pytest.fixture(autouse=True, scope="session")
def no_settings_of_this_machine() -> Iterator[None]:
    """Tests see the defaults, whatever the developer's environment and ``.env`` say."""
    names = {name for key, field in Settings.model_fields.items() for name in environment_names(key, field)}
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.delenv(name, raising=False)
            patch.delenv(f"{name}_FILE", raising=False)
        patch.setitem(Settings.model_config, "env_file", None)
        yield


# How long answers are waited for before what runs goes on without them. A machine that is busy answers late, which is
# no fault: only tests of such faults shorten it.
PATIENCE_SECONDS = 60.0
IMPATIENT = (
    (postgres, "START_TIMEOUT_SECONDS"), (valkey, "START_TIMEOUT_SECONDS"), (optional_redis, "TIMEOUT_SECONDS"),
    (looking, "CONNECT_SECONDS"), (looking, "ANSWER_SECONDS"), (looking, "SLOW_SECONDS"), (looking, "MOST_SECONDS"),
    (keys, "MOST_SECONDS"),    (health, "DATABASE_SECONDS"),
)  # fmt: skip


@pytest.fixture(autouse=True, scope="session")
def patience() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module, name in IMPATIENT:
            patch.setattr(module, name, PATIENCE_SECONDS)
        yield


# The same examples in every run, however slow the machine is: a test fails because of what it tests.
settings.register_profile(
    "barometer", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("barometer")

REAL_HASHER = passwords._HASHER


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords without argon2's memory and time, which were most of what the tests of sign-ins waited for."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(autouse=True)
def no_request_of_another_test() -> Iterator[None]:
    """Whom a test asked as stands in no audit entry of the next."""
    yield
    end_request()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


MEMORY, ROOM_BYTES = Path("/dev/shm"), 4_000_000_000  # noqa: S108 - folders with random names, of this process alone
IN_MEMORY = "barometer-tests-"


@pytest.fixture(scope="session")
def servers_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """In memory where there is room: copying a database for every test takes a disk's file system ten times as long."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        yield tmp_path_factory.mktemp("servers")
        return
    for left in MEMORY.glob(f"{IN_MEMORY}*"):  # by a run that was killed
        if not psutil.pid_exists(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{IN_MEMORY}{os.getpid()}-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL is another user than root
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[PostgresServer]:
    server = start_postgres(servers_folder, free_port(), HASTY)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    server = start_valkey(tmp_path_factory.mktemp("cache"), free_port())
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template_url(postgres_server: PostgresServer) -> str:
    """A migrated database that tests are cloned from (60 ms each)."""
    database = open_database(postgres_server.url, keys=KEYS)
    migrate.upgrade(database)
    roles.prepare(database, postgres_server.app_url)
    database.dispose()
    return postgres_server.url


@pytest.fixture
def database(template_url: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh migrated database of this test alone."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    admin = open_database(template_url.rsplit("/", 1)[0] + "/postgres", pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE barometer STRATEGY FILE_COPY'))
    fresh = open_database(template_url.rsplit("/", 1)[0] + f"/{name}", keys=KEYS)
    yield fresh
    fresh.dispose()
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def app_database(database: Database, postgres_server: PostgresServer) -> Iterator[Database]:
    """The test's database as the application itself sees it: signed in as its own role."""
    name = database.engine.url.database
    signed_in = open_database(postgres_server.app_url.rsplit("/", 1)[0] + f"/{name}", keys=KEYS)
    yield signed_in
    signed_in.dispose()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data of the workspace; a user's clone has none."""
    if not SHARED_DATA.exists():
        pytest.skip(f"real data is absent: {SHARED_DATA}")
    return SHARED_DATA
