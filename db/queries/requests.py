"""Counts of requests by endpoint and span, added to and read again, and the newest requests of each endpoint (C3)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from db import locks

ENDPOINT = "kind, method, route"
SUMS = "requests, client_errors, server_errors, seconds, bytes_in, bytes_out"
ADDED = ", ".join(f"{name} = c.{name} + EXCLUDED.{name}" for name in SUMS.split(", "))
COUNTED = f"span_seconds, started_at, {ENDPOINT}, {SUMS}, longest_seconds, buckets, counts, error_codes"

# Flushes of several processes take turns, so that they never wait for each other's rows in a circle.
ADD = f"""
INSERT INTO request_counts AS c ({COUNTED})
SELECT {COUNTED}
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
       span_seconds smallint, started_at timestamptz, kind text, method text, route text, requests bigint,
       client_errors bigint, server_errors bigint, seconds float8, bytes_in bigint, bytes_out bigint,
       longest_seconds float8, buckets smallint[], counts bigint[], error_codes jsonb)
    ON CONFLICT (span_seconds, started_at, {ENDPOINT}) DO UPDATE
   SET {ADDED}, longest_seconds = greatest(c.longest_seconds, EXCLUDED.longest_seconds),
       (buckets, counts) = (
           SELECT array_agg(m.bucket ORDER BY m.bucket), array_agg(m.n ORDER BY m.bucket)
             FROM (SELECT u.bucket, CAST(sum(u.n) AS bigint) AS n
                     FROM (SELECT * FROM unnest(c.buckets, c.counts) UNION ALL
                           SELECT * FROM unnest(EXCLUDED.buckets, EXCLUDED.counts)) AS u(bucket, n)
                    GROUP BY u.bucket) AS m),
       error_codes = (
           SELECT coalesce(jsonb_object_agg(m.code, m.n), '{{}}')
             FROM (SELECT u.code, sum(CAST(u.n AS bigint)) AS n
                     FROM (SELECT * FROM jsonb_each_text(c.error_codes) UNION ALL
                           SELECT * FROM jsonb_each_text(EXCLUDED.error_codes)) AS u(code, n)
                    GROUP BY u.code) AS m)
"""
RECENT = f"{ENDPOINT}, ended_at, seconds, status, actor, request_id, error_code, bytes_in, bytes_out"
RECENT_ROWS = """
jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
    kind text, method text, route text, ended_at timestamptz, seconds float8, status smallint, actor text,
    request_id text, error_code text, bytes_in bigint, bytes_out bigint)
"""
ADD_RECENT = f"INSERT INTO recent_requests ({RECENT}) SELECT {RECENT} FROM {RECENT_ROWS}"
FORGET_OLDER = f"""
DELETE FROM recent_requests
 USING (SELECT id, row_number() OVER (PARTITION BY {ENDPOINT} ORDER BY ended_at DESC, id DESC) AS place
          FROM recent_requests
         WHERE ({ENDPOINT}) IN (SELECT {ENDPOINT} FROM {RECENT_ROWS})) AS ranked
 WHERE recent_requests.id = ranked.id AND ranked.place > :kept
"""
WITHIN = "span_seconds = :span AND started_at >= :since AND kind = ANY(:kinds)"
OF_ENDPOINT = "kind = :kind AND method = :method AND route = :route"


@dataclass(frozen=True)
class RecentRow:
    """One request as it is kept."""

    ended_at: datetime
    seconds: float
    status: int
    actor: str | None
    request_id: str | None
    error_code: str | None
    bytes_in: int
    bytes_out: int


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add spans to those that are there; ``rows``: the columns of ``request_counts``, instants as ISO texts."""
    locks.wait_for(connection, "request_counts")
    connection.execute(text(ADD), {"rows": json.dumps(rows)})


def add_recent(connection: Connection, rows: Sequence[dict[str, Any]], kept: int) -> None:
    """Add requests; of each endpoint among them the newest ``kept`` stay."""
    written = json.dumps(rows)
    connection.execute(text(ADD_RECENT), {"rows": written})
    connection.execute(text(FORGET_OLDER), {"rows": written, "kept": kept})


