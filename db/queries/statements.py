"""What the server remembers of statements: pg_stat_statements, of our own database alone (C2).

https://www.postgresql.org/docs/18/pgstatstatements.html. Texts are the server's own, normalised.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from db.bulk import quoted

EXTENSION = "pg_stat_statements"
READER = "pg_read_all_stats"
STANDING = """
SELECT (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
         WHERE extname = :extension) AS schema,
       pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all,
       EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max') AS is_loaded,
       current_user AS role,
       CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
            THEN current_setting('shared_preload_libraries') END AS preloaded
"""
# One row a statement: who ran it and whether from within a function makes no difference here.
OF_OURS = """
  FROM {schema}.pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
"""
SUMS = """
SELECT queryid, max(query) AS text, sum(calls)::bigint AS calls, sum(total_exec_time) / 1000 AS total_seconds,
       sum(total_exec_time) / 1000 / greatest(sum(calls), 1) AS mean_seconds, max(max_exec_time) / 1000 AS max_seconds,
       sum(rows)::bigint AS rows,
       sum(shared_blks_hit)::float8 / nullif(sum(shared_blks_hit) + sum(shared_blks_read), 0) AS hit_ratio,
       sum(temp_blks_written)::bigint * current_setting('block_size')::int AS temp_bytes
"""
TOTALS = """
SELECT count(DISTINCT queryid) AS statements, coalesce(sum(calls), 0)::bigint AS calls,
       coalesce(sum(total_exec_time), 0) / 1000 AS total_seconds
"""
ORDERS = {"mean": "mean_seconds", "total": "total_seconds", "calls": "calls"}


@dataclass(frozen=True)
class Standing:
    """Whether the statistics are there: ``schema`` of the extension, None without it."""

    schema: str | None
    is_loaded: bool
    sees_all: bool
    role: str
    preloaded: str | None


@dataclass(frozen=True)
class StatementRow:
    """One normalised statement; ``hit_ratio``: pages found in memory. What is None is not kept for a period."""

    queryid: int
    text: str
    calls: int
    total_seconds: float
    mean_seconds: float
    rows: int
    max_seconds: float | None = None
    hit_ratio: float | None = None
    temp_bytes: int | None = None


@dataclass(frozen=True)
class Totals:
    """Of all statements; ``since``: when the statistics began."""

    statements: int
    calls: int
    total_seconds: float
    since: datetime | None

    @property
    def mean_seconds(self) -> float | None:
        return self.total_seconds / self.calls if self.calls else None


def standing(connection: Connection) -> Standing:
    row = connection.execute(text(STANDING), {"extension": EXTENSION}).one()
    return Standing(row.schema, row.is_loaded, row.sees_all, row.role, row.preloaded)


def totals(connection: Connection, schema: str) -> Totals:
    row = connection.execute(text(TOTALS + _of_ours(schema))).one()
    since = connection.execute(text(f"SELECT stats_reset FROM {quoted([schema])}.pg_stat_statements_info")).scalar()
    return Totals(row.statements, row.calls, row.total_seconds, since)


def statements(connection: Connection, schema: str, order: str, limit: int) -> list[StatementRow]:
    """The first by one of ORDERS."""
    query = f"{SUMS} {_of_ours(schema)} GROUP BY queryid ORDER BY {ORDERS[order]} DESC, queryid LIMIT :limit"
    return [StatementRow(**row) for row in connection.execute(text(query), {"limit": limit}).mappings()]


def _of_ours(schema: str) -> str:
    return OF_OURS.format(schema=quoted([schema]))


UNUSED = """
SELECT relname AS table_name, indexrelname AS index_name, pg_relation_size(i.indexrelid) AS bytes,
       (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) AS since
  FROM pg_stat_user_indexes AS s JOIN pg_index AS i USING (indexrelid)
 WHERE idx_scan = 0 AND NOT indisunique AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
   AND pg_relation_size(i.indexrelid) >= :least ORDER BY bytes DESC, index_name LIMIT :limit
"""
# The same columns in the same order, compared in the same way, for the same rows.
DUPLICATES = """
SELECT i.indrelid::regclass::text AS table_name, max(pg_relation_size(i.indexrelid)) AS bytes,
       array_agg(i.indexrelid::regclass::text ORDER BY is_bound DESC, indisunique DESC, i.indexrelid) AS names,
       array_agg(is_bound ORDER BY is_bound DESC, indisunique DESC, i.indexrelid) AS bound
  FROM pg_index AS i JOIN pg_stat_user_indexes AS s USING (indexrelid)
 CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) AS is_bound) AS b
 GROUP BY i.indrelid, indkey::text, indclass::text, indcollation::text, indoption::text,
          pg_get_expr(indexprs, i.indrelid), pg_get_expr(indpred, i.indrelid)
HAVING count(*) > 1 AND NOT bool_and(is_bound) ORDER BY bytes DESC LIMIT :limit
"""
DEAD = """
SELECT relname AS table_name, n_live_tup AS live, n_dead_tup AS dead,
       greatest(last_vacuum, last_autovacuum) AS vacuumed_at
  FROM pg_stat_user_tables WHERE n_dead_tup >= :least AND n_dead_tup > :ratio * (n_live_tup + n_dead_tup)
 ORDER BY n_dead_tup DESC LIMIT :limit
"""


def unused_indexes(connection: Connection, least_bytes: int, limit: int) -> Sequence[Any]:
    """table_name, index_name, bytes, since: never read since the statistics began; unique ones have another use."""
    return connection.execute(text(UNUSED), {"least": least_bytes, "limit": limit}).all()


def duplicate_indexes(connection: Connection, limit: int) -> Sequence[Any]:
    """table_name, names (the one to keep first), bound (whether a constraint needs it), bytes of the largest."""
    return connection.execute(text(DUPLICATES), {"limit": limit}).all()


def dead_rows(connection: Connection, ratio: float, least: int, limit: int) -> Sequence[Any]:
    """table_name, live, dead, vacuumed_at: of tables more than ``ratio`` of whose rows are dead."""
    return connection.execute(text(DEAD), {"ratio": ratio, "least": least, "limit": limit}).all()
