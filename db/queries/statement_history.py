"""What statements took, hour by hour: readings of the server's counters, their differences, and their texts (C2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from db.bulk import quoted
from db.queries.statements import OF_OURS, ORDERS, StatementRow

# One process at a time; who comes second has nothing to do.
LAST_READ = "SELECT max(read_at) FROM statement_readings"
# An entry is one role's count of one statement since the server began it: after a reset, or when it was evicted and
# comes back, it is another entry, whatever its counters say (stats_since: PostgreSQL 17 and newer).
COUNTERS = """
SELECT hashtextextended(concat_ws(':', userid, queryid, toplevel, to_jsonb(s) ->> 'stats_since'), 0) AS entry,
       queryid, calls, total_exec_time / 1000 AS total_seconds, rows
"""
WITHOUT_TEXTS = OF_OURS.replace("{schema}.pg_stat_statements", "{schema}.pg_stat_statements(false) AS s")
GIVEN = """
SELECT * FROM unnest(CAST(:queryids AS bigint[]), CAST(:calls AS bigint[]), CAST(:seconds AS float8[]),
                     CAST(:rows AS bigint[])) AS given (queryid, calls, total_seconds, rows)
"""
REMEMBER = f"""
INSERT INTO statement_readings (entry, calls, total_seconds, rows, read_at)
SELECT queryid, calls, total_seconds, rows, :at FROM ({GIVEN}) AS given
    ON CONFLICT (entry) DO UPDATE SET calls = EXCLUDED.calls, total_seconds = EXCLUDED.total_seconds,
       rows = EXCLUDED.rows, read_at = EXCLUDED.read_at
"""
ADD = f"""
INSERT INTO statement_rollups AS r (hour, queryid, calls, total_seconds, rows)
SELECT date_trunc('hour', CAST(:at AS timestamptz)), queryid, calls, total_seconds, rows FROM ({GIVEN}) AS given
    ON CONFLICT (hour, queryid) DO UPDATE SET calls = r.calls + EXCLUDED.calls,
       total_seconds = r.total_seconds + EXCLUDED.total_seconds, rows = r.rows + EXCLUDED.rows
"""
SEEN = """
UPDATE statement_texts SET seen_at = :at WHERE queryid = ANY(:queryids) AND seen_at < :at - interval '1 day'
"""
ADD_TEXT = """
INSERT INTO statement_texts (queryid, text, seen_at) VALUES (:queryid, :text, :at) ON CONFLICT (queryid) DO NOTHING
"""
UNKNOWN = (
    "SELECT queryid FROM unnest(CAST(:queryids AS bigint[])) AS queryid EXCEPT SELECT queryid FROM statement_texts"
)
COURSE = """
SELECT date_bin(make_interval(secs => :step), hour, :since) AS at, sum(total_seconds) AS total_seconds,
       sum(calls)::bigint AS calls
  FROM statement_rollups WHERE hour >= :since GROUP BY 1 ORDER BY 1
"""
OF_PERIOD = """
SELECT queryid, coalesce(text, '') AS text, sum(calls)::bigint AS calls, sum(total_seconds) AS total_seconds,
       sum(total_seconds) / sum(calls) AS mean_seconds, sum(rows)::bigint AS rows
  FROM statement_rollups LEFT JOIN statement_texts USING (queryid) WHERE hour >= :since GROUP BY queryid, text
"""
TOTALS = """
SELECT count(DISTINCT queryid) AS statements, coalesce(sum(calls), 0)::bigint AS calls,
       coalesce(sum(total_seconds), 0) AS total_seconds, min(hour) AS since
  FROM statement_rollups WHERE hour >= :since
"""

Figures = tuple[int, float, int]  # calls, total seconds, rows


def last_read_at(connection: Connection) -> datetime | None:
    return connection.execute(text(LAST_READ)).scalar()


def readings(connection: Connection) -> dict[int, Figures]:
    """By entry."""
    rows = connection.execute(text("SELECT entry, calls, total_seconds, rows FROM statement_readings"))
    return {row.entry: (row.calls, row.total_seconds, row.rows) for row in rows}


def counters(connection: Connection, schema: str) -> tuple[dict[int, Figures], dict[int, int]]:
    """The server's, of our own database, by entry; and the queryid of each entry."""
    rows = connection.execute(text(f"{COUNTERS} {WITHOUT_TEXTS.format(schema=quoted([schema]))}")).all()
    figures = {row.entry: (row.calls, row.total_seconds, row.rows) for row in rows}
    return figures, {row.entry: row.queryid for row in rows}


def remember(connection: Connection, figures: Mapping[int, Figures], known: Sequence[int], at: datetime) -> None:
    """``figures``: of the entries that changed; of ``known`` everything else is forgotten."""
    connection.execute(text(REMEMBER), _given(figures) | {"at": at})
    connection.execute(text("DELETE FROM statement_readings WHERE NOT entry = ANY(:entries)"), {"entries": list(known)})


def add(connection: Connection, figures: Mapping[int, Figures], at: datetime) -> None:
    """To the hour of ``at``."""
    connection.execute(text(ADD), _given(figures) | {"at": at})
    connection.execute(text(SEEN), {"queryids": list(figures), "at": at})


def texts_of_unknown(connection: Connection, schema: str, queryids: Sequence[int]) -> dict[int, str]:
    """The server's texts of statements whose text is not kept yet."""
    unknown = list(connection.scalars(text(UNKNOWN), {"queryids": list(queryids)}))
    if not unknown:
        return {}
    source = OF_OURS.format(schema=quoted([schema]))
    query = f"SELECT queryid, max(query) AS text {source} AND queryid = ANY(:queryids) GROUP BY queryid"
    return {row.queryid: row.text for row in connection.execute(text(query), {"queryids": unknown})}


def keep_texts(connection: Connection, texts: Mapping[int, str], at: datetime) -> None:
    rows = [{"queryid": queryid, "text": told, "at": at} for queryid, told in texts.items()]
    if rows:
        connection.execute(text(ADD_TEXT), rows)


def course(connection: Connection, since: datetime, step_seconds: int) -> Sequence[Row[Any]]:
    """at, total_seconds, calls by steps of whole hours; only steps in which statements were counted."""
    return connection.execute(text(COURSE), {"since": since, "step": step_seconds}).all()


def totals(connection: Connection, since: datetime) -> Row[Any]:
    """statements, calls, total_seconds, since (None when nothing was counted)."""
    return connection.execute(text(TOTALS), {"since": since}).one()


def statements(connection: Connection, since: datetime, order: str, limit: int) -> list[StatementRow]:
    """The first by one of ORDERS."""
    query = f"{OF_PERIOD} ORDER BY {ORDERS[order]} DESC, queryid LIMIT :limit"
    return [StatementRow(**row) for row in connection.execute(text(query), {"since": since, "limit": limit}).mappings()]


def _given(figures: Mapping[int, Figures]) -> dict[str, list[Any]]:
    calls, seconds, rows = (list(one) for one in zip(*figures.values(), strict=True)) if figures else ([], [], [])
    return {"queryids": list(figures), "calls": calls, "seconds": seconds, "rows": rows}
