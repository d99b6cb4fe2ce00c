"""Database roles: the owner migrates, the application reads and writes, two more only ask for plans (C2, C13, R2).

https://www.postgresql.org/docs/18/ddl-priv.html. An installation with one single role works as well; then nothing
but a trigger keeps the application from changing the audit log, and the doctor says so.
"""

from collections.abc import Sequence

from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from core.embedded.postgres import APP_ROLE
from core.errors import AppError
from db.session import Database, normalise_url

READ_ROLE = "barometer_read"
PLAN_ROLE = "barometer_plan"  # plans what would write, with the reader's eyes; an older script did not make it
ROLES_LOCK = 7_240_024
ROLES = (APP_ROLE, READ_ROLE)
# What the server enforces on a role, whatever client signs in as it; ours ask for less where people wait.
LIMITS = {
    APP_ROLE: {"statement_timeout": "5min", "lock_timeout": "5min", "idle_in_transaction_session_timeout": "5min"},
    READ_ROLE: {"statement_timeout": "15s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "15s"},
}
# Columns that neither of the two may see, also not by the estimates of a plan.
SECRETS = {
    "users": ("password_hash",), "second_factors": ("secret",), "recovery_codes": ("code_sha256",),
    "user_sessions": ("token_sha256", "ticket_sha256"), "user_links": ("token_sha256",),
    "refresh_tokens": ("token_sha256", "successor_salt"), "api_keys": ("key_sha256",), "sign_in_attempts": ("key",),
}  # fmt: skip
SECRET_PAIRS = ", ".join(f"('{table}', '{name}')" for table, names in SECRETS.items() for name in names)
GROWING = ("audit_log", "audit_chain")  # what is written there stays as it is
WRITTEN_BY_APP = "actor, role, action, hotel_id, entity, address, request_id, details, before, after"
LINKING = "REVOKE ALL ON FUNCTION link_audit_entry(audit_log) FROM PUBLIC"  # as migration 0017 does
# Whether there is a table that the application cannot read yet, a column that the reader cannot read or should not, or
# an audit log that the application could change.
IS_INCOMPLETE = f"""
SELECT to_regclass('audit_chain') IS NOT NULL AND (EXISTS (
    SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v', 'm')
       AND (NOT has_table_privilege('{APP_ROLE}', c.oid, 'SELECT')
            OR has_column_privilege('{READ_ROLE}', c.oid, a.attnum, 'SELECT')
               = ((c.relname, a.attname) IN ({SECRET_PAIRS})))
) OR has_table_privilege('{APP_ROLE}', to_regclass('audit_log')::oid, 'UPDATE, DELETE, TRUNCATE')
    OR NOT has_any_column_privilege('{APP_ROLE}', to_regclass('audit_log')::oid, 'INSERT')
    OR coalesce(NOT has_table_privilege(to_regrole('{PLAN_ROLE}')::oid, to_regclass('hotels')::oid, 'INSERT'), false))
"""

# What the console reads of statements (C2); only an administrator of the server may make it.
CAN_GATHER = """
SELECT rolsuper AND EXISTS (SELECT FROM pg_available_extensions
                             WHERE name = 'pg_stat_statements' AND installed_version IS NULL)
  FROM pg_roles WHERE rolname = current_user
"""
GATHER = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"


def limits() -> list[str]:
    return [
        f"ALTER ROLE {role} SET {name} = '{value}'" for role in ROLES for name, value in LIMITS[role].items()
    ]  # fmt: skip


def entrances(database: str, schema: str) -> list[str]:
    """What opens one database to the roles, whichever tables there are."""
    return [
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO {APP_ROLE}',
        f'REVOKE CREATE ON SCHEMA "{schema}" FROM PUBLIC',
        f'GRANT USAGE ON SCHEMA "{schema}" TO {APP_ROLE}, {READ_ROLE}',
    ]


def memberships(database: str, schema: str) -> list[str]:
    """What the roles may do in the database and on the server as a whole."""
    joined = [f"GRANT {READ_ROLE} TO {PLAN_ROLE}", f"GRANT {READ_ROLE}, {PLAN_ROLE} TO {APP_ROLE}"]
    return [*entrances(database, schema), *joined, f"GRANT pg_monitor TO {APP_ROLE}"]


def grants(schema: str, version: int, has_planner: bool) -> list[str]:
    """What the roles may do with the tables; idempotent, run after migrations.

    The application inherits what the planner may, which is why both may change the same.
    """
    every = f'ALL TABLES IN SCHEMA "{schema}"'
    kept, writers = ", ".join(GROWING), f"{APP_ROLE}, {PLAN_ROLE}" if has_planner else APP_ROLE
    given = [
        f"GRANT SELECT ON {every} TO {READ_ROLE}",
        f"GRANT SELECT ON {every} TO {APP_ROLE}",
        f"GRANT INSERT, UPDATE, DELETE ON {every} TO {writers}",
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}" TO {writers}',
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {writers}",
    ]
    # ANALYZE after bulk writes; before version 17 only the owner can, and autovacuum does it later.
    given += [f"GRANT MAINTAIN ON {every} TO {APP_ROLE}"] if version >= 17 else []
    given += [f"REVOKE ALL ON {kept} FROM {writers}", f"GRANT SELECT ON {kept} TO {APP_ROLE}"]
    given += [f"REVOKE UPDATE, DELETE, TRUNCATE ON configuration_versions FROM {writers}"]
    return [*given, f"GRANT INSERT ({WRITTEN_BY_APP}) ON audit_log TO {APP_ROLE}"]


