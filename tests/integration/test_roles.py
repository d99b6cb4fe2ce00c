"""Roles of the database (C13, R2): made by themselves, complete after each migration, limited in time."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from core.embedded.postgres import PostgresServer, binary, start_postgres
from core.errors import AppError
from core.settings import Settings
from db import migrate, roles
from db.session import SCREENS, Database, open_database


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server that nobody prepared, with a role that owns its database and may make no others."""
    server = start_postgres(tmp_path_factory.mktemp("foreign"), extra="fsync = off\nsynchronous_commit = off\n")
    admin = open_database(server.url)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE ROLE landlord LOGIN PASSWORD 'of the house'"))
        connection.execute(text("CREATE DATABASE house OWNER landlord"))
    admin.dispose()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def owner(foreign: PostgresServer) -> Iterator[Database]:
    database = open_database(f"postgresql://landlord:of the house@127.0.0.1:{foreign.port}/house", pool_size=2)
    migrate.upgrade(database)
    yield database
    database.dispose()


def app_url(server: PostgresServer) -> str:
    return f"postgresql://barometer_app:a password of the house@127.0.0.1:{server.port}/house"


def test_one_role_for_everything_works_without_the_others(owner: Database) -> None:
    roles.prepare(owner, owner.engine.url.render_as_string(hide_password=False))
    migrate.upgrade(owner)
    assert not roles.is_separate(owner)


def test_a_role_that_cannot_be_made_is_asked_for(owner: Database, foreign: PostgresServer) -> None:
    with pytest.raises(AppError, match="database_role_missing"):
        roles.prepare(owner, app_url(foreign))


def test_the_printed_script_makes_the_roles_twice_if_need_be(owner: Database, foreign: PostgresServer) -> None:
    superuser = make_url(foreign.url)
    place = ["-h", "127.0.0.1", "-p", str(foreign.port), "-U", "barometer", "-d", "house"]
    for _ in range(2):
        done = subprocess.run(
            [binary("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "app_password=a password of the house", *place],
            input=roles.script(), env={"PGPASSWORD": str(superuser.password)}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert (done.returncode, "ERROR" in done.stderr) == (0, False)
    roles.prepare(owner, app_url(foreign))
    app = open_database(app_url(foreign), pool_size=1)
    assert roles.is_separate(app)
    with app.transaction() as connection:
        connection.execute(text("INSERT INTO hotels (code, name) VALUES ('A', 'A')"))
        connection.execute(text("CREATE TEMP TABLE passing (x int)"))
    app.dispose()


def test_a_new_table_is_open_to_the_application_after_the_next_preparation(
    database: Database, app_database: Database
) -> None:
    def read() -> None:
        with app_database.reading() as connection:
            connection.execute(text("SELECT * FROM fresh"))

    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE fresh (id bigint PRIMARY KEY)"))
    with pytest.raises(AppError, match="database_forbidden"):
        read()
    roles.prepare(database, app_database.engine.url.render_as_string(hide_password=False))
    read()


def test_only_the_owner_migrates(database: Database, app_database: Database) -> None:
    migrate.upgrade(app_database)  # nothing to do
    migrate.downgrade(database, "0016")
    roles.prepare(database, app_database.engine.url.render_as_string(hide_password=False))
    with pytest.raises(AppError, match="migration_needs_owner"):
        migrate.upgrade(app_database)
    migrate.upgrade(database)


def test_the_reader_reads_every_table_and_writes_none(app_database: Database) -> None:
    with app_database.transaction() as connection:
        connection.execute(text("SET LOCAL ROLE barometer_read"))
        connection.execute(text("EXPLAIN SELECT m.*, u.username FROM ml_metrics m JOIN users u ON true"))
    for statement in ("INSERT INTO hotels (code, name) VALUES ('A', 'A')", "DELETE FROM users", "TRUNCATE users"):
        with pytest.raises(AppError, match="database_forbidden"), app_database.transaction() as connection:
            connection.execute(text(f"SET LOCAL ROLE barometer_read; {statement}"))


SECRET = re.compile(
    r"passw|secret|token|ticket|recovery|salt|private|otp|credential|(?:password|code|key)_(?:hash|sha256)|^key$"
)
HARMLESS = {("user_sessions", "ticket_expires_at")}  # named like a secret


def test_no_column_that_holds_a_secret_is_seen_by_those_who_only_plan(database: Database) -> None:
    """A migration that adds one names it in SECRETS; what stands there is there."""
    columns = (
        "SELECT c.relname, a.attname, has_column_privilege(:role, c.oid, a.attnum, 'SELECT') AS is_seen "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    )
    for role in ("barometer_read", "barometer_plan"):
        with database.reading() as connection:
            found = {
                (row.relname, row.attname): row.is_seen for row in connection.execute(text(columns), {"role": role})
            }
        hidden = {pair for pair, is_seen in found.items() if not is_seen}
        assert hidden == {(table, name) for table, names in roles.SECRETS.items() for name in names}
        assert {pair for pair in found if SECRET.search(pair[1])} - HARMLESS == hidden


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password_hash FROM users", "SELECT * FROM users", "TABLE refresh_tokens",
        "SELECT id FROM users WHERE password_hash < '$argon2id$v=19$m=65536$5'",
        "SELECT to_jsonb(users) FROM users", "SELECT users FROM users",
        "SELECT most_common_vals FROM pg_stats WHERE tablename = 'users' AND attname = 'password_hash'",
    ],
)  # fmt: skip
def test_a_secret_is_read_by_no_detour(database: Database, app_database: Database, statement: str) -> None:
    with database.transaction() as connection:
        connection.execute(text(
            "INSERT INTO users (username, password_hash, role, full_name) "
            "SELECT 'u' || n, '$argon2id$' || n, 'admin', '' FROM generate_series(1, 50) AS n"
        ))  # fmt: skip
        connection.execute(text("ANALYZE users"))
    for role in ("barometer_read", "barometer_plan"):
        with app_database.engine.connect() as connection:
            connection.execute(text(f"SET LOCAL ROLE {role}"))
            if "pg_stats" in statement:
                assert connection.execute(text(statement)).all() == []
                continue
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(statement))


