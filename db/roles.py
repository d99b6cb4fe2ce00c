"""Database roles: the owner migrates, the application reads and writes, a reader only reads (C13, R2).

https://www.postgresql.org/docs/18/ddl-priv.html. An installation with one single role works as well; then nothing
but a trigger keeps the application from changing the audit log, and the doctor says so.
"""

from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from core.embedded.postgres import APP_ROLE
from core.errors import AppError
from db.session import Database, normalise_url

READ_ROLE = "barometer_read"
ROLES_LOCK = 7_240_024
ROLES = (APP_ROLE, READ_ROLE)
# What the server enforces on a role, whatever client signs in as it; ours ask for less where people wait.
LIMITS = {
    APP_ROLE: {"statement_timeout": "5min", "lock_timeout": "5min", "idle_in_transaction_session_timeout": "5min"},
    READ_ROLE: {"statement_timeout": "15s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "15s"},
}
GROWING = ("audit_log", "audit_chain")  # what is written there stays as it is
WRITTEN_BY_APP = "actor, role, action, hotel_id, entity, address, request_id, details, before, after"
LINKING = "REVOKE ALL ON FUNCTION link_audit_entry(audit_log) FROM PUBLIC"  # as migration 0017 does
# Whether there is a table that the application cannot read yet, or an audit log that it could change.
IS_INCOMPLETE = f"""
SELECT to_regclass('audit_log') IS NOT NULL AND (EXISTS (
    SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v', 'm')
        AND NOT (has_table_privilege('{APP_ROLE}', oid, 'SELECT') AND has_table_privilege('{READ_ROLE}', oid, 'SELECT'))
) OR has_table_privilege('{APP_ROLE}', to_regclass('audit_log')::oid, 'UPDATE, DELETE, TRUNCATE')
    OR NOT has_any_column_privilege('{APP_ROLE}', to_regclass('audit_log')::oid, 'INSERT'))
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
    return [*entrances(database, schema), f"GRANT {READ_ROLE} TO {APP_ROLE}", f"GRANT pg_monitor TO {APP_ROLE}"]


def grants(schema: str, version: int) -> list[str]:
    """What the roles may do with the tables; idempotent, run after migrations."""
    every = f'ALL TABLES IN SCHEMA "{schema}"'
    kept = ", ".join(GROWING)
    given = [
        f"GRANT SELECT ON {every} TO {READ_ROLE}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {APP_ROLE}",
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}" TO {APP_ROLE}',
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {APP_ROLE}",
    ]
    # ANALYZE after bulk writes; before version 17 only the owner can, and autovacuum does it later.
    given += [f"GRANT MAINTAIN ON {every} TO {APP_ROLE}"] if version >= 17 else []
    given += [f"REVOKE ALL ON {kept} FROM {APP_ROLE}", f"GRANT SELECT ON {kept} TO {APP_ROLE}"]
    given += [f"REVOKE UPDATE, DELETE, TRUNCATE ON configuration_versions FROM {APP_ROLE}"]
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
        known = _known(connection)
        if app.username == APP_ROLE and len(known) < len(ROLES):
            _create(connection, known, app.password or "")
        elif len(known) < len(ROLES):
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


def _known(connection: Connection) -> set[str]:
    query = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)")
    return set(connection.scalars(query, {"names": list(ROLES)}))


def _create(connection: Connection, known: set[str], password: str) -> None:
    may_create = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    if not connection.execute(text(may_create)).scalar_one():
        raise AppError("database_role_missing", 500, params={"role": APP_ROLE})
    if READ_ROLE not in known:
        connection.execute(text(f"CREATE ROLE {READ_ROLE} NOLOGIN"))
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
    for statement in grants(schema, version):
        connection.execute(text(statement))


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
SELECT 'CREATE ROLE {app} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{app}') \\gexec
ALTER ROLE {app} PASSWORD :'app_password';
{statements}
"""


def script() -> str:
    """What an administrator of a foreign server runs with psql."""
    database = [statement.replace('"{database}"', ':"DBNAME"') for statement in memberships("{database}", "public")]
    statements = ";\n".join([*limits(), *database]) + ";"
    return SCRIPT.format(app=APP_ROLE, read=READ_ROLE, statements=statements)