def prepare(owner: Database, app_url: str) -> None:
    """Make the application's role where it is missing and may be made, and give it what it needs in new tables.

    Raises ``database_role_missing`` where the administrator of the server has to make it. With one single role there
    is nothing to do.
    """
    app = make_url(normalise_url(app_url))
    with owner.transaction() as connection:
        # Two commands at once would change the same rows of the catalog.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ROLES_LOCK})
        gather(connection)
        known = _known(connection, (*ROLES, PLAN_ROLE))
        is_whole = known.issuperset(ROLES)
        if app.username == APP_ROLE and (not is_whole or (PLAN_ROLE not in known and _may_create(connection))):
            _create(connection, known, app.password or "")
        elif not is_whole:
            return
        if connection.execute(text(IS_INCOMPLETE)).scalar_one():
            _grant(connection)


def settle(owner: Database) -> None:
    """Give the roles, where there are any, what they need in a database that was filled without its privileges."""
    with owner.transaction() as connection:
        database, schema = connection.execute(text("SELECT current_database(), current_schema()")).one()
        connection.execute(text(LINKING))
        gather(connection)
        if len(_known(connection)) < len(ROLES):
            return
        for statement in entrances(database, schema):
            connection.execute(text(statement))
        _grant(connection)


def gather(connection: Connection) -> None:
    """Make the server's statistics of statements readable, where we may and its software has them."""
    if connection.execute(text(CAN_GATHER)).scalar_one():
        connection.execute(text(GATHER))


def _known(connection: Connection, names: Sequence[str] = ROLES) -> set[str]:
    query = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)")
    return set(connection.scalars(query, {"names": list(names)}))


def _may_create(connection: Connection) -> bool:
    query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    return bool(connection.execute(text(query)).scalar_one())


def _create(connection: Connection, known: set[str], password: str) -> None:
    if not _may_create(connection):
        raise AppError("database_role_missing", 500, params={"role": APP_ROLE})
    for role in (READ_ROLE, PLAN_ROLE):
        if role not in known:
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    if APP_ROLE not in known:
        # Hashed here: the password itself would stand in the server's statistics of statements.
        session = connection.connection.driver_connection
        verifier = encrypt_password(password, APP_ROLE, scope=session, algorithm="scram-sha-256")
        connection.exec_driver_sql(f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD %s", (verifier,))
    database, schema = connection.execute(text("SELECT current_database(), current_schema()")).one()
    for statement in (*limits(), *memberships(database, schema)):
        connection.execute(text(statement))


def _grant(connection: Connection) -> None:
    schema, version = connection.execute(
        text("SELECT current_schema(), current_setting('server_version_num')::int / 10000")
    ).one()
    has_planner = PLAN_ROLE in _known(connection, (PLAN_ROLE,))
    for statement in (*grants(schema, version, has_planner), *_hidden(connection)):
        connection.execute(text(statement))


def _hidden(connection: Connection) -> list[str]:
    """The reader sees the columns of SECRETS no more; tables that the schema does not have yet are left out."""
    query = text(
        "SELECT c.relname, string_agg(quote_ident(a.attname), ', ') "
        f"FILTER (WHERE (c.relname, a.attname) NOT IN ({SECRET_PAIRS})) AS seen "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.oid = ANY(SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS name) GROUP BY c.relname"
    )
    statements = []
    for row in connection.execute(query, {"tables": list(SECRETS)}):
        statements += [f"REVOKE SELECT ON {row.relname} FROM {READ_ROLE}"]
        statements += [f"GRANT SELECT ({row.seen}) ON {row.relname} TO {READ_ROLE}"]
    return statements


def is_separate(database: Database) -> bool:
    """Whether who is signed in can neither make tables nor change the audit log."""
    query = (
        "SELECT NOT rolsuper AND NOT has_schema_privilege(current_schema(), 'CREATE') "
        "AND NOT coalesce(has_table_privilege(to_regclass('audit_log')::oid, 'UPDATE, DELETE, TRUNCATE'), false) "
        "FROM pg_roles WHERE rolname = current_user"
    )
    with database.reading() as connection:
        return bool(connection.execute(text(query)).scalar_one())


SCRIPT = """\
-- The roles of Barometer on a PostgreSQL server of your own. Run it once in Barometer's database, as an administrator:
--   psql -v ON_ERROR_STOP=1 -d <database> -f roles.sql
-- Afterwards DATABASE_URL signs in as {app}, DATABASE_OWNER_URL as the owner of the tables, and
-- "manage.py migrate" gives the roles what they need in the tables.
\\if :{{?app_password}}
\\else
\\prompt 'Password for {app}: ' app_password
\\endif
SELECT 'CREATE ROLE {read} NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{read}') \\gexec
SELECT 'CREATE ROLE {plan} NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{plan}') \\gexec
SELECT 'CREATE ROLE {app} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{app}') \\gexec
ALTER ROLE {app} PASSWORD :'app_password';
{statements}
"""


def script() -> str:
    """What an administrator of a foreign server runs with psql."""
    database = [statement.replace('"{database}"', ':"DBNAME"') for statement in memberships("{database}", "public")]
    statements = ";\n".join([*limits(), *database]) + ";"
    return SCRIPT.format(app=APP_ROLE, read=READ_ROLE, plan=PLAN_ROLE, statements=statements)