def sums(connection: Connection, span: int, since: datetime, kinds: Sequence[str]) -> Sequence[Row[Any]]:
    """kind, method, route, the sums since ``since`` and longest_seconds: one row an endpoint, the busiest first."""
    added = ", ".join(f"sum({name}) AS {name}" for name in SUMS.split(", "))
    query = (
        f"SELECT {ENDPOINT}, {added}, max(longest_seconds) AS longest_seconds FROM request_counts WHERE {WITHIN} "
        f"GROUP BY {ENDPOINT} ORDER BY sum(requests) DESC, {ENDPOINT}"
    )
    return connection.execute(text(query), {"span": span, "since": since, "kinds": list(kinds)}).all()


def histograms(connection: Connection, span: int, since: datetime, kinds: Sequence[str]) -> Sequence[Row[Any]]:
    """kind, method, route, bucket, n since ``since``."""
    query = (
        f"SELECT {ENDPOINT}, u.bucket, CAST(sum(u.n) AS bigint) AS n "
        f"FROM request_counts, unnest(buckets, counts) AS u(bucket, n) WHERE {WITHIN} GROUP BY {ENDPOINT}, u.bucket"
    )
    return connection.execute(text(query), {"span": span, "since": since, "kinds": list(kinds)}).all()


def course(
    connection: Connection, span: int, since: datetime, step: int, *, kinds: Sequence[str],
    endpoint: tuple[str, str, str] | None = None,
) -> Sequence[Row[Any]]:  # fmt: skip
    """at, bucket, n by steps of ``step`` seconds from ``since`` on; with an endpoint, of it alone."""
    chosen = f"AND {OF_ENDPOINT}" if endpoint else ""
    query = (
        "SELECT date_bin(make_interval(secs => :step), started_at, :since) AS at, u.bucket, "
        "CAST(sum(u.n) AS bigint) AS n FROM request_counts, unnest(buckets, counts) AS u(bucket, n) "
        f"WHERE {WITHIN} {chosen} GROUP BY 1, 2"
    )
    params = {"span": span, "since": since, "step": step, "kinds": list(kinds), **_named(endpoint)}
    return connection.execute(text(query), params).all()


def error_codes(
    connection: Connection, span: int, since: datetime, endpoint: tuple[str, str, str]
) -> Sequence[Row[Any]]:
    """code, n of one endpoint since ``since``, the most frequent first."""
    query = (
        "SELECT e.code, CAST(sum(CAST(e.n AS bigint)) AS bigint) AS n "
        "FROM request_counts, jsonb_each_text(error_codes) AS e(code, n) "
        f"WHERE span_seconds = :span AND started_at >= :since AND {OF_ENDPOINT} GROUP BY e.code ORDER BY 2 DESC, 1"
    )
    return connection.execute(text(query), {"span": span, "since": since, **_named(endpoint)}).all()


def recent(connection: Connection, endpoint: tuple[str, str, str], limit: int) -> list[RecentRow]:
    """The newest requests of one endpoint, the newest first."""
    query = (
        "SELECT ended_at, seconds, status, actor, request_id, error_code, bytes_in, bytes_out FROM recent_requests "
        f"WHERE {OF_ENDPOINT} ORDER BY ended_at DESC, id DESC LIMIT :limit"
    )
    rows = connection.execute(text(query), {"limit": limit, **_named(endpoint)})
    return [RecentRow(**row) for row in rows.mappings()]


def first_at(connection: Connection, span: int) -> datetime | None:
    """Since when there are counts of that span."""
    query = text("SELECT min(started_at) FROM request_counts WHERE span_seconds = :span")
    return connection.execute(query, {"span": span}).scalar()


def _named(endpoint: tuple[str, str, str] | None) -> dict[str, str]:
    return dict(zip(("kind", "method", "route"), endpoint, strict=True)) if endpoint else {}
