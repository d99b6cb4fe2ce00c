"""Sources of stok_seviye: movements of the central store."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from db.queries.frames import copy_out
from db.queries.watermarks import Window


def touched_products(connection: Connection, window: Window) -> list[int]:
    """Products with movements that this run must look at."""
    found = copy_out(
        connection,
        "SELECT product_id FROM stock_movements WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(at)s "
        "AND (%(since)s IS NULL OR recorded_at > %(recorded)s) UNION "
        "SELECT product_id FROM stock_movements WHERE hotel_id = %(hotel_id)s AND occurred_at <= %(at)s "
        "AND occurred_at > %(since)s",
        _params(window),
    )
    return found["product_id"].tolist()


def movements(connection: Connection, window: Window, products: list[int]) -> pd.DataFrame:
    """product_id, occurred_at, id, movement_type, quantity: whole histories up to the window's end."""
    return copy_out(
        connection,
        "SELECT product_id, occurred_at, id, movement_type, quantity FROM stock_movements "
        "WHERE hotel_id = %(hotel_id)s AND product_id = ANY(%(products)s) AND occurred_at <= %(at)s",
        _params(window) | {"products": products},
    )


def newest_levels(connection: Connection, window: Window, without: list[int]) -> pd.DataFrame:
    """entity_id, timestamp, metric_value: the newest stored hour of every product that is not in ``without``."""
    return copy_out(
        connection,
        "SELECT p.id AS entity_id, m.timestamp, m.metric_value FROM products p CROSS JOIN LATERAL ("
        "SELECT timestamp, metric_value FROM ml_metrics WHERE hotel_id = p.hotel_id AND metric_type = 'stok_seviye' "
        "AND entity_id = p.id ORDER BY timestamp DESC LIMIT 1) m "
        "WHERE p.hotel_id = %(hotel_id)s AND NOT p.id = ANY(%(products)s)",
        _params(window) | {"products": without},
    )


def last_activity_at(connection: Connection, window: Window) -> datetime | None:
    """When the hotel last moved goods or looked into a minibar, up to the window's end; one index look-up an entity."""
    newest = " UNION ALL ".join(
        f"SELECT n.occurred_at FROM {owner} o CROSS JOIN LATERAL (SELECT occurred_at FROM {table} t WHERE "
        f"t.hotel_id = o.hotel_id AND t.{key} = o.id AND t.occurred_at <= %(at)s ORDER BY occurred_at DESC LIMIT 1) n "
        "WHERE o.hotel_id = %(hotel_id)s"
        for owner, table, key in (
            ("products", "stock_movements", "product_id"),
            ("rooms", "visits", "room_id"),
            ("staff", "custody_movements", "staff_id"),
        )
    )
    found = copy_out(connection, f"SELECT max(occurred_at) AS at FROM ({newest}) AS newest", _params(window))["at"]
    return None if found.isna().all() else found.iloc[0].to_pydatetime()


def _params(window: Window) -> dict[str, object]:
    return {
        "hotel_id": window.hotel_id, "at": window.at, "since": window.since_at, "recorded": window.recorded_since,
    }  # fmt: skip
