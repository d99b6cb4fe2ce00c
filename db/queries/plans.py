"""The server's plan of a statement, which is not executed (C2).

Nothing rests on one guard alone. The server itself sees to it that the text is one statement: a cursor cannot be opened
for two ("cannot open multi-query plan as cursor"). EXPLAIN without ANALYZE plans only; the transaction is read-only, in
the role that only reads wherever the statement allows it, limited in time, and always rolled back.
"""

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.errors import AppError
from db.outages import first_line, is_outage, outages_named
from db.roles import READ_ROLE
from db.session import Database

TIMEOUT, FORBIDDEN, LOCK = "57014", "42501", "55P03"
LIMITS = "SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '500ms'"
GIVEN = "SELECT set_config('barometer.explained', :statement, true)"
OPEN = """
DO $do$
DECLARE told refcursor := 'told';
BEGIN OPEN told FOR EXECUTE current_setting('barometer.explained'); END $do$
"""
IS_READER = "SELECT CASE WHEN to_regrole(:role) IS NOT NULL THEN pg_has_role(:role, 'MEMBER') ELSE false END"
VERSION = "SELECT current_setting('server_version_num')::int / 10000"
SIZES = """
SELECT relname AS name, greatest(reltuples, 0)::bigint AS rows, pg_relation_size(oid) AS bytes
  FROM pg_class WHERE relkind IN ('r', 'm', 'p') AND pg_table_is_visible(oid) AND relname = ANY(:names)
"""
WORK_MEMORY = "SELECT setting::bigint * 1024 FROM pg_settings WHERE name = 'work_mem'"
GENERIC_SINCE = 16


def explain(database: Database, statement: str, has_parameters: bool) -> dict[str, Any]:
    """The plan as the server tells it in JSON.

    Raises ``explain_parameters`` (400) where the server is too old for statements with $1, ``explain_refused`` (400)
    with the server's reason, ``explain_slow`` (400) when planning takes longer than two seconds.
    """
    with outages_named():
        try:
            return _explained(database, statement, has_parameters, as_reader=True)
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != FORBIDDEN:
                raise _named(error) from error
        try:  # what would write may not even be planned by who may only read
            return _explained(database, statement, has_parameters, as_reader=False)
        except DBAPIError as error:
            raise _named(error) from error


def _explained(database: Database, statement: str, has_parameters: bool, as_reader: bool) -> dict[str, Any]:
    options = "FORMAT JSON, GENERIC_PLAN" if has_parameters else "FORMAT JSON"
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        if has_parameters and connection.execute(text(VERSION)).scalar_one() < GENERIC_SINCE:
            raise AppError("explain_parameters")
        if as_reader and connection.execute(text(IS_READER), {"role": READ_ROLE}).scalar_one():
            connection.execute(text(f"SET LOCAL ROLE {READ_ROLE}"))
        connection.execute(text(LIMITS))
        connection.execute(text(GIVEN), {"statement": f"EXPLAIN ({options}) {statement}"})
        connection.execute(text(OPEN))
        [[found]] = connection.execute(text("FETCH ALL FROM told")).all()
        connection.rollback()
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


def _named(error: DBAPIError) -> Exception:
    """What the text itself is to blame for; an outage stays one."""
    code = getattr(error.orig, "pgcode", None)
    if code in (TIMEOUT, LOCK):
        return AppError("explain_slow")
    if is_outage(error, code):
        return AppError("database_unavailable", 503, params={"reason": first_line(error)})
    return AppError("explain_refused", params={"reason": first_line(error)})


def sizes(connection: Connection, names: list[str]) -> dict[str, int]:
    """Rows of tables, as the server estimates them."""
    return {row.name: row.rows for row in connection.execute(text(SIZES), {"names": names})}


def work_memory_bytes(connection: Connection) -> int:
    return int(connection.execute(text(WORK_MEMORY)).scalar_one())
