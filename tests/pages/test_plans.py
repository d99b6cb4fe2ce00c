"""No page reads a large table from end to end (R2): plans of what its first visit asks, among other hotels' rows.

``BAROMETER_PLAN_ROWS=2000000`` makes the tables as large as the specification's; the plans are the same ones.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import streamlit as st
from psycopg2.extensions import cursor as plain_cursor
from sqlalchemy import event, text

from db.session import Database
from tests.pages.conftest import ALERT, Visit
from tests.pages.test_budgets import BUDGETS, House, house  # noqa: F401 - a fixture

ROWS = int(os.environ.get("BAROMETER_PLAN_ROWS", "60000"))  # of each table, in four other hotels
LARGE = 50_000
INSTANTS = (
    "(SELECT h.id AS hotel_id, CAST(:now AS timestamptz) - n * (interval '85 days' / (:rows / 4)) AS at"
    " FROM hotels h, generate_series(1, :rows / 4) AS n WHERE h.code LIKE 'Z%') AS i"
)
GROWN = (
    "INSERT INTO hotels (code, name) SELECT 'Z' || n, 'Z' || n FROM generate_series(1, 4) AS n",
    "INSERT INTO ml_metrics (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value)"
    f" SELECT hotel_id, 'stok_seviye', 'product', 1, at - interval '1 hour', at, 1 FROM {INSTANTS}",
    "INSERT INTO ml_scores (hotel_id, metric_type, entity_id, timestamp, detector, observations)"
    f" SELECT hotel_id, 'stok_seviye', 1, at, 'zscore', 30 FROM {INSTANTS}",
    "INSERT INTO job_runs (job_name, hotel_id, trigger, state, started_at, heartbeat_at, finished_at, host)"
    f" SELECT 'collect', hotel_id, 'schedule', 'succeeded', at, at, at, 'h' FROM {INSTANTS}",
    "INSERT INTO process_memory (sampled_at, service, process_id, host, process_started_at, rss_bytes, used_ratio,"
    f" level) SELECT at, 'dashboard', hotel_id, 'h', at, 1, 0.1, 'normal' FROM {INSTANTS}",
    "WITH groups AS (INSERT INTO product_groups (hotel_id, code, name) SELECT id, 'G', 'G' FROM hotels"
    " WHERE code LIKE 'Z%' RETURNING hotel_id, id)"
    " INSERT INTO products (hotel_id, product_group_id, code, name) SELECT hotel_id, id, 'P', 'P' FROM groups",
    "INSERT INTO stock_movements (hotel_id, product_id, occurred_at, movement_type, quantity)"
    f" SELECT i.hotel_id, p.id, at, 'cikis', 1 FROM {INSTANTS} JOIN products p ON p.hotel_id = i.hotel_id",
)


def grown(database: Database, now: datetime) -> set[str]:
    """The tables that are large now."""
    with database.transaction() as connection:
        for statement in GROWN:
            connection.execute(text(statement), {"now": now, "rows": ROWS})
        connection.execute(text("ANALYZE"))
        found = connection.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= :least"), {"least": LARGE}
        )
        return set(found.scalars())


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """Every query that reaches the server, with its parameters written in."""
    found: list[str] = []

    class Cursor(plain_cursor):
        def execute(self, query: Any, params: Any = None) -> None:
            super().execute(query, params)
            said = (self.query or b"").decode()
            if said.lstrip(" \n(").upper().startswith(("SELECT", "WITH")):
                found.append(said)

    def with_cursor(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.cursor_factory = Cursor

    event.listen(database.engine, "checkout", with_cursor)
    database.engine.dispose()
    yield found
    event.remove(database.engine, "checkout", with_cursor)
    database.engine.dispose()


def whole_tables(database: Database, query: str, large: set[str]) -> set[str]:
    """Large tables that the plan of a query reads from end to end."""
    with database.reading() as connection:
        [plan] = connection.exec_driver_sql("EXPLAIN (FORMAT JSON) " + query.replace("%", "%%")).scalar_one()
    found, nodes = set(), [plan["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large:
            found.add(node["Relation Name"])
    return found


def test_no_page_reads_a_large_table_from_end_to_end(
    visit: Visit,
    house: House,  # noqa: F811
    database: Database,
) -> None:
    large = grown(database, visit.services.clock.now())
    assert large >= {"ml_metrics", "ml_scores", "job_runs", "process_memory", "stock_movements"}
    found = []
    with asked(visit.services.database) as queries:
        for budget in BUDGETS:
            address = {"alert": str(house.alert_id)} if budget.page == ALERT else budget.address
            st.cache_data.clear()
            queries.clear()
            assert not visit.open(budget.page, **address).exception, budget.name
            found += [
                (budget.name, table, " ".join(query.split()))
                for query in queries.copy()
                for table in whole_tables(database, query, large)
            ]
    assert found == []
    # The control: a question that no index answers.
    assert whole_tables(database, "SELECT count(*) FROM ml_metrics WHERE metric_value > 1", large) == {"ml_metrics"}
