"""The server's plan of a statement, which is not executed (C2).

Nothing rests on one guard alone. The server itself sees to it that the text is one statement: a cursor cannot be opened
for two ("cannot open multi-query plan as cursor"). EXPLAIN without ANALYZE plans only; the transaction is read-only, in
the role that only reads wherever the statement allows it, limited in time, and always rolled back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.errors import AppError
from db.bulk import quoted
from db.outages import first_line, is_outage, outages_named
from db.roles import PLAN_ROLE, READ_ROLE
from db.session import Database

TIMEOUT, FORBIDDEN, LOCK = "57014", "42501", "55P03"
LIMITS = "SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '500ms'"
GIVEN = "SELECT set_config('barometer.explained', :statement, true)"
OPEN = """
DO $do$
DECLARE told refcursor := 'told';
BEGIN OPEN told FOR EXECUTE current_setting('barometer.explained'); END $do$
"""
# In the order of what they may.
ROLES = (READ_ROLE, PLAN_ROLE)
MINE = "SELECT oid::regrole::text FROM pg_roles WHERE rolname = ANY(:names) AND pg_has_role(oid, 'MEMBER')"
VERSION = "SELECT current_setting('server_version_num')::int / 10000"
SIZES = """
SELECT relname AS name, greatest(reltuples, 0)::bigint AS rows, pg_relation_size(oid) AS bytes
  FROM pg_class WHERE relkind IN ('r', 'm', 'p') AND pg_table_is_visible(oid) AND relname = ANY(:names)
"""
TEXTS = """
SELECT c.relname, a.attname
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'm', 'p') AND pg_table_is_visible(c.oid) AND c.relname = ANY(:names)
   AND a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype, 'text'::regtype)
"""
WORK_MEMORY = "SELECT setting::bigint * 1024 FROM pg_settings WHERE name = 'work_mem'"
GENERIC_SINCE = 16
Found = TypeVar("Found")
TRIAL_STANDING = """
SELECT (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
         WHERE extname = 'hypopg') AS schema,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'hypopg') AS is_available
"""


def explain(database: Database, statement: str, has_parameters: bool) -> dict[str, Any]:
    """The plan as the server tells it in JSON.

    Raises ``explain_parameters`` (400) where the server is too old for statements with $1, ``explain_refused`` (400)
    with the server's reason, ``explain_forbidden`` (400) where the statement needs columns that hold secrets,
    ``explain_slow`` (400) when planning takes longer than two seconds.
    """
    with outages_named():
        return _with_least_rights(database, lambda role: _explained(database, statement, has_parameters, role))


def _with_least_rights(database: Database, plan: Callable[[str | None], Found]) -> Found:
    """As who only reads; what would write may not even be planned by them, and is planned by who sees no more.

    Never as ourselves where there are these roles: the planner's estimates, and the functions that it evaluates, would
    tell of columns that nobody is to see. Where one single role does everything there is nobody else.
    """
    with database.reading() as connection:
        mine = set(connection.scalars(text(MINE), {"names": list(ROLES)}))
    roles: list[str | None] = [role for role in ROLES if role in mine] or [None]
    for role in roles:
        try:
            return plan(role)
        except DBAPIError as error:
            if role is roles[-1] or getattr(error.orig, "pgcode", None) != FORBIDDEN:
                raise _named(error) from error
    raise AssertionError("the last role answers or raises")


def _explained(database: Database, statement: str, has_parameters: bool, role: str | None) -> dict[str, Any]:
    with database.engine.connect() as plain:
        connection = _limited(plain, role)
        if has_parameters and connection.execute(text(VERSION)).scalar_one() < GENERIC_SINCE:
            raise AppError("explain_parameters")
        found = _planned(connection, statement, has_parameters)
        connection.rollback()
    return found


def _limited(plain: Connection, role: str | None) -> Connection:
    """Nothing can be written, by nobody for longer than two seconds."""
    connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    if role:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
    connection.execute(text(LIMITS))
    return connection


def _planned(connection: Connection, statement: str, has_parameters: bool) -> dict[str, Any]:
    options = "FORMAT JSON, GENERIC_PLAN" if has_parameters else "FORMAT JSON"
    connection.execute(text(GIVEN), {"statement": f"EXPLAIN ({options}) {statement}"})
    connection.execute(text(OPEN))
    [[found]] = connection.execute(text("FETCH ALL FROM told")).all()
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


@dataclass(frozen=True)
class TrialStanding:
    """Whether indexes can be tried without making them: ``schema`` of the extension, None without it.

    ``is_available``: the server's software has it.
    """

    schema: str | None
    is_available: bool


@dataclass(frozen=True)
class Tried:
    """The plan as it would be with an index that does not exist; ``size_bytes``: as the server estimates it."""

    plan: dict[str, Any]
    index_name: str
    size_bytes: int


def trial_standing(connection: Connection) -> TrialStanding:
    row = connection.execute(text(TRIAL_STANDING)).one()
    return TrialStanding(row.schema, row.is_available)


@dataclass(frozen=True)
class Wanted:
    """A statement, and the index (CREATE INDEX …) that may help it; ``schema``: of the extension."""

    schema: str
    statement: str
    has_parameters: bool
    index: str


def tried(database: Database, wanted: Wanted) -> Tried | None:
    """The same as ``explain``, as if the index were there; None where the server refuses it.

    https://hypopg.readthedocs.io. Such an index lives in the memory of one session, also after its transaction was
    rolled back; so the session is one of its own, and ends with the trial.
    """
    with outages_named():
        try:
            return _with_least_rights(database, lambda role: _tried(database, wanted, role))
        except AppError as error:
            if error.http_status != 400:
                raise
            return None


def _tried(database: Database, wanted: Wanted, role: str | None) -> Tried:
    schema = quoted([wanted.schema])
    with database.engine.connect() as plain:
        connection = _limited(plain, role)
        connection.detach()
        make = text(f"SELECT * FROM {schema}.hypopg_create_index(:index)")
        made = connection.execute(make, {"index": wanted.index}).one()
        found = _planned(connection, wanted.statement, wanted.has_parameters)
        size = text(f"SELECT {schema}.hypopg_relation_size(:id)")
        return Tried(found, made.indexname, int(connection.execute(size, {"id": made.indexrelid}).scalar_one()))


def _named(error: DBAPIError) -> Exception:
    """What the text itself is to blame for; an outage stays one."""
    code = getattr(error.orig, "pgcode", None)
    if code in (TIMEOUT, LOCK):
        return AppError("explain_slow")
    if code == FORBIDDEN:
        return AppError("explain_forbidden", params={"reason": first_line(error)})
    if is_outage(error, code):
        return AppError("database_unavailable", 503, params={"reason": first_line(error)})
    return AppError("explain_refused", params={"reason": first_line(error)})


def sizes(connection: Connection, names: list[str]) -> dict[str, int]:
    """Rows of tables, as the server estimates them."""
    return {row.name: row.rows for row in connection.execute(text(SIZES), {"names": names})}


def texts(connection: Connection, names: list[str]) -> set[tuple[str, str]]:
    """Tables and columns whose values are text, of whatever length."""
    return {(row.relname, row.attname) for row in connection.execute(text(TEXTS), {"names": names})}


def work_memory_bytes(connection: Connection) -> int:
    return int(connection.execute(text(WORK_MEMORY)).scalar_one())