def test_roles_of_an_older_version_get_what_they_lack_and_lose_what_they_should_not_have(
    database: Database, app_database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(text("GRANT SELECT ON users TO barometer_read"))
        connection.execute(text("REVOKE INSERT ON hotels FROM barometer_plan"))
        connection.execute(text("ALTER TABLE users ADD nickname varchar"))
    roles.prepare(database, app_database.engine.url.render_as_string(hide_password=False))
    query = text(
        "SELECT has_column_privilege('barometer_read', 'users', 'password_hash', 'SELECT'), "
        "has_column_privilege('barometer_read', 'users', 'nickname', 'SELECT'), "
        "has_table_privilege('barometer_plan', 'hotels', 'INSERT')"
    )
    with database.reading() as connection:
        assert tuple(connection.execute(query).one()) == (False, True, True)


def test_the_application_inherits_no_right_from_who_plans(database: Database) -> None:
    query = text(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
        "AND has_table_privilege('barometer_plan', oid, 'UPDATE, DELETE')"
    )
    with database.reading() as connection:
        found = set(connection.scalars(query))
    assert "hotels" in found
    assert found.isdisjoint({"audit_log", "audit_chain", "configuration_versions", "alembic_version"})


def test_the_server_itself_limits_each_role(database: Database) -> None:
    query = "SELECT rolname, setting FROM pg_roles, unnest(rolconfig) AS setting WHERE rolname LIKE 'barometer_%'"
    with database.reading() as connection:
        found = {tuple(row) for row in connection.execute(text(query))}
    expected = {(role, f"{name}={value}") for role, given in roles.LIMITS.items() for name, value in given.items()}
    assert found == expected
    assert len(expected) == 6


def test_screens_wait_less_than_jobs(app_database: Database) -> None:
    def settings(limits: Database) -> list[str]:
        with limits.reading() as connection:
            names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            return [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]

    screens = open_database(app_database.engine.url.render_as_string(hide_password=False), limits=SCREENS)
    assert settings(screens) == ["30s", "10s", "1min"]
    assert settings(app_database) == ["5min", "5min", "5min"]
    screens.dispose()


def test_passwords_of_roles_are_neither_one_another_nor_in_the_servers_statements(tmp_path: Path) -> None:
    server = PostgresServer(1, 2, "the owner's")
    passwords = {make_url(url).password for url in (server.url, server.app_url)}
    assert len(passwords) == 2
    assert Settings(home=tmp_path).database_owner_url is None
